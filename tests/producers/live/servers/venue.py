"""What the exchanges' servers have in common: a tape of trades, sockets, and what can go wrong."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal, NamedTuple

from aiohttp import WSMsgType, web

from tests.producers.live.servers.site import Site

_DEADLINE_S = 10.0


class Sold(NamedTuple):
    """One trade as the venue knows it; ``side`` is the taker's."""

    number: int
    time_ms: int
    price: str
    amount: str
    side: Literal["buy", "sell"]


class VenueServer(Site):
    """One venue. ``markets`` are its symbols, and ``tape`` all trades REST still has of each."""

    #: What trades are for, unless markets are given.
    quote: ClassVar[str]
    name: ClassVar[str]

    def __init__(self, markets: Iterable[str] = (), first_number: int = 1_000) -> None:
        super().__init__()
        self.markets = list(markets) or [f"PEPE/{self.quote}", f"DOGE/{self.quote}"]
        self.tape: dict[str, list[Sold]] = {symbol: [] for symbol in self.markets}
        self.next_number = dict.fromkeys(self.markets, first_number)
        #: One-minute candles by symbol: opening in ms, open, high, low, close, volume.
        self.candles: dict[str, list[tuple[int, str, str, str, str, str]]] = defaultdict(list)
        #: How many of the next REST requests are answered by 429.
        self.refusals = 0
        #: What REST answers instead: 451 is said to those who live where the venue may not serve.
        self.refused_with: int | None = None
        self.connections = 0
        self._sockets: list[web.WebSocketResponse] = []
        self._subscribers: dict[str, list[web.WebSocketResponse]] = defaultdict(list)
        self._last_frame = ""
        self._changed = asyncio.Event()

    def settings(self) -> dict[str, Any]:
        """What points the source here."""
        return {
            f"{self.name}_url": self.url,
            f"{self.name}_stream_url": self.url.replace("http", "ws", 1),
        }

    async def feed(self, count: int = 3) -> None:
        """A few trades of every market, now."""
        for _ in range(count):
            for symbol in self.markets:
                await self.sell(symbol)

    async def sell(
        self,
        symbol: str,
        price: str = "0.00001234",
        amount: str = "1000.5",
        side: Literal["buy", "sell"] = "buy",
        *,
        time_ms: int | None = None,
        on_socket: bool = True,
        on_tape: bool = True,
    ) -> Sold:
        """One trade, told to whoever subscribed and kept for REST, unless one shall be missing."""
        number = self.next_number[symbol]
        self.next_number[symbol] = number + 1
        moment = round(time.time() * 1000) if time_ms is None else time_ms
        sold = Sold(number, moment, price, amount, side)
        if on_tape:
            self.tape[symbol].append(sold)
        if on_socket:
            await self.tell(symbol, self.frame(symbol, sold))
        return sold

    async def tell(self, symbol: str, text: str) -> None:
        """Send a frame to a market's subscribers."""
        self._last_frame = text
        for socket in self._subscribers[symbol]:
            if not socket.closed:
                await socket.send_str(text)

    async def repeat(self, symbol: str) -> None:
        """The last frame once more."""
        await self.tell(symbol, self._last_frame)

    async def drop(self) -> None:
        """Every connection breaks, without a word."""
        for socket in self._sockets:
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()
        self._sockets.clear()
        self._subscribers.clear()

    async def subscribed(self, *symbols: str) -> None:
        """Wait until somebody listens to these markets."""
        await self.until(lambda: all(self._subscribers[symbol] for symbol in symbols))

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
        if self.refusals:
            self.refusals -= 1
            return web.json_response(
                {"msg": "Too many requests"}, status=429, headers={"Retry-After": "7"}
            )
        if self.refused_with is not None:
            word = "Service unavailable from a restricted location"
            return web.json_response({"code": 0, "msg": word}, status=self.refused_with)
        return self.rest(request)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self._sockets.append(socket)
        await self.greet(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self.hear(socket, message.json())
                self._changed.set()
        return socket

    def subscribe(self, symbol: str, socket: web.WebSocketResponse) -> None:
        self._subscribers[symbol].append(socket)

    async def greet(self, socket: web.WebSocketResponse) -> None:
        """What the venue says first."""

    @abstractmethod
    def rest(self, request: web.Request) -> web.Response:
        """Answer a REST request."""

    @abstractmethod
    async def hear(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        """Answer a message on the socket."""

    @abstractmethod
    def frame(self, symbol: str, sold: Sold) -> str:
        """A trade as the socket tells it."""
