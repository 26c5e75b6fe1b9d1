"""Trades as CSV."""

from __future__ import annotations

import pytest

from producers.recorded.trades import TradeParser
from schemas.codec import InvalidRecordError
from tests.producers.recordings import HEADER, START_MS, trade_row

COLUMNS = HEADER.split(",")


def tick(row: str, ordinal: int = 0):
    parser = TradeParser(COLUMNS)
    return parser.event(parser.parse(row.encode())[2], ordinal)


def test_a_row_becomes_a_tick_of_its_base_asset():
    event = tick(trade_row(symbol="oax/BTC", side="SELL"))
    assert (event.token, event.symbol, event.quote, event.side) == ("OAX", "OAX", "BTC", "sell")
    assert event.event_time == "2018-08-17T16:00:00.000Z"
    assert (event.kind, event.source) == ("trade", "recorded")


def test_numbers_keep_every_digit_of_the_file():
    event = tick(trade_row(price="1.360e-06", amount="00335.10"))
    assert (event.price, event.amount) == ("1.360e-06", "00335.10")


def test_columns_are_found_by_name():
    parser = TradeParser(["amount", "price", "note", "side", "timestamp", "symbol"])
    time_ms, token, draft = parser.parse(b'2,0.5,"a, b",buy,1534521600000,DOGE/USDT')
    event = parser.event(draft, 0)
    assert (time_ms, token, event.price, event.amount) == (START_MS, "DOGE", "0.5", "2")


def test_equal_rows_have_other_ids_and_the_same_row_elsewhere_the_same():
    row = trade_row()
    assert tick(row, 0).id == tick(row, 0).id != tick(row, 1).id
    assert tick(trade_row(amount="336.0")).id != tick(row).id


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (trade_row(price="0"), "above zero"),
        (trade_row(price="abc"), "not a decimal"),
        (trade_row(price="nan"), "finite"),
        (trade_row(price="1_0"), "finite"),
        (trade_row(price="1" * 101), "100 digits"),
        (trade_row(amount="-1"), "not negative"),
        (trade_row(side="hold"), "neither buy nor sell"),
        (trade_row(symbol=""), "symbol is empty"),
        (trade_row(time_ms=1_534_521_600), "out of range"),
        ("OAX/BTC,soon,x,buy,1,2,3", "no integer"),
        ("OAX/BTC,1534521600000,x,buy,1,2", "6 fields instead of 7"),
        ('OAX/BTC,1534521600000,"x,buy,1,2,3', "bad CSV"),
    ],
)
def test_a_bad_row_says_why(row, reason):
    with pytest.raises(InvalidRecordError, match=reason):
        TradeParser(COLUMNS).parse(row.encode())


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(InvalidRecordError, match="UTF-8"):
        TradeParser(COLUMNS).parse(b"\xff\xfe,1")
