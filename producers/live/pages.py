"""Reading other people's sites with manners: one request at a time, not too fast, where allowed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from urllib.parse import urljoin

from memewatch.clock import Clock
from producers.live.http import Answer, HttpClient, origin_of
from producers.live.public_hosts import ForbiddenLinkError, PublicResolver, check_link
from producers.live.robots import Robots

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT_HOSTS = 512


class Manners:
    """What outlives one round: when each host was asked last, and what its robots.txt says."""

    def __init__(self, clock: Clock, delay_s: float) -> None:
        self.robots = Robots(clock)
        self._clock = clock
        self._delay_s = delay_s
        self._turns: OrderedDict[str, asyncio.Lock] = OrderedDict()
        self._asked_ms: dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait until nobody else asks this host, and long enough since the last time."""
        host = origin_of(url)
        lock = self._turns.setdefault(host, asyncio.Lock())
        self._turns.move_to_end(host)
        async with lock:
            delay_ms = 1000 * max(self._delay_s, self.robots.delay_s(url))
            wait_ms = self._asked_ms.get(host, 0) + delay_ms - self._clock.now_ms()
            if wait_ms > 0:
                await self._clock.sleep(wait_ms / 1000)
            try:
                yield
            finally:
                self._asked_ms[host] = self._clock.now_ms()
                self._forget()

    def _forget(self) -> None:
        while len(self._turns) > _KEPT_HOSTS:
            host, lock = next(iter(self._turns.items()))
            if lock.locked():
                return
            del self._turns[host]
            self._asked_ms.pop(host, None)


class Pages:
    """An ``async with`` block's client for feeds and pages, wherever their links lead."""

    def __init__(self, clock: Clock, manners: Manners, trusted: frozenset[tuple[str, int]]) -> None:
        """``trusted`` hosts and ports may also lie in a private network."""
        self._clock = clock
        self._manners = manners
        self._trusted = trusted
        self._http: HttpClient | None = None

    async def __aenter__(self) -> Pages:
        # Whoever serves a page tells us nothing about the budget of an interface.
        http = HttpClient(self._clock, lambda *_: None, resolver=PublicResolver(self._trusted))
        self._http = await http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.__aexit__(kind, error, trace)

    async def feed(self, url: str, headers: Mapping[str, str]) -> Answer:
        """An address that was made for programs: robots.txt does not speak of it.

        Raises:
            ForbiddenLinkError: it leads into a private network, or round in circles.
            RateLimitedError, AccessRefusedError, aiohttp.ClientError, TimeoutError: as HttpClient.
        """
        for _ in range(_MOST_REDIRECTS):
            answer = await self._ask(url, headers)
            if answer.status not in _REDIRECTS:
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
        raise ForbiddenLinkError(f"{origin_of(url)} redirects without end")

    async def page(self, url: str) -> Answer | None:
        """A page for people; None where robots.txt forbids it. Raises as ``feed``."""
        headers = {"Accept": "text/html,application/xhtml+xml"}
        for _ in range(_MOST_REDIRECTS):
            check_link(url, self._trusted)
            if not await self._manners.robots.allow(url, self._rules):
                return None
            answer = await self._ask(url, headers)
            if answer.status not in _REDIRECTS:
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
        raise ForbiddenLinkError(f"{origin_of(url)} redirects without end")

    async def _rules(self, url: str) -> Answer:
        return await self.feed(url, {"Accept": "text/plain"})

    async def _ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        check_link(url, self._trusted)
        if self._http is None:
            raise RuntimeError("pages are asked for outside their `async with` block")
        async with self._manners.turn(url):
            # Each hop is looked at: a public page may lead to a private one.
            return await self._http.get(
                url, headers=headers, allow_redirects=False, accepted=_REDIRECTS
            )
