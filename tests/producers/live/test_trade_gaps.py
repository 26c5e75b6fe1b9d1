"""Tapes without gaps, whatever the socket does; and trades read as ccxt reads them."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memewatch.clock import ManualClock
from producers.live.base import Payload, Surroundings
from producers.live.exchanges import Binance
from producers.live.trade_gaps import Tape, read_positions
from producers.live.venue_client import Frame
from producers.live.venues import VENUES, Market, Position
from tests.producers.live.listening import read, surroundings
from tests.producers.live.servers.binance import BinanceServer
from tests.producers.live.servers.coinbase import CoinbaseServer
from tests.producers.live.servers.kraken import KrakenServer
from tests.producers.live.servers.venue import Sold

PEPE = Market("PEPEUSDT", "PEPEUSDT", "PEPE/USDT", "PEPE", "USDT")
DOGE = Market("DOGEUSDT", "DOGEUSDT", "DOGE/USDT", "DOGE", "USDT")
FIRST_MS = 1_700_000_000_000
AROUND: Surroundings = surroundings({})
#: Trades of both markets, as the server words them.
SERVER = BinanceServer()
FIRST, COUNT = 100, 40


def sold(number: int) -> Sold:
    return Sold(number, FIRST_MS + number, "0.5", "2", "buy")


async def rest(method: str, parameters: dict[str, Any]) -> Any:
    """A venue that has everything."""
    assert method == "publicGetHistoricalTrades"
    first = max(parameters["fromId"], FIRST)
    # ccxt keeps integers as text.
    return [
        {
            "id": str(number),
            "price": "0.5",
            "qty": "2",
            "time": str(FIRST_MS + number),
            "isBuyerMaker": False,
        }
        for number in range(first, FIRST + COUNT)
    ]


@st.composite
def socket_tapes(draw: st.DrawFn) -> list[tuple[Market, int]]:
    """What a bad socket tells: both markets' trades with holes, repetitions and in disorder."""
    told: list[tuple[Market, int]] = []
    for market in (PEPE, DOGE):
        numbers = range(FIRST + 1, FIRST + COUNT - 1)
        told += [(market, n) for n in draw(st.lists(st.sampled_from(numbers), max_size=30))]
    return draw(st.permutations(told))


@settings(max_examples=200, deadline=None)
@given(socket_tapes(), st.lists(st.integers(0, 60), max_size=6))
def test_each_trade_comes_once_and_in_order_however_the_socket_stutters(
    told: list[tuple[Market, int]], breaks: list[int]
) -> None:
    """After each break another process goes on from the cursor."""
    venue, source = VENUES["binance"], Binance(AROUND)
    clock = ManualClock(FIRST_MS)

    async def listen() -> list[str]:
        cursor = json.dumps({m.symbol: [FIRST, FIRST_MS + FIRST] for m in (PEPE, DOGE)})
        ids: list[str] = []

        async def keep(payload: Payload) -> None:
            events, rejected = read(source, payload)
            ids.extend(event.id for event in events)
            assert not rejected

        cuts = sorted({0, len(told), *(at for at in breaks if at < len(told))})
        for begin, end in itertools.pairwise(cuts):
            tape = Tape("binance", venue, rest, clock, cursor)
            tape.record([PEPE, DOGE])
            frames = []
            for market, number in told[begin:end]:
                text = SERVER.frame(market.symbol, sold(number))
                frames.append(Frame(text, venue.trades(json.loads(text))))
            async for payload in tape.take(frames):
                await keep(payload)
            cursor = tape.cursor
        # One more trade of each, so that nothing is missing at the end.
        tape = Tape("binance", venue, rest, clock, cursor)
        tape.record([PEPE, DOGE])
        for market in (PEPE, DOGE):
            text = SERVER.frame(market.symbol, sold(FIRST + COUNT - 1))
            async for payload in tape.take([Frame(text, venue.trades(json.loads(text)))]):
                await keep(payload)
        return ids

    ids = asyncio.run(listen())
    for market in (PEPE, DOGE):
        assert [heard for heard in ids if market.symbol in heard] == [
            f"binance:{market.symbol}:{number}" for number in range(FIRST + 1, FIRST + COUNT)
        ]


async def test_a_gap_within_one_frame_is_filled() -> None:
    market = Market("PEPE/USD", "PEPEUSD", "PEPE/USD", "PEPE", "USD")
    venue, kraken = VENUES["kraken"], KrakenServer()

    async def kraken_rest(method: str, parameters: dict[str, Any]) -> Any:
        assert (method, parameters["pair"]) == ("publicGetTrades", "PEPEUSD")
        rows = [["0.5", "2", f"17000{n:05}.5", "b", "m", "", str(n)] for n in range(11, 16)]
        return {"error": [], "result": {"PEPEUSD": rows, "last": "17"}}

    tape = Tape("kraken", venue, kraken_rest, ManualClock(), json.dumps({"PEPE/USD": [10, 5]}))
    tape.record([market])
    frames = [kraken.frame("PEPE/USD", sold(number)) for number in (11, 15)]
    data = [json.loads(frame, parse_float=str)["data"][0] for frame in frames]
    text = json.dumps({"channel": "trade", "type": "update", "data": data})
    payloads = [p async for p in tape.take([Frame(text, venue.trades(json.loads(text)))])]
    assert tape.position(market).number == 15
    bodies = [json.loads(payload.body) for payload in payloads]
    assert [payload.kind for payload in payloads] == ["trades", "frames"]
    assert bodies[1]["after"] == {"PEPE/USD": 14}
    assert [row[6] for row in bodies[0]["rows"]] == ["11", "12", "13", "14"]


def test_a_cursor_that_is_none_is_refused() -> None:
    assert read_positions(None) == {}
    assert read_positions('{"A/B":[1,2]}') == {"A/B": Position(1, 2)}
    for cursor in ("[]", '{"A/B":5}', "{"):
        with pytest.raises(ValueError, match="no cursor of trades"):
            read_positions(cursor)


@pytest.mark.parametrize("server", [BinanceServer, CoinbaseServer, KrakenServer])
@pytest.mark.parametrize("side", ["buy", "sell"])
async def test_trades_are_read_as_ccxt_reads_them(server: type[Any], side: str) -> None:
    """Where ccxt follows the venue's documentation: it takes Coinbase's maker for the taker on the
    socket, and for what it is in REST.
    """
    import ccxt.pro

    place = server()
    venue = VENUES[place.name]
    symbol = f"PEPE/{place.quote}"
    exchange = getattr(ccxt.pro, venue.ccxt_name)()
    exchange.number = str
    exchange.set_markets(
        [{"id": "PEPE", "symbol": symbol, "spot": True, "base": "PEPE", "quote": place.quote}]
    )
    market = exchange.market(symbol)
    trade = Sold(77, FIRST_MS + 5, "0.00000001234", "123456789.123456789", side)  # type: ignore[arg-type]
    message = json.loads(place.frame(symbol, trade), parse_float=str)
    [ours] = venue.trades(message)
    row = message["data"][0] if place.name == "kraken" else message
    if place.name == "coinbase":
        row = {k: v for k, v in row.items() if k not in ("maker_order_id", "taker_order_id")}
    theirs = exchange.parse_trade(row, market)
    assert (str(ours.number), ours.time_ms) == (theirs["id"], theirs["timestamp"])
    assert (ours.price, ours.amount) == (theirs["price"], theirs["amount"])
    assert ours.side == theirs["side"] == side
