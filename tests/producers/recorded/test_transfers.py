"""ERC-20 transfers in Alchemy's shape."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.recorded.transfers import TransferParser, scaled
from schemas.codec import InvalidRecordError
from tests.producers.recordings import START_MS, transfer


def parse(fields):
    return TransferParser().parse(json.dumps(fields).encode())


def raw(**changes):
    return transfer()["rawContract"] | changes


def test_a_transfer_becomes_an_event_of_its_asset():
    time_ms, token, event = parse(transfer(asset="oax"))
    assert (time_ms, token, event.symbol) == (START_MS, "OAX", "OAX")
    assert event.id == f"ethereum:{event.transaction}:133"
    assert (event.log_index, event.block_number, event.amount) == (133, 0xAAB95D, "2758")
    assert event.contract == "0x1a7a8bd9106f2b8d977e08582dc7d24c723ab0db"


def test_the_amount_is_exact_where_the_rounded_one_is_not():
    event = parse(transfer(rawContract=raw(value=hex(2**256 - 1)), value=1.157e59))[2]
    assert event.amount.replace(".", "") == str(2**256 - 1)
    assert event.amount.partition(".")[2] == str(2**256 - 1)[-18:]


def test_without_a_raw_amount_the_given_one_counts():
    assert parse(transfer(rawContract=raw(value=None), value=0.1))[2].amount == "0.1"


def test_without_an_asset_the_contract_is_the_token():
    event = parse(transfer(asset=None))[2]
    assert event.token == event.symbol == event.contract


@given(st.integers(0, 2**256 - 1), st.integers(0, 77))
def test_scaling_loses_no_digit(units, decimals):
    text = scaled(units, decimals)
    assert int(text.replace(".", "") + "0" * (decimals - len(text.partition(".")[2]))) == units
    assert not text.startswith(".")
    assert "." not in text or not text.endswith("0")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"category": "erc721"}, "no ERC-20"),
        ({"uniqueId": "0xabc"}, "hash:log:N"),
        ({"to": None}, "Expected `str`"),
        ({"rawContract": raw(value="-0x1")}, "negative"),
        ({"rawContract": raw(value="0xzz")}, "invalid literal"),
        ({"rawContract": raw(decimal="0xff")}, "out of range"),
        ({"rawContract": raw(value=None), "value": None}, "no amount"),
        ({"rawContract": raw(value=None), "value": 1e300}, "not a decimal number"),
        ({"metadata": {"blockTimestamp": "yesterday, about noon"}}, "Invalid isoformat"),
        ({"from": ""}, "length >= 1"),
    ],
)
def test_a_bad_transfer_says_why(changes, reason):
    with pytest.raises(InvalidRecordError, match=reason):
        parse(transfer(**changes))


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"null", b"\xff", b'{"uniqueId": 3}'])
def test_what_is_no_transfer_is_refused(line):
    with pytest.raises(InvalidRecordError):
        TransferParser().parse(line)
