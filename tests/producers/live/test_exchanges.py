"""Exchanges: every trade once, over gaps, repetitions, reconnects and whatever else happens."""

from __future__ import annotations

import asyncio
import json
import random
import time
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from memewatch.settings import Settings
from producers.live.base import (
    AccessRefusedError,
    Alive,
    CaughtUp,
    NoHistoryError,
    Payload,
    RateLimitedError,
)
from producers.live.exchanges import Binance, Coinbase, Exchange, Kraken
from producers.live.feed import close
from producers.watch_list import WatchList
from schemas.events import Tick
from schemas.watch import WatchEntry
from tests.producers.live.listening import Listening, all_of, read, surroundings
from tests.producers.live.servers.binance import BinanceServer
from tests.producers.live.servers.coinbase import CoinbaseServer
from tests.producers.live.servers.kraken import KrakenServer
from tests.producers.live.servers.venue import VenueServer

DAY_MS = 86_400_000


class Place(NamedTuple):
    source: type[Exchange]
    server: type[VenueServer]

    @property
    def pepe(self) -> str:
        return f"PEPE/{self.server.quote}"

    @property
    def doge(self) -> str:
        return f"DOGE/{self.server.quote}"

    def make(self, server: VenueServer, **settings: Any) -> Exchange:
        return self.source(surroundings(server.settings() | settings))


PLACES = [
    Place(Binance, BinanceServer),
    Place(Coinbase, CoinbaseServer),
    Place(Kraken, KrakenServer),
]


@pytest.fixture(autouse=True)
def quick_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in PLACES:
        monkeypatch.setattr(type(place.source.venue), "pace_ms", 1)
    monkeypatch.setattr("producers.live.venue_client._PING_MS", 200)
    monkeypatch.setattr("producers.live.venue_client._TELLING_S", 0.5)
    monkeypatch.setattr("producers.live.exchanges._PATIENCE_S", 0.1)


@pytest.fixture(params=PLACES, ids=lambda place: place.source.name)
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.param
    return found


def ids(place: Place, symbol: str, *numbers: int) -> list[str]:
    return [f"{place.source.name}:{symbol}:{number}" for number in numbers]


async def test_every_trade_comes_with_its_side_its_id_and_every_digit(place: Place) -> None:
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await server.sell(place.pepe, "0.00000001234", "123456789.123456789012345678", "buy")
        await server.sell(place.doge, "0.07", "40", "sell", time_ms=1_700_000_000_123)
        await listening.until(lambda: len(listening.events) == 2)
    first, second = sorted(listening.events, key=lambda event: event.event_time, reverse=True)
    assert isinstance(first, Tick)
    assert isinstance(second, Tick)
    assert (first.price, first.amount) == ("0.00000001234", "123456789.123456789012345678")
    assert (first.side, first.trade_id, first.kind) == ("buy", "1000", "trade")
    assert (first.token, first.symbol, first.quote) == ("PEPE", "PEPE", server.quote)
    assert (first.source, first.venue) == (place.source.name, place.source.name)
    assert [first.id] == ids(place, place.pepe, 1000)
    assert (second.side, second.price, second.amount) == ("sell", "0.07", "40")
    assert second.event_time == "2023-11-14T22:13:20.123Z"


async def test_what_the_socket_leaves_out_is_asked_for_by_rest(place: Place) -> None:
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await server.sell(place.pepe)
        for number in range(3):
            await server.sell(place.pepe, f"0.00{number}1", "7.5", "sell", on_socket=False)
        await server.sell(place.pepe)
        await listening.until(lambda: len(listening.events) == 5)
    assert listening.ids == ids(place, place.pepe, 1000, 1001, 1002, 1003, 1004)
    missed = listening.events[1]
    assert isinstance(missed, Tick)
    assert (missed.price, missed.amount, missed.side) == ("0.0001", "7.5", "sell")
    assert not listening.rejected


async def test_a_repeated_frame_is_one_trade(place: Place) -> None:
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await server.sell(place.pepe)
        await server.repeat(place.pepe)
        await server.repeat(place.pepe)
        await server.sell(place.pepe)
        await listening.until(lambda: len(listening.events) >= 2)
    assert listening.ids == ids(place, place.pepe, 1000, 1001)


async def test_another_instance_goes_on_where_a_lost_connection_ended(place: Place) -> None:
    async with place.server() as server:
        async with Listening(place.make(server)) as before:
            await before.caught_up()
            await server.sell(place.pepe)
            await before.until(lambda: len(before.events) == 1)
            await server.drop()
            assert isinstance(await before.lost(), ConnectionError)
        for _ in range(4):
            await server.sell(place.pepe)
        # Its market had no trade at all when the connection was lost.
        await server.sell(place.doge)
        async with Listening(place.make(server), before.cursor) as after:
            await after.caught_up()
            caught_up = next(
                n for n, heard in enumerate(after.heard) if isinstance(heard, CaughtUp)
            )
            missed = [
                event.id
                for heard in after.heard[:caught_up]
                if isinstance(heard, Payload)
                for event in read(place.make(server), heard)[0]
            ]
            await server.sell(place.pepe)
            await after.until(lambda: len(after.events) == 6)
    assert sorted(missed) == sorted(
        ids(place, place.pepe, 1001, 1002, 1003, 1004) + ids(place, place.doge, 1000)
    )
    assert sorted(after.ids) == sorted(missed + ids(place, place.pepe, 1005))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_bad_day_loses_nothing_and_repeats_nothing(place: Place, seed: int) -> None:
    """Trades, some of which the socket leaves out, repetitions, rubbish and lost connections, in
    any order; after each loss another process goes on from the cursor.
    """
    dice = random.Random(seed)
    ids: list[str] = []
    cursor: str | None = None
    async with place.server() as server:
        for _ in range(4):
            async with Listening(place.make(server), cursor) as listening:
                await listening.caught_up()
                for _ in range(dice.randrange(30)):
                    symbol = dice.choice((place.pepe, place.doge))
                    match dice.choice(("sell", "sell", "miss", "repeat", "rubbish", "pause")):
                        case "sell":
                            await server.sell(symbol, side=dice.choice(("buy", "sell")))
                        case "miss":
                            await server.sell(symbol, on_socket=False)
                        case "repeat":
                            await server.repeat(symbol)
                        case "rubbish":
                            await server.tell(symbol, "}")
                        case "pause":
                            await asyncio.sleep(0)
                await server.drop()
                assert isinstance(await listening.lost(), ConnectionError)
            ids += listening.ids
            cursor = listening.cursor
            for _ in range(dice.randrange(3)):
                await server.sell(dice.choice((place.pepe, place.doge)))
        async with Listening(place.make(server), cursor) as listening:
            await listening.caught_up()
        ids += listening.ids
    for symbol, tape in server.tape.items():
        heard = [int(name.rpartition(":")[2]) for name in ids if symbol in name]
        assert heard == [sold.number for sold in tape]


async def test_a_long_absence_is_paged_through(place: Place) -> None:
    async with place.server() as server:
        begin_ms = round(time.time() * 1000) - 50_000
        for number in range(2_345):
            await server.sell(place.pepe, on_socket=False, time_ms=begin_ms + number * 7)
        cursor = json.dumps({place.pepe: [1_010, begin_ms + 70]})
        async with Listening(place.make(server), cursor) as listening:
            await listening.caught_up()
    # From the ids after the cursor to the last one, in their order.
    assert listening.ids == ids(place, place.pepe, *range(1_011, 3_345))


async def test_what_the_venue_no_longer_has_is_counted_and_named(place: Place) -> None:
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await server.sell(place.pepe)
        await server.sell(place.pepe, on_socket=False)
        for _ in range(2):
            await server.sell(place.pepe, on_socket=False, on_tape=False)
        await server.sell(place.pepe)
        await server.sell(place.pepe)
        await listening.until(lambda: len(listening.events) == 4)
    assert listening.ids == ids(place, place.pepe, 1000, 1001, 1004, 1005)
    assert [rejected.reason for rejected in listening.rejected] == [
        f"{place.source.name} no longer has 2 trades of {place.pepe}: ids 1002 to 1003"
    ]


async def test_rest_that_lags_behind_the_socket_is_asked_again() -> None:
    place = PLACES[0]
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await server.sell(place.pepe)
        await listening.until(lambda: len(listening.events) == 1)
        await server.sell(place.pepe, on_socket=False)
        late = await server.sell(place.pepe, on_socket=False, on_tape=False)
        await server.sell(place.pepe, on_tape=False)
        await listening.until(lambda: len(listening.events) == 2)
        server.tape[place.pepe].append(late)
        await listening.until(lambda: len(listening.events) == 4)
    assert listening.ids == ids(place, place.pepe, 1000, 1001, 1002, 1003)
    assert not listening.rejected


async def test_a_frame_that_is_no_frame_is_rejected_and_the_rest_goes_on(place: Place) -> None:
    broken = {
        "binance": '{"e":"trade","s":"PEPEUSDT","t":"x"}',
        "coinbase": '{"type":"match","trade_id":5,"product_id":"PEPE-USD"}',
        "kraken": '{"channel":"trade","type":"update","data":[{"symbol":"PEPE/USD"}]}',
    }[place.source.name]
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await server.tell(place.pepe, "{not json")
        await server.tell(place.pepe, broken)
        await server.tell(place.pepe, '["unheard of"]')
        await server.sell(place.pepe)
        await listening.until(lambda: len(listening.events) == 1)
    rejected = [rejected.value.decode() for rejected in listening.rejected]
    assert rejected[:2] == ["{not json", broken]
    assert set(rejected[2:]) <= {'["unheard of"]'}


async def test_a_price_of_zero_is_rejected(place: Place) -> None:
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await server.sell(place.pepe, "0.000")
        await server.sell(place.pepe, "0.001")
        await listening.until(lambda: len(listening.events) == 1)
    assert listening.ids == ids(place, place.pepe, 1001)
    assert len(listening.rejected) == 1


async def test_a_token_that_is_watched_is_followed_without_a_restart(place: Place) -> None:
    watch_list = WatchList()
    async with place.server() as server:
        source = place.source(surroundings(server.settings(), ("PEPE",), watch_list))
        async with Listening(source) as listening:
            await listening.caught_up()
            await server.sell(place.doge)
            watch_list.replace([WatchEntry(kind="token", value="doge")])
            await server.subscribed(place.doge)
            await server.sell(place.doge)
            await listening.until(lambda: ids(place, place.doge, 1001)[0] in listening.ids)
            watch_list.replace([])
            await listening.until(lambda: place.doge not in (listening.cursor or place.doge))
    assert server.connections <= 2


async def test_without_anything_to_follow_it_waits_for_the_watch_list(place: Place) -> None:
    watch_list = WatchList()
    async with place.server() as server:
        source = place.source(surroundings(server.settings(), (), watch_list))
        async with Listening(source) as listening:
            await listening.caught_up()
            await listening.until(lambda: Alive() in listening.heard)
            watch_list.replace([WatchEntry(kind="token", value="PEPE")])
            await server.subscribed(place.pepe)
            await server.sell(place.pepe)
            await listening.until(lambda: len(listening.events) == 1)


async def test_a_quiet_connection_gives_signs_of_life(place: Place) -> None:
    async with place.server() as server, Listening(place.make(server)) as listening:
        await listening.caught_up()
        await listening.until(lambda: sum(isinstance(h, Alive) for h in listening.heard) >= 3)
        assert not listening.events


async def test_the_venue_is_obeyed_when_it_asks_to_wait(place: Place) -> None:
    async with place.server() as server:
        server.refusals = 1
        async with Listening(place.make(server)) as listening:
            error = await listening.lost()
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_s == 7


async def test_a_venue_that_may_not_serve_this_place_says_what_to_do(place: Place) -> None:
    async with place.server() as server:
        server.refused_with = 451
        async with Listening(place.make(server)) as listening:
            error = await listening.lost()
    assert isinstance(error, AccessRefusedError)
    assert f"take {place.source.name} out of MEMEWATCH_EXCHANGES" in str(error)


async def test_a_venue_out_of_reach_is_a_failure(place: Place) -> None:
    async with place.server() as server:
        settings = server.settings()
    source = place.source(surroundings(settings))
    async with Listening(source) as listening:
        assert isinstance(await listening.lost(), ConnectionError)


async def test_one_pass_collects_from_the_cursor_to_now_and_ends(place: Place) -> None:
    now_ms = round(time.time() * 1000)
    async with place.server() as server:
        for number in range(5):
            await server.sell(place.pepe, time_ms=now_ms - 5000 + number)
        await server.sell(place.pepe, time_ms=now_ms + 60_000)
        source = place.make(server)
        first = [heard async for heard in source.catch_up(None, now_ms)]
        cursor = first[-1].cursor
        await server.sell(place.doge, time_ms=now_ms + 1)
        again = await all_of(source, source.catch_up(cursor, now_ms + 90_000))
    events = [e for heard in first if isinstance(heard, Payload) for e in read(source, heard)[0]]
    assert [e.id for e in events] == ids(place, place.pepe, *range(1000, 1005))
    assert sorted(e.id for e in again) == sorted(
        ids(place, place.pepe, 1005) + ids(place, place.doge, 1000)
    )


async def test_history_is_the_trades_of_that_time_with_their_ids(place: Place) -> None:
    begin_ms = 1_700_000_000_000
    async with place.server() as server:
        for symbol in (place.pepe, place.doge):
            for number in range(1_500):
                await server.sell(symbol, time_ms=begin_ms + number * 1000)
        source = place.make(server)
        end_ms = begin_ms + 1_300_000
        heard = [h async for h in source.history(begin_ms + 100_000, end_ms, None)]
        payloads = [h for h in heard if isinstance(h, Payload)]
        events = [e for payload in payloads for e in read(source, payload)[0]]
        resumed = await all_of(
            source, source.history(begin_ms + 100_000, end_ms, payloads[0].cursor)
        )
    assert [e.id for e in events] == (
        ids(place, place.doge, *range(1_100, 2_300)) + ids(place, place.pepe, *range(1_100, 2_300))
    )
    done = len(read(source, payloads[0])[0])
    assert [e.id for e in resumed] == [e.id for e in events[done:]]


async def test_history_may_be_candles(place: Place) -> None:
    now_ms = round(time.time() * 1000)
    first_ms = now_ms // 60_000 * 60_000 - 400 * 60_000
    async with place.server() as server:
        for number in range(400):
            row = ("0.00000001234", "0.00000002", "0.00000001", "0.000000015", "12.5")
            server.candles[place.pepe].append((first_ms + number * 60_000, *row))
        source = place.make(server, exchange_history="candles")
        begin_ms, end_ms = first_ms + 60_000 * 10, first_ms + 60_000 * 390
        heard = [h async for h in source.history(begin_ms, end_ms, None)]
        payloads = [h for h in heard if isinstance(h, Payload)]
        events = [e for payload in payloads for e in read(source, payload)[0]]
        resumed = await all_of(source, source.history(begin_ms, end_ms, payloads[0].cursor))
    candles = [event for event in events if isinstance(event, Tick)]
    # By their ends: from the one that ends at the beginning to the one that ends before the end.
    assert len(candles) == 380
    assert candles[0].id == f"{place.source.name}:{place.pepe}:1m:{begin_ms - 60_000}"
    assert candles[-1].id == f"{place.source.name}:{place.pepe}:1m:{end_ms - 120_000}"
    assert {candle.kind for candle in candles} == {"candle"}
    one = candles[0]
    assert [Decimal(text or "") for text in (one.open, one.high, one.low, one.price)] == [
        Decimal("0.00000001234"),
        Decimal("0.00000002"),
        Decimal("0.00000001"),
        Decimal("0.000000015"),
    ]
    assert (one.amount, one.interval_ms, one.quote) == ("12.5", 60_000, server.quote)
    assert [e.id for e in resumed] == [e.id for e in events[len(read(source, payloads[0])[0]) :]]


async def test_kraken_says_how_far_its_candles_reach() -> None:
    source = Kraken(surroundings({"exchange_history": "candles"}))
    with pytest.raises(NoHistoryError, match="MEMEWATCH_EXCHANGE_HISTORY"):
        await anext(aiter(source.history(1_700_000_000_000, 1_700_000_100_000, None)))


async def test_the_budget_is_told() -> None:
    told: list[tuple[float, float | None]] = []
    async with BinanceServer() as server:
        around = surroundings(server.settings())
        source = Binance(
            type(around)(
                settings=around.settings,
                clock=around.clock,
                tokens=around.tokens,
                budget=lambda remaining, limit: told.append((remaining, limit)),
            )
        )
        async with Listening(source) as listening:
            await listening.caught_up()
    assert told[0] == (5999.0, 6000.0)


def test_a_venue_that_is_not_named_is_off() -> None:
    settings = Settings(_env_file=None, exchanges=["kraken"])
    assert Kraken.off(settings) is None
    assert Binance.off(settings) == "add binance to MEMEWATCH_EXCHANGES to turn it on"


@pytest.mark.parametrize("kind", ["frames", "trades", "candles", "missing", "unheard of"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"market":1,"rows":[1]}', b"\xff", b"null"])
def test_a_payload_that_is_none_is_rejected(kind: str, body: bytes) -> None:
    source = Kraken(surroundings({}))
    payload = Payload(body=body, cursor="", kind=kind, received_ms=0)
    events, rejected = read(source, payload)
    assert not events
    assert len(rejected) == 1


async def test_markets_beyond_the_bound_are_left_out() -> None:
    watch_list = WatchList([WatchEntry(kind="token", value="DOGE")])
    async with BinanceServer(["PEPE/USDT", "DOGE/BTC", "DOGE/USDT", "BTC/USDT"]) as server:
        settings = server.settings() | {"exchange_markets": 2}
        async with Listening(Binance(surroundings(settings, watch_list=watch_list))) as listening:
            await server.subscribed("DOGE/USDT", "DOGE/BTC")
            await listening.caught_up()
    assert set(json.loads(listening.cursor or "")) == {"DOGE/USDT", "DOGE/BTC"}


async def test_a_slow_reader_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.live.venue_client._MOST_FRAMES", 10)
    async with place.server() as server:
        source = place.make(server)
        follow = source.follow(None)
        events: list[str] = []
        sold = 0
        async with asyncio.timeout(20):
            async for heard in follow:
                if isinstance(heard, Payload):
                    events += [event.id for event in read(source, heard)[0]]
                # More than is kept, before the reader asks again; the last one of a quiet market.
                for _ in range(30 if sold < 120 else 0):
                    sold += 1
                    await server.sell(place.doge if sold == 120 else place.pepe)
                    await asyncio.sleep(0)
                if len(events) >= 120:
                    break
        await close(follow)
    assert sorted(events) == ids(place, place.doge, 1000) + ids(
        place, place.pepe, *range(1000, 1119)
    )
