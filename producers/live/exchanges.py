"""Exchanges by ccxt: every trade of the watched tokens' spot markets, with side and venue id.

ccxt rather than cryptofeed: it is released every week, and one interface covers every large venue.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, ClassVar

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
    Surroundings,
)
from producers.live.trade_gaps import Tape, read_positions
from producers.live.venue_client import UNREADABLE, VenueClient
from producers.live.venues import VENUES, Market, Position, RawTrade, Venue
from schemas.events import Event, Tick
from schemas.times import rfc3339
from schemas.topics import TICKS

#: In the order in which they are preferred, where a venue has more markets than are followed.
_QUOTES = ("USDT", "USD", "USDC", "EUR", "BTC")
_PATIENCE_S = 1.0
_MARKETS_KEPT_MS = 3_600_000
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
#: The fewest that a venue sends at a time (Coinbase).
_CANDLES = 300
#: How far back Kraken's candles reach.
_KRAKEN_CANDLES_MS = 720 * _MINUTE_MS
_LETTER_BYTES = 4_096


class Exchange(LiveSource):
    """All trades of one venue's markets of watched and registered tokens.

    A cursor is ``{symbol: [last trade id, its time in ms]}``. Trade ids have no holes, so whatever
    is missed, in a connection or between two, is seen at the next trade and asked for by REST; what
    the venue no longer has is a dead letter that names the ids.

    History is trades, in whole and with the live ids, since all three venues reach back to their
    first trade; with ``exchange_history = "candles"`` it is one-minute candles, for spans too long
    for single trades. Kraken's candles reach back 12 hours only.
    """

    topics = frozenset({TICKS.name})
    lateness_s = 5.0
    silence_s = 60.0
    venue: ClassVar[Venue]

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._loaded_ms = 0
        self._loaded: list[dict[str, Any]] | None = None

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if cls.name in settings.exchanges:
            return None
        return f"add {cls.name} to MEMEWATCH_EXCHANGES to turn it on"

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        known = read_positions(resume)
        async with self._client() as client:
            tape = self._tape(client, resume)
            watched = self._watched
            tape.record(await self._markets(client))
            client.watch(tape.markets)
            missed = [market for market in tape.markets if market.symbol in known]
            async for heard in self._missed(client, tape, missed):
                yield heard
            yield CaughtUp(tape.cursor)
            alive_ms = 0
            while True:
                async for payload in tape.take(await client.heard(_PATIENCE_S)):
                    yield payload
                async for payload in tape.fill_all(client.dropped()):
                    yield payload
                # With nothing to follow there is no connection that could fall silent.
                heard_ms = client.alive_ms if tape.markets else self.clock.now_ms()
                if heard_ms >= alive_ms + 1000 * _PATIENCE_S:
                    alive_ms = heard_ms
                    yield Alive()
                if watched != self._watched:
                    watched = self._watched
                    client.watch(tape.record(await self._markets(client)))
                    yield Alive(tape.cursor)

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        known = read_positions(resume)
        async with self._client() as client:
            tape = self._tape(client, resume)
            tape.record(await self._markets(client))
            for market in tape.markets:
                if market.symbol in known:
                    payloads = tape.fill(market, until_ms=until_ms)
                else:
                    tape.begin(market, Position(0, until_ms - _DAY_MS))
                    payloads = tape.newest(market, until_ms)
                async for payload in payloads:
                    yield payload
                if tape.position(market).number == 0:
                    tape.begin(market, Position(0, until_ms))
                yield Alive(tape.cursor)

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Market by market: the cursor is of the market at work, those before it are done."""
        is_candles = self.settings.exchange_history == "candles"
        reach_ms = self.clock.now_ms() - _KRAKEN_CANDLES_MS
        if is_candles and self.name == "kraken" and begin_ms < reach_ms:
            raise NoHistoryError(
                "kraken has candles of the last 12 hours only: "
                "set MEMEWATCH_EXCHANGE_HISTORY to trades"
            )
        known = read_positions(resume)
        async with self._client() as client:
            markets = await self._markets(client)
            for market in sorted(markets, key=lambda market: market.symbol):
                if market.symbol < min(known, default=""):
                    continue
                start = known.get(market.symbol, Position(0, begin_ms - 1))
                if is_candles:
                    payloads = self._candles(client, market, start.time_ms + 1, end_ms)
                else:
                    tape = self._tape(client, None)
                    tape.record([market])
                    tape.begin(market, start)
                    payloads = tape.fill(market, until_ms=end_ms - 1)
                async for payload in payloads:
                    yield payload
                yield Alive()

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        try:
            body = json.loads(payload.body, parse_float=str)
            read = {
                "frames": self._read_frames,
                "trades": self._read_trades,
                "candles": self._read_candles,
                "missing": self._read_missing,
            }[payload.kind]
            yield from read(body)
        except UNREADABLE as error:
            yield _rejected(f"no {payload.kind} of {self.name}", error, payload.body)

    def _client(self) -> VenueClient:
        return VenueClient(
            self.name,
            self.venue,
            self.clock,
            self.budget,
            rest_url=getattr(self.settings, f"{self.name}_url"),
            stream_url=getattr(self.settings, f"{self.name}_stream_url"),
        )

    def _tape(self, client: VenueClient, resume: str | None) -> Tape:
        return Tape(self.name, self.venue, client.rest, self.clock, resume)

    @property
    def _watched(self) -> tuple[int, object]:
        """Changes whenever other tokens are to be followed."""
        return self.watch_list.version, self.tokens.tokens

    async def _markets(self, client: VenueClient) -> list[Market]:
        """The markets to follow: the watch list's before the registry's, by preferred quotes."""
        is_fresh = self.clock.now_ms() - self._loaded_ms < _MARKETS_KEPT_MS
        loaded = await client.load_markets(self._loaded if is_fresh else None)
        if loaded is not self._loaded:
            self._loaded, self._loaded_ms = loaded, self.clock.now_ms()
        assets = {asset: rank for rank, asset in enumerate(self._assets())}
        found = [
            market
            for market in loaded
            if market["spot"]
            and market["active"] is not False
            and market["base"] in assets
            and market["quote"] in _QUOTES
        ]
        found.sort(key=lambda market: (assets[market["base"]], _QUOTES.index(market["quote"])))
        return [
            Market(
                self.venue.key(market),
                market["id"],
                market["symbol"],
                market["base"],
                market["quote"],
            )
            for market in found[: self.settings.exchange_markets]
        ]

    def _assets(self) -> list[str]:
        watched = [
            entry.symbol or ("" if entry.chain else entry.value)
            for entry in self.watch_list.of("token", self.name)
        ]
        registered = [token.symbol for token in self.tokens.tokens]
        return list(dict.fromkeys(asset.upper() for asset in watched + registered if asset))

    async def _missed(
        self, client: VenueClient, tape: Tape, missed: list[Market]
    ) -> AsyncIterator[Payload | Alive]:
        """What was missed, once the subscriptions stand, so that nothing falls in between."""
        keys = (
            frozenset(market.key for market in missed) if self.venue.tells_latest else frozenset()
        )
        await client.settle(keys)
        for market in missed:
            # The first trade told by the socket shows what is missing before it, unless there is
            # no id yet to compare it with.
            if market.key not in client.told or tape.position(market).number == 0:
                async for payload in tape.fill(market):
                    yield payload
                yield Alive()
        async for payload in tape.take(client.waiting()):
            yield payload

    async def _candles(
        self, client: VenueClient, market: Market, from_ms: int, end_ms: int
    ) -> AsyncIterator[Payload]:
        """Candles that end in ``from_ms <= end < end_ms`` and are over."""
        end_ms = min(end_ms, self.clock.now_ms() + 1)
        opens_ms = -(-from_ms // _MINUTE_MS) * _MINUTE_MS - _MINUTE_MS
        while opens_ms + _MINUTE_MS < end_ms:
            rows = [
                row
                for row in await client.candles(market, opens_ms, _CANDLES)
                if opens_ms <= row[0] and row[0] + _MINUTE_MS < end_ms
            ]
            opens_ms = rows[-1][0] + _MINUTE_MS if rows else opens_ms + _CANDLES * _MINUTE_MS
            if rows:
                yield Payload(
                    body=json.dumps({"market": market, "rows": rows}).encode(),
                    cursor=json.dumps({market.symbol: [0, opens_ms]}),
                    kind="candles",
                    received_ms=self.clock.now_ms(),
                )

    def _read_frames(self, body: dict[str, Any]) -> Iterator[Event | Rejected]:
        markets = {key: Market(*names) for key, names in body["markets"].items()}
        seen: set[tuple[str, int]] = set()
        for text in body["frames"]:
            try:
                trades = self.venue.trades(json.loads(text, parse_float=str))
            except UNREADABLE as error:
                yield _rejected(f"no frame of {self.name}", error, text.encode())
                continue
            for trade in trades:
                identity = (trade.key, trade.number)
                if trade.key not in markets or identity in seen:
                    continue
                if trade.number > body["after"][trade.key]:
                    seen.add(identity)
                    yield self._tick(markets[trade.key], trade, text)

    def _read_trades(self, body: dict[str, Any]) -> Iterator[Event | Rejected]:
        market = Market(*body["market"])
        for row in body["rows"]:
            try:
                trade = self.venue.trade(row, market.key)
            except UNREADABLE as error:
                yield _rejected(f"no trade of {self.name}", error, json.dumps(row).encode())
                continue
            yield self._tick(market, trade, json.dumps(row))

    def _read_candles(self, body: dict[str, Any]) -> Iterator[Event | Rejected]:
        market = Market(*body["market"])
        token = self.tokens.of_asset(market.base)
        for row in body["rows"]:
            try:
                opens_ms, *numbers = row
                opening, high, low, closing, volume = (decimal_text(number) for number in numbers)
                yield Tick(
                    id=f"{self.name}:{market.symbol}:1m:{opens_ms}",
                    token=token.token,
                    symbol=token.symbol,
                    event_time=rfc3339(opens_ms + _MINUTE_MS),
                    source=self.name,
                    price=_positive(closing),
                    amount=volume,
                    kind="candle",
                    venue=self.name,
                    quote=market.quote,
                    open=_positive(opening),
                    high=_positive(high),
                    low=_positive(low),
                    interval_ms=_MINUTE_MS,
                )
            except UNREADABLE as error:
                yield _rejected(f"no candle of {self.name}", error, json.dumps(row).encode())

    def _read_missing(self, body: dict[str, Any]) -> Iterator[Event | Rejected]:
        market, first, last = Market(*body["market"]), body["first"], body["last"]
        yield Rejected(
            reason=f"{self.name} no longer has {last - first + 1} trades of {market.symbol}: "
            f"ids {first} to {last}",
            value=json.dumps(body).encode(),
        )

    def _tick(self, market: Market, trade: RawTrade, original: str) -> Tick | Rejected:
        token = self.tokens.of_asset(market.base)
        try:
            return Tick(
                id=f"{self.name}:{market.symbol}:{trade.number}",
                token=token.token,
                symbol=token.symbol,
                event_time=rfc3339(trade.time_ms),
                source=self.name,
                price=_positive(decimal_text(trade.price)),
                amount=decimal_text(trade.amount),
                side=trade.side,
                venue=self.name,
                quote=market.quote,
                trade_id=str(trade.number),
            )
        except (*UNREADABLE, OverflowError) as error:
            return _rejected(f"no trade of {self.name}", error, original.encode())


class Binance(Exchange):
    """Binance's spot markets."""

    name = "binance"
    venue = VENUES["binance"]


class Coinbase(Exchange):
    """Coinbase Exchange's spot markets."""

    name = "coinbase"
    venue = VENUES["coinbase"]


class Kraken(Exchange):
    """Kraken's spot markets."""

    name = "kraken"
    venue = VENUES["kraken"]


def _positive(price: str) -> str:
    if not price.strip("0."):
        raise ValueError("a price of zero")
    return price


def _rejected(what: str, error: BaseException, original: bytes) -> Rejected:
    return Rejected(reason=f"{what}: {error!r:.300}", value=original[:_LETTER_BYTES])
