"""One connection to an exchange by ccxt: it subscribes, pings and signs; we hear every frame.

ccxt decodes numbers through floats, keeps only the newest trades of a market, hides what it cannot
read, and answers a lost connection by silence until it is asked again. So its clients are tapped:
each frame is taken as it was sent, before ccxt sees it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import deque
from collections.abc import Callable, Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, NamedTuple

from memewatch.clock import Clock
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import USER_AGENT, retry_after_s
from producers.live.venues import Market, RawTrade, Venue

log = logging.getLogger(__name__)

#: What is no trade is one of these when it is read.
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, ArithmeticError)
#: Frames kept for a slow reader. Later ones are dropped and asked for by REST.
_MOST_FRAMES = 20_000
#: Frames handed out at a time.
_BATCH = 500
_PING_MS = 2_000
#: A connection is given up after so many pings without an answer.
_MISSED_PONGS = 8
_CONFIRMING_S = 10.0
#: How ccxt words it when a venue may not serve somebody where we are.
_REFUSED = re.compile(r"\bGET \S+ (403|451) ")
_TELLING_S = 3.0


class Frame(NamedTuple):
    """``text`` as the venue sent it; ``trades`` is None when it cannot be read."""

    text: str
    trades: list[RawTrade] | None


class VenueClient:
    """An ``async with`` block's connection. Everything raises when the connection is lost.

    Raises:
        RateLimitedError: the venue asks to wait.
        AccessRefusedError: it refuses.
        ConnectionError: everything else.
    """

    def __init__(
        self,
        name: str,
        venue: Venue,
        clock: Clock,
        budget: Callable[[float, float | None], None],
        *,
        rest_url: str,
        stream_url: str,
    ) -> None:
        self._name = name
        self._venue = venue
        self._clock = clock
        self._budget = budget
        self._urls = venue.urls(rest_url.rstrip("/"), stream_url.rstrip("/"))
        self._exchange: Any = None
        self._errors: Any = None
        self._frames: deque[Frame] = deque()
        self._dropped: set[str] = set()
        self._something = asyncio.Event()
        self._failure: Exception | None = None
        self._watching: set[asyncio.Task[Any]] = set()
        self._asked = 0
        self._confirmed = 0
        self._heard_ms = 0
        #: Markets of which a trade came, by their key.
        self.told: set[str] = set()

    async def __aenter__(self) -> VenueClient:
        # A hundred modules: seconds, in which everything else goes on.
        ccxt = await asyncio.to_thread(import_module, "ccxt.pro")
        self._errors = import_module("ccxt.base.errors")
        self._exchange = getattr(ccxt, self._venue.ccxt_name)(
            {
                "enableRateLimit": True,
                "rateLimit": self._venue.pace_ms,
                "aiohttp_trust_env": True,
                "timeout_on_exit": 0,
                # Names of assets are in the markets; the list of them is one more request.
                "has": {"fetchCurrencies": False},
                "userAgent": USER_AGENT,
                "urls": {"api": self._urls},
                "options": {
                    "ws": {"keepAlive": _PING_MS, "maxPingPongMisses": _MISSED_PONGS},
                    **self._venue.ccxt_options,
                },
            }
        )
        self._venue.prepare(self._exchange)
        make = self._exchange.client
        self._exchange.client = lambda url: self._tapped(make(url))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._exchange.close()

    async def load_markets(self, known: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
        """All markets in ccxt's form, asked of the venue unless they are ``known``."""
        exchange = self._exchange
        # ccxt computes with the numbers in markets; all others it shall hand through as written.
        exchange.number = float
        if known is None:
            parameters = dict(self._venue.market_parameters)
            answer = exchange.load_markets(bool(exchange.markets), parameters)
            known = list((await self._asking(answer)).values())
        elif not exchange.markets:
            exchange.set_markets(known)
        exchange.number = str
        return known

    async def rest(self, method: str, parameters: dict[str, Any]) -> Any:
        """The decoded answer of a public endpoint."""
        return await self._asking(getattr(self._exchange, method)(parameters))

    async def candles(self, market: Market, since_ms: int, limit: int) -> list[list[Any]]:
        """One-minute candles from ``since_ms``: opening time in ms, then decimal strings."""
        rows: list[list[Any]] = await self._asking(
            self._exchange.fetch_ohlcv(market.symbol, "1m", since_ms, limit)
        )
        return rows

    def watch(self, markets: Sequence[Market]) -> None:
        """Subscribe to the trades of further markets."""
        if not markets:
            return
        self._asked += len(markets)
        symbols = [market.symbol for market in markets]
        task = asyncio.ensure_future(
            self._exchange.watch_trades_for_symbols(
                symbols, None, None, dict(self._venue.watch_parameters)
            )
        )
        self._watching.add(task)
        # ccxt never sees a trade, so this ends with the connection only.
        task.add_done_callback(self._watch_ended)

    async def settle(self, told: frozenset[str]) -> None:
        """Wait until every subscription is confirmed, and for a first trade of these markets.

        A venue that tells the last trades does so at once; one without any trade tells nothing.
        """
        try:
            async with asyncio.timeout(_CONFIRMING_S):
                await self._until(lambda: self._confirmed >= self._asked)
        except TimeoutError:
            raise ConnectionError(f"{self._name} does not confirm subscriptions") from None
        try:
            async with asyncio.timeout(_TELLING_S):
                await self._until(lambda: told <= self.told)
        except TimeoutError:
            log.debug("%s told nothing of %s", self._name, sorted(told - self.told))

    @property
    def alive_ms(self) -> int:
        """When the venue last said anything on the socket, a pong included; 0 when never."""
        pongs = [client.lastPong or 0 for client in (self._exchange.clients or {}).values()]
        return max([self._heard_ms, *pongs])

    async def heard(self, patience_s: float) -> list[Frame]:
        """The frames that came, in their order; none when ``patience_s`` passed without any."""
        try:
            async with asyncio.timeout(patience_s):
                await self._until(lambda: bool(self._frames))
        except TimeoutError:
            return []
        return [self._frames.popleft() for _ in range(min(_BATCH, len(self._frames)))]

    def waiting(self) -> list[Frame]:
        """The frames that came so far."""
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def dropped(self) -> set[str]:
        """Markets of which frames were dropped since this was last asked, by their key."""
        dropped, self._dropped = self._dropped, set()
        return dropped

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            if self._failure is not None:
                raise self._translated(self._failure) from self._failure
            self._something.clear()
            await self._something.wait()

    def _tapped(self, client: Any) -> Any:
        if getattr(client, "is_tapped", False):
            return client
        client.is_tapped = True
        client.handle_text_or_binary_message = lambda data: self._hear(client, data)
        make = client.future

        def future(message_hash: str) -> Any:
            made = make(message_hash)
            # Of a hundred markets' futures ccxt looks at one; asyncio would complain of the rest.
            made.add_done_callback(lambda done: done.cancelled() or done.exception())
            return made

        client.future = future
        return client

    def _hear(self, client: Any, data: str | bytes) -> None:
        """Take a frame. ccxt's loop would end for good at an exception, so none leaves here."""
        self._heard_ms = self._clock.now_ms()
        self._something.set()
        text = data.decode(errors="replace") if isinstance(data, bytes) else data
        try:
            message = json.loads(text, parse_float=str)
        except ValueError:
            self._keep(Frame(text, None))
            return
        if self._venue.is_trades(message):
            try:
                trades = self._venue.trades(message)
            except UNREADABLE:
                self._keep(Frame(text, None))
                return
            self.told.update(trade.key for trade in trades)
            self._keep(Frame(text, trades))
            return
        self._confirmed += self._venue.confirmed(message, self._asked)
        if isinstance(message, dict) and message.get("error"):
            log.warning("%s refuses a subscription: %.300s", self._name, text)
        try:
            self._exchange.handle_message(client, message)
        except self._errors.BaseError as error:
            self._fail(error)
        except Exception:
            self._keep(Frame(text, None))

    def _keep(self, frame: Frame) -> None:
        if len(self._frames) < _MOST_FRAMES:
            self._frames.append(frame)
            return
        if not self._dropped:
            log.warning(
                "%s sends more than can be published: what is dropped is asked for again",
                self._name,
            )
        self._dropped.update(trade.key for trade in frame.trades or ())

    def _watch_ended(self, task: asyncio.Task[Any]) -> None:
        self._watching.discard(task)
        if not task.cancelled():
            self._fail(task.exception() or ConnectionError("the subscription ended"))

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error if isinstance(error, Exception) else ConnectionError(str(error))
        self._something.set()

    async def _asking(self, answer: Any) -> Any:
        try:
            return await answer
        except self._errors.BaseError as error:
            raise self._translated(error) from error
        finally:
            self._note_budget()

    def _note_budget(self) -> None:
        if self._venue.weight_header is None:
            return
        try:
            used = float(self._headers()[self._venue.weight_header])
        except (KeyError, ValueError):
            return
        limit = self._venue.weight_limit
        self._budget(max(limit - used, 0.0), limit)

    def _headers(self) -> dict[str, str]:
        headers = self._exchange.last_response_headers or {}
        return {name.lower(): str(value) for name, value in headers.items()}

    def _translated(self, error: Exception) -> Exception:
        reason = f"{self._name}: {error!s:.300}"
        if isinstance(error, self._errors.RateLimitExceeded | self._errors.DDoSProtection):
            return RateLimitedError(reason, retry_after_s(self._headers(), self._clock.now_ms()))
        if isinstance(error, self._errors.AuthenticationError) or _REFUSED.search(str(error)):
            name = self._name.upper()
            return AccessRefusedError(
                f"{reason} - take {self._name} out of MEMEWATCH_EXCHANGES, or name an address "
                f"that serves this place in MEMEWATCH_{name}_URL and MEMEWATCH_{name}_STREAM_URL"
            )
        return ConnectionError(reason)
