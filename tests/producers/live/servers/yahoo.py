"""Yahoo Finance: the socket of quotes in protobuf, and the chart's one-minute candles."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web
from yfinance.pricing_pb2 import PricingData

from tests.producers.live.servers.site import Site

_DEADLINE_S = 10.0


class YahooServer(Site):
    """``candles`` are rows by symbol: opening in ms, open, high, low, close, volume."""

    def __init__(self) -> None:
        super().__init__()
        self.candles: dict[str, list[tuple[int, float, float, float, float, float]]] = defaultdict(
            list
        )
        #: How many of the next requests for candles are answered by 429.
        self.refusals = 0
        self.symbols: set[str] = set()
        self._sockets: list[web.WebSocketResponse] = []
        self._changed = asyncio.Event()

    def settings(self) -> dict[str, Any]:
        """What points the source here."""
        return {
            "yahoo_url": self.url,
            "yahoo_stream_url": self.url.replace("http", "ws", 1) + "/?version=2",
            "yahoo_symbols": ["DOGE-USD", "PEPE24478-USD"],
        }

    async def feed(self, count: int = 3) -> None:
        """A few quotes of every symbol, now, as soon as somebody subscribes."""
        await self.until(lambda: bool(self.symbols))
        begin_ms = round(time.time() * 1000) - count
        for number in range(count):
            for symbol in sorted(self.symbols):
                await self.quote(symbol, 0.25 + number, begin_ms + number)

    async def quote(self, symbol: str, price: float, time_ms: int) -> None:
        """One quote for whoever listens."""
        data = PricingData(
            id=symbol,
            price=price,
            time=time_ms,
            currency="USD",
            exchange="CCC",
            quote_type=41,
            market_hours=1,
            change_percent=-1.5,
            day_volume=12_345,
            from_currency=symbol.split("-")[0],
        )
        message = base64.b64encode(data.SerializeToString()).decode()
        await self.tell(json.dumps({"type": "pricing", "message": message}))

    async def tell(self, text: str) -> None:
        """Send a frame as it is."""
        for socket in self._sockets:
            if not socket.closed:
                await socket.send_str(text)

    async def drop(self, *, politely: bool = False) -> None:
        """Every connection ends: with a close frame, or without a word."""
        for socket in self._sockets:
            transport = socket._req.transport if socket._req is not None else None
            if politely:
                await socket.close()
            elif transport is not None:
                transport.abort()
        self._sockets.clear()
        self.symbols.clear()

    async def subscribed(self, *symbols: str) -> None:
        """Wait until somebody listens to these."""
        await self.until(lambda: set(symbols) <= self.symbols)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that happens here."""
        async with asyncio.timeout(_DEADLINE_S):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    async def respond(self, request: web.Request) -> web.StreamResponse:
        self._changed.set()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        if request.path == "/v1/test/getcrumb":
            return web.Response(text="c.rumb")
        if request.path.startswith("/v8/finance/chart/"):
            if self.refusals:
                self.refusals -= 1
                return web.Response(status=429, text="Too Many Requests")
            return self._chart(request.path.rpartition("/")[2], request)
        return web.Response(text="")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.symbols.update(message.json().get("subscribe", []))
                self._changed.set()
        return socket

    def _chart(self, symbol: str, request: web.Request) -> web.Response:
        begin = int(request.query.get("period1", "0")) * 1000
        end = int(request.query.get("period2", str(10**10))) * 1000
        rows = [row for row in self.candles[symbol] if begin <= row[0] < end]
        if end - begin > 8 * 86_400_000 and "period1" in request.query:
            error = {"code": "Unprocessable Entity", "description": "Only 8 days worth of 1m data"}
            return web.json_response({"chart": {"result": None, "error": error}}, status=422)
        columns = ("open", "high", "low", "close", "volume")
        result = {
            "meta": {
                "currency": "USD",
                "symbol": symbol,
                "exchangeName": "CCC",
                "instrumentType": "CRYPTOCURRENCY",
                "firstTradeDate": 1_410_912_000,
                "regularMarketTime": round(time.time()),
                "hasPrePostMarketData": False,
                "gmtoffset": 0,
                "timezone": "UTC",
                "exchangeTimezoneName": "UTC",
                "regularMarketPrice": 0.25,
                "priceHint": 6,
                "dataGranularity": "1m",
                "range": "",
                "validRanges": ["1d", "5d", "1mo", "max"],
            },
            "timestamp": [row[0] // 1000 for row in rows],
            "indicators": {
                "quote": [
                    {name: [row[1 + at] for row in rows] for at, name in enumerate(columns)}
                    if rows
                    else {}
                ]
            },
        }
        if not rows:
            del result["timestamp"]
        return web.json_response({"chart": {"result": [result], "error": None}})
