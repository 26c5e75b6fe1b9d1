"""Gapless tapes: what is missing between two trade ids of a market is asked for by REST."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from memewatch.clock import Clock
from producers.live.base import Payload
from producers.live.venue_client import UNREADABLE, Frame
from producers.live.venues import Market, Position, RawTrade, Rest, Row, Venue

log = logging.getLogger(__name__)

#: A venue's REST side lags behind its socket; asked again after 1, 2 and 4 seconds.
_PATIENCE = 3
#: The venue's clock may be behind by so much.
_SKEW_MS = 2_000


class Tape:
    """The trades of one connection's markets, each once and in the order of their ids.

    Its cursor is JSON: ``{symbol: [last trade id, its time in ms]}``. An id of 0 means that no
    trade was heard since that time.
    """

    def __init__(self, name: str, venue: Venue, rest: Rest, clock: Clock, resume: str | None):
        self._name = name
        self._venue = venue
        self._rest = rest
        self._clock = clock
        self._positions = read_positions(resume)
        self._markets: dict[str, Market] = {}

    @property
    def cursor(self) -> str:
        """Where to go on after everything yielded so far."""
        return json.dumps(self._positions, separators=(",", ":"))

    @property
    def markets(self) -> list[Market]:
        """The markets on this tape."""
        return list(self._markets.values())

    def record(self, markets: Iterable[Market]) -> list[Market]:
        """Have these markets on the tape from now on, and no others; the new ones."""
        before = self._markets
        self._markets = {market.key: market for market in markets}
        kept = {market.symbol for market in self._markets.values()}
        begin_ms = self._clock.now_ms() - _SKEW_MS
        self._positions = {
            symbol: position for symbol, position in self._positions.items() if symbol in kept
        }
        for symbol in kept:
            self._positions.setdefault(symbol, Position(0, begin_ms))
        return [market for key, market in self._markets.items() if key not in before]

    def begin(self, market: Market, position: Position) -> None:
        """Go on after this position of a market."""
        self._positions[market.symbol] = position

    def position(self, market: Market) -> Position:
        """The last trade of a market on the tape."""
        return self._positions[market.symbol]

    async def take(self, frames: Sequence[Frame]) -> AsyncIterator[Payload]:
        """The frames' trades without those known, after what is missing before them."""
        pending: list[str] = []
        after: dict[str, int] = {}
        for frame in frames:
            if gaps := self._gaps(frame):
                if pending:
                    yield self._frames(pending, after)
                    pending, after = [], {}
                for market, through in gaps:
                    async for payload in self.fill(market, through=through):
                        yield payload
            new = self._new(frame)
            if new or frame.trades is None:
                pending.append(frame.text)
            for market, trade in new:
                after.setdefault(market.key, self.position(market).number)
                self._pass(market, trade)
        if pending:
            yield self._frames(pending, after)

    async def fill(
        self, market: Market, *, through: int | None = None, until_ms: int | None = None
    ) -> AsyncIterator[Payload]:
        """What REST has after the market's position: up to an id, a time, or the newest trade."""
        for patience in range(_PATIENCE + 1):
            async for rows in self._venue.pages(self._rest, market, self.position(market)):
                payloads, is_over = self._page(market, rows, through, until_ms)
                for payload in payloads:
                    yield payload
                if is_over:
                    return
            if through is None:
                return
            if patience < _PATIENCE:
                await self._clock.sleep(2.0**patience)
        first = self.position(market).number + 1
        if through is not None and first > 1:
            self._skip(market, through)
            yield self._missing(market, first, through)

    async def fill_all(self, keys: Iterable[str]) -> AsyncIterator[Payload]:
        """What REST has after the positions of these markets."""
        for key in sorted(keys):
            if (market := self._markets.get(key)) is not None:
                async for payload in self.fill(market):
                    yield payload

    async def newest(self, market: Market, until_ms: int) -> AsyncIterator[Payload]:
        """What one request reaches of a market, after its position."""
        rows = await self._venue.newest(self._rest, market)
        for payload in self._page(market, rows, None, until_ms)[0]:
            yield payload

    def _page(
        self, market: Market, rows: Sequence[Row], through: int | None, until_ms: int | None
    ) -> tuple[list[Payload], bool]:
        """A page's payloads, and whether all that is wanted has come."""
        kept, holes, is_over = self._wanted(market, rows, through, until_ms)
        for _, trade in kept:
            self._pass(market, trade)
        payloads: list[Payload] = []
        if kept:
            rows = [row for row, _ in kept]
            payloads.append(self._payload("trades", {"market": market, "rows": rows}))
        if is_over and through is not None:
            self._skip(market, through)
        payloads += [self._missing(market, first, last) for first, last in holes]
        return payloads, is_over

    def _wanted(
        self, market: Market, rows: Sequence[Row], through: int | None, until_ms: int | None
    ) -> tuple[list[tuple[Row, RawTrade]], list[tuple[int, int]], bool]:
        """Of a page: what is new and wanted, the ids missing before it, and whether it is over."""
        position = self.position(market)
        number = position.number
        kept: list[tuple[Row, RawTrade]] = []
        holes: list[tuple[int, int]] = []
        for row in rows:
            try:
                trade = self._venue.trade(row, market.key)
            except UNREADABLE as error:
                log.warning("%s: no trade of %s: %r", self._name, market.symbol, error)
                continue
            if trade.number <= number or (not number and trade.time_ms <= position.time_ms):
                continue
            if until_ms is not None and trade.time_ms > until_ms:
                return kept, holes, True
            if number and trade.number > number + 1:
                last = trade.number - 1
                holes.append((number + 1, last if through is None else min(last, through)))
            if through is not None and trade.number > through:
                return kept, holes, True
            number = trade.number
            kept.append((row, trade))
        return kept, holes, through is not None and number >= through

    def _new(self, frame: Frame) -> list[tuple[Market, RawTrade]]:
        return [
            (market, trade)
            for trade in frame.trades or ()
            if (market := self._markets.get(trade.key)) is not None
            and trade.number > self.position(market).number
        ]

    def _gaps(self, frame: Frame) -> list[tuple[Market, int]]:
        """Markets of which trades are missing before or within a frame, and up to which id."""
        gaps: list[tuple[Market, int]] = []
        last: dict[str, int] = {}
        for market, trade in sorted(self._new(frame), key=lambda new: new[1].number):
            position = self.position(market)
            number = last.get(market.key, position.number)
            if number and trade.number > number + 1:
                gaps.append((market, trade.number - 1))
            elif not number and trade.time_ms > position.time_ms:
                # Nothing to compare it with, so the first trade is asked for with those before it.
                gaps.append((market, trade.number))
            last[market.key] = trade.number
        return gaps

    def _pass(self, market: Market, trade: RawTrade) -> None:
        if trade.number > self.position(market).number:
            self._positions[market.symbol] = Position(trade.number, trade.time_ms)

    def _skip(self, market: Market, number: int) -> None:
        """What is missing up to this id is given up."""
        position = self.position(market)
        if position.number < number:
            self._positions[market.symbol] = Position(number, position.time_ms)

    def _frames(self, texts: list[str], after: dict[str, int]) -> Payload:
        markets = {key: self._markets[key] for key in after}
        return self._payload("frames", {"markets": markets, "after": after, "frames": texts})

    def _missing(self, market: Market, first: int, last: int) -> Payload:
        """Told to the parser, so that it is counted where everything unreadable is."""
        log.warning(
            "%s no longer has %d trades of %s: ids %d to %d",
            self._name,
            last - first + 1,
            market.symbol,
            first,
            last,
        )
        return self._payload("missing", {"market": market, "first": first, "last": last})

    def _payload(self, kind: str, body: dict[str, Any]) -> Payload:
        return Payload(
            body=json.dumps(body, separators=(",", ":")).encode(),
            cursor=self.cursor,
            kind=kind,
            received_ms=self._clock.now_ms(),
        )


def read_positions(cursor: str | None) -> dict[str, Position]:
    """The positions in a cursor. Raises ``ValueError`` when it is none of a ``Tape``."""
    if not cursor:
        return {}
    try:
        return {
            str(symbol): Position(int(number), int(time_ms))
            for symbol, (number, time_ms) in json.loads(cursor).items()
        }
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"no cursor of trades: {cursor:.100}") from error
