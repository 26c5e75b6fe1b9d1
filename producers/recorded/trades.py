"""Exchange trades as CSV; columns are found by the header's names."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Literal, NamedTuple, cast

from schemas.codec import InvalidRecordError, non_negative_number, positive_number
from schemas.events import Tick
from schemas.times import EARLIEST_MS, LATEST_MS, rfc3339
from schemas.topics import TICKS

REQUIRED_COLUMNS = ("symbol", "timestamp", "side", "price", "amount")
_Side = Literal["buy", "sell"]
_LONGEST_NUMBER = 100
_LONGEST_SYMBOL = 256


class Trade(NamedTuple):
    """A row's own columns: what makes two rows equal. Numbers stay the text the file has."""

    symbol: str
    time_ms: int
    side: str
    price: str
    amount: str


class TradeParser:
    """Rows like ``OAX/BTC,1534521600000,…,buy,0.00001,35.0,…``; the timestamp is in ms.

    Recorded trades have no id. It is a hash of the row and its ordinal among equal rows of the
    same file: equal rows in one file are different fills, the same row in two files is one.
    """

    topic = TICKS.name
    identified = False

    def __init__(self, header: Sequence[str]) -> None:
        self._width = len(header)
        self._columns = itemgetter(*(header.index(name) for name in REQUIRED_COLUMNS))

    def parse(self, line: bytes) -> tuple[int, str, Trade]:
        fields = split_row(line)
        if len(fields) != self._width:
            raise InvalidRecordError(f"{len(fields)} fields instead of {self._width}")
        symbol, timestamp, side, price, amount = self._columns(fields)
        if not timestamp.isdecimal():
            raise InvalidRecordError(f"timestamp is no integer of milliseconds: {timestamp!r}")
        time_ms = int(timestamp[:20])
        if not EARLIEST_MS <= time_ms < LATEST_MS:
            raise InvalidRecordError(f"timestamp out of range (milliseconds?): {timestamp}")
        side = side.lower()
        if side not in {"buy", "sell", ""}:
            raise InvalidRecordError(f"side is neither buy nor sell: {side!r}")
        if len(price) > _LONGEST_NUMBER or len(amount) > _LONGEST_NUMBER:
            raise InvalidRecordError("a number has more than 100 digits")
        positive_number("price", price)
        non_negative_number("amount", amount)
        base, _quote = _base_and_quote(symbol)
        return time_ms, base, Trade(symbol, time_ms, side, price, amount)

    def event(self, draft: Trade, ordinal: int) -> Tick:
        base, quote = _base_and_quote(draft.symbol)
        text = (
            f"{draft.symbol}\x1f{draft.time_ms}\x1f{draft.side}\x1f{draft.price}"
            f"\x1f{draft.amount}\x1f{ordinal}"
        )
        return Tick(
            id="recorded:" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
            token=base,
            symbol=base,
            event_time=rfc3339(draft.time_ms),
            source="recorded",
            price=draft.price,
            amount=draft.amount,
            side=cast(_Side, draft.side) if draft.side else None,
            quote=quote,
        )


def split_row(line: bytes) -> list[str]:
    """The fields of one CSV row; raises ``InvalidRecordError`` when it is no text."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise InvalidRecordError(f"no UTF-8 text: {error.reason}") from None
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise InvalidRecordError(f"bad CSV: {error}") from None


@lru_cache(maxsize=4096)
def _base_and_quote(symbol: str) -> tuple[str, str | None]:
    base, _, quote = symbol.upper().partition("/")
    if not base.strip() or len(symbol) > _LONGEST_SYMBOL:
        raise InvalidRecordError(f"symbol is empty or too long: {symbol[:40]!r}")
    return base, quote or None
