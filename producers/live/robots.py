"""What sites ask of robots (RFC 9309), and whether we may read a page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.robotparser import RobotFileParser

import aiohttp

from memewatch.clock import Clock
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import Answer, HttpStatusError, origin_of
from producers.live.public_hosts import ForbiddenLinkError

#: The name sites may call us by in their rules.
ROBOT = "memewatch"
_KEPT = 256
_FRESH_MS = 86_400_000
#: A site that could not be asked is left alone that long.
_AGAIN_MS = 600_000
_NOTHING = ""
_EVERYTHING = "User-agent: *\nDisallow: /"
_LONGEST_DELAY_S = 30.0
#: The standard asks to read at least this much, and allows to ignore the rest.
_MOST_BYTES = 512_000


class _Rules(NamedTuple):
    parser: RobotFileParser
    until_ms: int


class Robots:
    """The rules of the sites asked last, for a day each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rules: OrderedDict[str, _Rules] = OrderedDict()

    async def allow(self, url: str, get: Callable[[str], Awaitable[Answer]]) -> bool:
        """Whether the page may be read; ``get`` fetches the site's rules if they are not known."""
        origin = origin_of(url)
        rules = self._rules.get(origin)
        if rules is None or rules.until_ms <= self._clock.now_ms():
            rules = await self._ask(origin, get)
        self._rules[origin] = rules
        self._rules.move_to_end(origin)
        while len(self._rules) > _KEPT:
            self._rules.popitem(last=False)
        return rules.parser.can_fetch(ROBOT, url)

    def delay_s(self, url: str) -> float:
        """How long the site wants us to wait between two requests, half a minute at most."""
        if (rules := self._rules.get(origin_of(url))) is None:
            return 0.0
        asked = rules.parser.crawl_delay(ROBOT)
        return min(float(asked), _LONGEST_DELAY_S) if asked is not None else 0.0

    async def _ask(self, origin: str, get: Callable[[str], Awaitable[Answer]]) -> _Rules:
        parser = RobotFileParser()
        now_ms = self._clock.now_ms()
        text = _NOTHING
        until_ms = now_ms + _FRESH_MS
        try:
            answer = await get(f"{origin}/robots.txt")
            text = answer.body[:_MOST_BYTES].decode("utf-8", "replace")
        except HttpStatusError as error:
            # A site without rules has none; of one that is out of order nobody knows.
            if error.status >= 500:
                text, until_ms = _EVERYTHING, now_ms + _AGAIN_MS
        except (
            aiohttp.ClientError,
            TimeoutError,
            AccessRefusedError,
            RateLimitedError,
            ForbiddenLinkError,
        ):
            text, until_ms = _EVERYTHING, now_ms + _AGAIN_MS
        parser.parse(text.splitlines())
        return _Rules(parser, until_ms)
