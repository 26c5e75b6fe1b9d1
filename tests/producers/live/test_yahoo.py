"""Yahoo: quotes as yfinance decodes them, and candles where there was no connection."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yfinance

from memewatch.clock import SystemClock
from producers.live.base import Alive, CaughtUp, NoHistoryError, Payload, RateLimitedError
from producers.live.yahoo import Yahoo
from producers.watch_list import WatchList
from schemas.events import Tick
from schemas.times import parse_rfc3339
from schemas.watch import WatchEntry
from tests.producers.live.listening import Listening, all_of, read, surroundings
from tests.producers.live.servers.yahoo import YahooServer

MINUTE_MS = 60_000


class Ahead(SystemClock):
    """The machine's clock, and as much later as a test says."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


CLOCK = Ahead()


def yahoo(settings: dict[str, Any], watch_list: WatchList | None = None) -> Yahoo:
    around = surroundings(settings, watch_list=watch_list)
    return Yahoo(dataclasses.replace(around, clock=CLOCK))


@pytest.fixture(autouse=True)
def own_cache_and_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yfinance.set_tz_cache_location(str(tmp_path))
    monkeypatch.setattr("producers.live.yahoo._PATIENCE_S", 0.2)
    # The middle of a minute, so that none ends within a test.
    CLOCK.ahead_ms = 0
    CLOCK.ahead_ms = 30_000 - CLOCK.now_ms() % MINUTE_MS


def minute_ago(minutes: int) -> int:
    return CLOCK.now_ms() // MINUTE_MS * MINUTE_MS - minutes * MINUTE_MS


async def test_a_quote_has_the_digits_of_its_float_and_the_time_of_its_frame() -> None:
    async with YahooServer() as server, Listening(yahoo(server.settings())) as heard:
        await heard.caught_up()
        await server.subscribed("DOGE-USD", "PEPE24478-USD")
        now_ms = CLOCK.now_ms()
        await server.quote("PEPE24478-USD", 0.00001234, now_ms)
        await heard.until(lambda: len(heard.events) == 1)
    [quote] = heard.events
    assert isinstance(quote, Tick)
    assert quote.id == f"yahoo:PEPE24478-USD:{now_ms}"
    assert (quote.token, quote.symbol, quote.quote) == ("PEPE", "PEPE", "USD")
    assert (quote.kind, quote.price, quote.amount, quote.side) == (
        "quote",
        "0.00001234",
        None,
        None,
    )
    assert parse_rfc3339(quote.event_time) == now_ms
    assert heard.cursor == str(now_ms)


@pytest.mark.parametrize("politely", [False, True])
async def test_whole_minutes_without_a_connection_become_candles(politely: bool) -> None:
    async with YahooServer() as server:
        source = yahoo(server.settings())
        async with Listening(source) as before:
            await before.caught_up()
            await server.subscribed("DOGE-USD")
            await server.quote("DOGE-USD", 0.25, minute_ago(4) + 30_000)
            await before.until(lambda: len(before.events) == 1)
            await server.drop(politely=politely)
            assert isinstance(await before.lost(), ConnectionError)
        for minutes in range(8, -1, -1):
            for symbol in ("DOGE-USD", "PEPE24478-USD"):
                server.candles[symbol].append((minute_ago(minutes), 0.25, 0.3, 0.2, 0.26, 0.0))
        cursor = str(minute_ago(4) + 30_000)
        async with Listening(yahoo(server.settings()), cursor) as after:
            await after.caught_up()
            await server.subscribed("DOGE-USD")
            await server.quote("DOGE-USD", 0.27, CLOCK.now_ms())
            await after.until(lambda: after.events[-1:] != [] and len(after.events) == 9)
    candles = [e for e in after.events if isinstance(e, Tick) and e.kind == "candle"]
    # The minute in which the last quote fell, and all that are over since.
    assert [candle.id for candle in candles] == [
        f"yahoo:{symbol}:1m:{minute_ago(minutes)}"
        for symbol in ("DOGE-USD", "PEPE24478-USD")
        for minutes in (4, 3, 2, 1)
    ]
    assert {(c.open, c.high, c.low, c.price, c.amount) for c in candles} == {
        ("0.25", "0.3", "0.2", "0.26", "0.0")
    }
    filled = next(n for n, item in enumerate(after.heard) if isinstance(item, CaughtUp))
    assert {item.cursor for item in after.heard[:filled]} == {cursor}
    assert int(after.heard[filled].cursor or 0) == minute_ago(0)


async def test_the_minute_in_which_a_gap_ends_gets_its_candle_when_it_is_over() -> None:
    ends_ms = minute_ago(0) + MINUTE_MS
    async with YahooServer() as server:
        source = yahoo(server.settings())
        cursor = str(ends_ms - MINUTE_MS - 20_000)
        async with Listening(source, cursor) as heard:
            await heard.caught_up()
            await server.subscribed("DOGE-USD")
            await server.quote("DOGE-USD", 0.5, ends_ms - MINUTE_MS + 30_000)
            await heard.until(lambda: len(heard.events) == 1)
            # Killed now, another process must still ask for this minute.
            assert heard.cursor == str(ends_ms - MINUTE_MS)
            server.candles["DOGE-USD"].append((ends_ms - MINUTE_MS, 0.25, 0.5, 0.25, 0.5, 3.0))
            CLOCK.ahead_ms += 2 * MINUTE_MS
            await heard.until(lambda: heard.cursor == str(ends_ms))
    assert heard.ids[1:] == [f"yahoo:DOGE-USD:1m:{ends_ms - MINUTE_MS}"]


async def test_a_watched_symbol_is_followed_without_a_restart() -> None:
    watch_list = WatchList()
    async with YahooServer() as server:
        source = yahoo(server.settings(), watch_list)
        async with Listening(source) as heard:
            await heard.caught_up()
            watch_list.replace([WatchEntry(kind="token", value="WIF", source="yahoo")])
            await server.subscribed("WIF-USD", "DOGE-USD")
            await server.quote("WIF-USD", 1.5, 1_795_000_000_000)
            await heard.until(lambda: heard.ids == ["yahoo:WIF-USD:1795000000000"])


async def test_a_frame_that_is_no_quote_is_rejected_and_the_rest_goes_on() -> None:
    bad = [
        "{not json",
        '{"type":"pricing","message":"!"}',
        '{"type":"pricing","message":"/////w=="}',
        '{"type":"pricing","message":""}',
        "[]",
    ]
    async with YahooServer() as server, Listening(yahoo(server.settings())) as heard:
        await heard.caught_up()
        await server.subscribed("DOGE-USD")
        for text in bad:
            await server.tell(text)
        await server.tell('{"type":"hello"}')
        await server.quote("DOGE-USD", 0.0, 1_795_000_000_000)
        now_ms = CLOCK.now_ms()
        await server.quote("DOGE-USD", 0.5, now_ms)
        # From a clock that is wrong.
        await server.quote("DOGE-USD", 0.5, now_ms + 3_600_000)
        await heard.until(lambda: len(heard.events) == 2)
    rejected = [item.value.decode() for item in heard.rejected]
    assert "{not json" in rejected
    assert len(rejected) == len(bad) + 1 - ("[]" not in rejected)
    assert now_ms <= int(heard.cursor or 0) < now_ms + 60_000


async def test_a_quiet_connection_gives_signs_of_life() -> None:
    async with YahooServer() as server, Listening(yahoo(server.settings())) as heard:
        await heard.until(lambda: Alive() in heard.heard)


async def test_history_is_candles_a_week_at_a_time() -> None:
    begin_ms = minute_ago(10 * 1440)
    async with YahooServer() as server:
        for symbol in ("DOGE-USD", "PEPE24478-USD"):
            server.candles[symbol] = [
                (begin_ms + number * 3_600_000, 1e-05, 1.25e-05, 9.5e-06, 1.1e-05, 1234.0)
                for number in range(240)
            ]
        source = yahoo(server.settings())
        end_ms = begin_ms + 9 * 86_400_000
        heard = [item async for item in source.history(begin_ms + MINUTE_MS, end_ms, None)]
        payloads = [item for item in heard if isinstance(item, Payload)]
        events = [event for payload in payloads for event in read(source, payload)[0]]
        rest = await all_of(
            source, source.history(begin_ms + MINUTE_MS, end_ms, payloads[0].cursor)
        )
    assert len(payloads) == 4
    assert [event.id for event in events] == [
        f"yahoo:{symbol}:1m:{begin_ms + number * 3_600_000}"
        for symbol in ("DOGE-USD", "PEPE24478-USD")
        for number in range(216)
    ]
    candle = events[0]
    assert isinstance(candle, Tick)
    assert (candle.open, candle.high, candle.low, candle.price, candle.amount) == (
        "0.00001",
        "0.0000125",
        "0.0000095",
        "0.000011",
        "1234.0",
    )
    assert (candle.kind, candle.interval_ms, candle.quote) == ("candle", MINUTE_MS, "USD")
    assert rest == events[len(read(source, payloads[0])[0]) :]


async def test_what_is_older_than_a_month_cannot_be_asked_for() -> None:
    source = yahoo({})
    with pytest.raises(NoHistoryError, match="30 days"):
        await anext(aiter(source.history(1_700_000_000_000, 1_700_000_100_000, None)))


async def test_one_pass_collects_candles_and_ends() -> None:
    async with YahooServer() as server:
        server.candles["DOGE-USD"] = [(minute_ago(n), 1.0, 1.0, 1.0, 1.0, 5.0) for n in (5, 4, 3)]
        source = yahoo(server.settings())
        now_ms = CLOCK.now_ms()
        heard = [item async for item in source.catch_up(str(minute_ago(4)), now_ms)]
    events = [e for item in heard if isinstance(item, Payload) for e in read(source, item)[0]]
    assert [e.id for e in events] == [f"yahoo:DOGE-USD:1m:{minute_ago(n)}" for n in (4, 3)]
    assert heard[-1] == Alive(str(now_ms // MINUTE_MS * MINUTE_MS))


async def test_yahoo_is_left_alone_when_it_refuses() -> None:
    async with YahooServer() as server:
        server.refusals = 100
        source = yahoo(server.settings())
        with pytest.raises(RateLimitedError):
            await all_of(source, source.catch_up(None, CLOCK.now_ms()))


async def test_a_server_out_of_reach_is_a_failure() -> None:
    async with YahooServer() as server:
        settings = server.settings()
    async with Listening(yahoo(settings)) as heard:
        assert isinstance(await heard.lost(), OSError)


@pytest.mark.parametrize("kind", ["quote", "candles"])
@pytest.mark.parametrize("body", [b"", b"{}", b'{"symbol":1,"rows":[[1]]}', b"\xff", b"null", b"7"])
def test_a_payload_that_is_none_gives_no_event(kind: str, body: bytes) -> None:
    payload = Payload(body=body, cursor="", kind=kind, received_ms=0)
    assert read(yahoo({}), payload)[0] == []


def test_a_candle_with_a_hole_is_rejected_alone() -> None:
    rows = [[1_795_000_000_000, 1, 2, 1, 1.5, 3], [1_795_000_060_000, float("nan"), 2, 1, 1, 0]]
    body = json.dumps({"symbol": "DOGE-USD", "rows": rows}).encode()
    payload = Payload(body=body, cursor="", kind="candles", received_ms=0)
    events, rejected = read(yahoo({}), payload)
    assert (len(events), len(rejected)) == (1, 1)


def test_without_a_symbol_it_is_off() -> None:
    assert Yahoo.off(surroundings({}).settings) is None
    assert "MEMEWATCH_YAHOO_SYMBOLS" in (
        Yahoo.off(surroundings({"yahoo_symbols": []}).settings) or ""
    )
