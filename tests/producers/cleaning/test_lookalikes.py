"""Look-alike letters: folded for comparing, never half a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import folded
from tests.producers.cleaning.texts import INVISIBLE, any_text

_DISGUISES = {
    "P": "РΡ𝐏Ｐᴘ🅿Ⓟ",
    "E": "ЕΕ𝐄Ｅᴇ🅴É",
    "O": "ОΟ𝐎Ｏᴏ🅾Ö",
    "S": "Ѕ𝐒Ｓꜱ🆂Š",
    "I": "ІΙ𝐈Ｉɪ🅸Í",
}


@given(any_text)
def test_folding_twice_is_folding_once(text):
    once = folded(text)
    assert folded(once) == once


@given(st.text("ABCxyz 0159$#\n.,!"))
def test_plain_text_is_not_touched(text):
    assert folded(text) == text


@given(st.data(), st.text("PEOSI", min_size=1, max_size=10))
def test_a_disguised_ticker_is_that_ticker(data, ticker):
    disguised = "".join(
        data.draw(st.sampled_from(_DISGUISES[letter] + letter))
        + data.draw(st.sampled_from(["", *INVISIBLE]))
        for letter in ticker
    )
    assert folded("$" + disguised).upper() == "$" + ticker


@given(any_text)
def test_nothing_invisible_is_left(text):
    assert not set(folded(text)) & set(INVISIBLE)


def test_accents_of_any_number_are_dropped_from_words_that_become_plain():
    assert folded("$P\u0301\u0302\u0489E\u20ddP\u0338E café") == "$PEPE cafe"


@pytest.mark.parametrize(
    "text",
    ["Покупайте сейчас", "这个币要涨了", "أهلا", "日本語", "привет мир", "हिन्दी", "ไทย", "gm 🚀"],
)
def test_other_scripts_stay_themselves(text):
    assert folded(text) == text
