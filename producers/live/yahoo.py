"""Yahoo Finance by yfinance: quotes as they change, and one-minute candles for the past."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from memewatch.settings import Settings
from producers.cleaning.numbers import decimal_text
from producers.live.base import (
    Alive,
    CaughtUp,
    Heard,
    LiveSource,
    NoHistoryError,
    Payload,
    Rejected,
)
from producers.live.yahoo_client import Candles, QuoteStream
from schemas.events import Event, Tick
from schemas.times import rfc3339
from schemas.topics import TICKS

log = logging.getLogger(__name__)

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
#: Yahoo's own bounds for one-minute candles: a week at a time, and not older than a month.
_WEEK_MS = 7 * _DAY_MS
_REACH_MS = 30 * _DAY_MS - 3_600_000
_PATIENCE_S = 2.0
#: Yahoo needs a moment to finish a candle.
_CANDLE_DELAY_MS = 10_000
_LETTER_BYTES = 4_096
#: Yahoo adds CoinMarketCap's number to tickers that several coins share: PEPE24478.
_COIN_NUMBER = re.compile(r"(?<=\D)\d{4,}$")
_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, ArithmeticError, AttributeError)


class Yahoo(LiveSource):
    """Quotes of ``yahoo_symbols`` and of the watch list's tickers with source ``yahoo``: there
    ``WIF`` means ``WIF-USD``.

    The socket has no replay: every minute in which something was missed is filled with its candle,
    as far back as a month.
    The cursor is the time in ms up to which everything is known, in text. Yahoo computes in floats:
    prices have the digits that those have (a quote's has 24 bits), and no more are made up.
    """

    name = "yahoo"
    topics = frozenset({TICKS.name})
    # Quotes come from markets all over the world, some of them half a minute late.
    lateness_s = 30.0
    silence_s = 60.0

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if settings.yahoo_symbols:
            return None
        return "name a symbol in MEMEWATCH_YAHOO_SYMBOLS to turn it on"

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        begun_ms = self.clock.now_ms()
        known_ms = int(resume) if resume else begun_ms
        #: When the minute ends in which the gap does: its candle is had only then.
        gap_ends_ms = _minute_end(begun_ms) if resume else None
        symbols = self._symbols()
        async with QuoteStream(self.settings.yahoo_stream_url) as stream:
            # First the socket, so that no quote falls between it and the candles.
            await stream.subscribe(symbols)
            if gap_ends_ms is not None:
                full_ms = gap_ends_ms - _MINUTE_MS
                async for payload in self._between(symbols, known_ms + 1, full_ms, str(known_ms)):
                    yield payload
                known_ms = max(known_ms, full_ms)
            yield CaughtUp(str(known_ms))
            while True:
                text = await stream.hear(_PATIENCE_S)
                now_ms = self.clock.now_ms()
                if text is None:
                    yield Alive()
                else:
                    if gap_ends_ms is None:
                        # A time in the future would leave out what comes until then.
                        known_ms = max(known_ms, min(_time_ms(text), now_ms))
                    yield Payload(
                        body=text.encode(), cursor=str(known_ms), kind="quote", received_ms=now_ms
                    )
                if gap_ends_ms is not None and now_ms >= gap_ends_ms + _CANDLE_DELAY_MS:
                    ends_ms, gap_ends_ms = gap_ends_ms, None
                    async for payload in self._between(symbols, ends_ms, ends_ms, str(known_ms)):
                        yield payload
                    known_ms = max(known_ms, ends_ms)
                    yield Alive(str(known_ms))
                if new := [symbol for symbol in self._symbols() if symbol not in symbols]:
                    symbols += new
                    await stream.subscribe(new)

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        known_ms = int(resume) if resume else until_ms - _DAY_MS
        async for payload in self._between(self._symbols(), known_ms + 1, until_ms, resume or ""):
            yield payload
        yield Alive(str(max(known_ms, until_ms // _MINUTE_MS * _MINUTE_MS)))

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Symbol by symbol; the cursor is JSON ``[symbol, when its next candle ends]``."""
        earliest_ms = self.clock.now_ms() - _REACH_MS
        if begin_ms < earliest_ms:
            raise NoHistoryError(
                "yahoo has one-minute candles of the last 30 days only: "
                f"ask from {rfc3339(earliest_ms)} on"
            )
        symbol, from_ms = json.loads(resume) if resume else ("", begin_ms)
        for name in sorted(self._symbols()):
            if name < symbol:
                continue
            first_ms = from_ms if name == symbol else begin_ms
            async for rows, next_ms in self._candles(name, first_ms, end_ms):
                yield self._payload(name, rows, json.dumps([name, next_ms]))
            yield Alive()

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        try:
            if payload.kind == "candles":
                yield from self._read_candles(json.loads(payload.body, parse_float=str))
            else:
                yield from self._read_quote(payload.body)
        except _UNREADABLE as error:
            yield _rejected(f"no {payload.kind} of Yahoo", error, payload.body)

    def _symbols(self) -> list[str]:
        watched = [
            entry.value.upper()
            for entry in self.watch_list.of("token")
            if entry.source == self.name and entry.chain is None
        ]
        # A ticker alone may be another coin's at Yahoo; so only those are taken that say `yahoo`.
        named = [ticker if "-" in ticker else f"{ticker}-USD" for ticker in watched]
        return list(dict.fromkeys([*named, *self.settings.yahoo_symbols]))

    async def _between(
        self, symbols: list[str], from_ms: int, until_ms: int, cursor: str
    ) -> AsyncIterator[Payload]:
        """Candles that end in ``from_ms <= end <= until_ms``. Their cursor stays where it was: it
        may move only when every symbol is filled.
        """
        earliest_ms = self.clock.now_ms() - _REACH_MS
        if from_ms < earliest_ms:
            log.warning("yahoo has nothing of the time before %s any more", rfc3339(earliest_ms))
        for symbol in symbols:
            async for rows, _ in self._candles(symbol, max(from_ms, earliest_ms), until_ms + 1):
                yield self._payload(symbol, rows, cursor)

    async def _candles(
        self, symbol: str, from_ms: int, end_ms: int
    ) -> AsyncIterator[tuple[list[list[Any]], int]]:
        """Rows of candles that end in ``from_ms <= end < end_ms``, and where the next ones end."""
        end_ms = min(end_ms, self.clock.now_ms() + 1)
        ends_ms = -(-from_ms // _MINUTE_MS) * _MINUTE_MS
        while ends_ms < end_ms:
            next_ms = min(ends_ms + _WEEK_MS, -(-end_ms // _MINUTE_MS) * _MINUTE_MS)
            async with Candles(self.settings.yahoo_url) as candles:
                rows = await candles.of(symbol, ends_ms - _MINUTE_MS, next_ms - _MINUTE_MS)
            rows = [row for row in rows if ends_ms <= row[0] + _MINUTE_MS < end_ms]
            if rows:
                yield rows, next_ms
            ends_ms = next_ms

    def _payload(self, symbol: str, rows: list[list[Any]], cursor: str) -> Payload:
        return Payload(
            body=json.dumps({"symbol": symbol, "rows": rows}).encode(),
            cursor=cursor,
            kind="candles",
            received_ms=self.clock.now_ms(),
        )

    def _read_quote(self, body: bytes) -> Iterator[Event | Rejected]:
        frame = json.loads(body)
        if "message" not in frame:
            return  # Word about the connection, and no quote.
        quote = _decoded(frame["message"])
        symbol, time_ms = quote["id"], int(quote["time"])
        base, currency = _traded(symbol)
        token = self.tokens.of_asset(base)
        yield Tick(
            id=f"{self.name}:{symbol}:{time_ms}",
            token=token.token,
            symbol=token.symbol,
            event_time=rfc3339(time_ms),
            source=self.name,
            price=_price(quote["price"]),
            kind="quote",
            venue=self.name,
            quote=quote.get("currency") or currency,
        )

    def _read_candles(self, body: dict[str, Any]) -> Iterator[Event | Rejected]:
        symbol = body["symbol"]
        base, currency = _traded(symbol)
        token = self.tokens.of_asset(base)
        for row in body["rows"]:
            try:
                opens_ms, opening, high, low, closing, volume = row
                yield Tick(
                    id=f"{self.name}:{symbol}:1m:{opens_ms}",
                    token=token.token,
                    symbol=token.symbol,
                    event_time=rfc3339(opens_ms + _MINUTE_MS),
                    source=self.name,
                    price=_price(closing),
                    amount=decimal_text(volume),
                    kind="candle",
                    venue=self.name,
                    quote=currency,
                    open=_price(opening),
                    high=_price(high),
                    low=_price(low),
                    interval_ms=_MINUTE_MS,
                )
            except _UNREADABLE as error:
                yield _rejected("no candle of Yahoo", error, json.dumps(row).encode())


def _decoded(message: str) -> dict[str, Any]:
    """The fields of a frame's protobuf by yfinance's definition. Raises ``ValueError``."""
    # Not above: both take long to import, and nobody needs them who only asks what is on.
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import DecodeError
    from yfinance.pricing_pb2 import PricingData

    data = PricingData()
    try:
        data.ParseFromString(base64.b64decode(message, validate=True))
    except DecodeError as error:
        raise ValueError(str(error)) from error
    # Floats come in their shortest spelling: 24 bits are no reason for 17 digits.
    fields: dict[str, Any] = MessageToDict(data, preserving_proto_field_name=True)
    return fields


def _time_ms(text: str) -> int:
    """The time of a quote; 0 when there is none."""
    try:
        return int(_decoded(json.loads(text)["message"])["time"])
    except _UNREADABLE:
        return 0


def _minute_end(time_ms: int) -> int:
    return time_ms // _MINUTE_MS * _MINUTE_MS + _MINUTE_MS


def _traded(symbol: str) -> tuple[str, str | None]:
    """``PEPE24478-USD`` is PEPE for USD."""
    base, dash, quote = symbol.rpartition("-")
    if not dash:
        return symbol, None
    return _COIN_NUMBER.sub("", base), quote


def _price(value: float | str) -> str:
    price = decimal_text(value)
    if not price.strip("0."):
        raise ValueError("a price of zero")
    return price


def _rejected(what: str, error: BaseException, original: bytes) -> Rejected:
    return Rejected(reason=f"{what}: {error!r:.300}", value=original[:_LETTER_BYTES])
