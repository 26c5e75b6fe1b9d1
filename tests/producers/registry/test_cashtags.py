"""Cashtags and hashtags, and the money that is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.registry.cashtags import cashtags_in, hashtags_in, ticker_of
from tests.producers.cleaning.texts import any_text


@given(st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True), max_size=8))
def test_each_ticker_is_found_once_in_upper_case(tickers):
    text = " and ".join(f"${ticker}," for ticker in tickers)
    assert cashtags_in(text) == list(dict.fromkeys(ticker.upper() for ticker in tickers))


@given(st.decimals(0, 10**9, places=2), st.sampled_from(["", "k", "K", "m", "M", "bn", "B", "t"]))
def test_money_is_no_ticker(amount, unit):
    for text in (f"${amount}{unit}", f"${int(amount)}{unit}", f"${int(amount):,}{unit}"):
        assert cashtags_in(text) == []


@given(any_text)
def test_any_text_can_be_asked(text):
    assert all(ticker_of(ticker) == ticker for ticker in cashtags_in(text))
    assert all(tag == tag.casefold() for tag in hashtags_in(text))


@pytest.mark.parametrize(
    ("text", "tickers"),
    [
        ("$pepe/$wif", ["PEPE", "WIF"]),
        ("($PEPE)", ["PEPE"]),
        ("$PEPE's", ["PEPE"]),
        ("$PEPE$", ["PEPE"]),
        ("$4CHAN $1INCH", ["4CHAN", "1INCH"]),
        ("US$PEPE A$AP $$ $ $$$PEPE", []),
        ("$" + "A" * 33, []),
        ("$狗狗币", ["狗狗币"]),
    ],
)
def test_cashtags(text, tickers):
    assert cashtags_in(text) == tickers


def test_hashtags():
    assert hashtags_in("#Pepe #dog_wif_hat, a#b &#39; ##x #1 #pepe") == ["pepe", "dogwifhat"]


@pytest.mark.parametrize(
    ("tag", "ticker"),
    [
        ("$РЕРЕ", "PEPE"),
        (" pepe ", "PEPE"),
        ("＄ＷＩＦ", "WIF"),
        ("", None),
        ("$", None),
        ("a b", None),
        ("5k", None),
    ],
)
def test_tickers_of_feeds(tag, ticker):
    assert ticker_of(tag) == ticker
