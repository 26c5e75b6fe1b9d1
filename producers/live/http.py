"""HTTP for sources: one session, bounded answers, and rate limits taken at the server's word."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from memewatch import __version__
from memewatch.clock import Clock
from producers.live.base import AccessRefusedError, RateLimitedError

#: Servers want to know who asks; some refuse the names of libraries.
USER_AGENT = f"memewatch/{__version__} (self-hosted early-warning system for meme coins)"
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)
_LARGEST_ANSWER = 4_000_000
#: Where a server that refuses says nothing about how long.
_DEFAULT_WAIT_S = 60.0
_LONGEST_WAIT_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` have lower-case names; 304 answers have an empty body.

    ``url`` is where the answer came from after redirects: it may hold what was secret in it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class HttpStatusError(aiohttp.ClientError):
    """An answer with a status that is neither success nor a refusal of its own kind."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class UnreadableAnswerError(Exception):
    """An answer that is not what it should be; ``body`` is for the dead letters."""

    def __init__(self, message: str, body: bytes) -> None:
        super().__init__(message)
        self.body = body


class HttpClient:
    """An ``async with`` block's session. Only 2xx and 304 are answers; all else is raised.

    What is raised names the server, never the rest of a URL: some carry their key in it.
    """

    def __init__(
        self,
        clock: Clock,
        budget: Callable[[float, float | None], None],
        *,
        key_setting: str | None = None,
        headers: Mapping[str, str] | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """``key_setting`` names the setting to look at when the server refuses access.

        ``resolver`` says which names are looked up, and to what they may lead.
        """
        self._clock = clock
        self._budget = budget
        self._key_setting = key_setting
        self._headers = {"User-Agent": USER_AGENT} | dict(headers or {})
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> HttpClient:
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            timeout=_TIMEOUT,
            trust_env=True,
            # Cookies would tie together what is asked over months, and nobody would bound them.
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(resolver=self._resolver),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, *, accepted: Collection[int] = (), **arguments: Any) -> Answer:
        """As ``request``."""
        return await self.request("GET", url, accepted=accepted, **arguments)

    async def request(
        self, method: str, url: str, *, accepted: Collection[int] = (), **arguments: Any
    ) -> Answer:
        """One request; ``arguments`` are aiohttp's (``params``, ``headers``, ``data``, ``auth``).

        Answers whose status is among ``accepted`` are returned too, for the caller to judge.

        Raises:
            RateLimitedError: 429, or 503 with a time to come back.
            AccessRefusedError: 401 or 403.
            HttpStatusError: any other status that is no success.
            aiohttp.ClientError: everything else that is no answer.
            TimeoutError: no answer within 30 s.
        """
        if self._session is None:
            raise RuntimeError("the client is used outside its `async with` block")
        try:
            return await self._answer(self._session, method, url, accepted, arguments)
        except TimeoutError:
            raise TimeoutError(f"{origin_of(url)} does not answer in time") from None
        except (HttpStatusError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
            raise
        except aiohttp.ClientError as error:
            # All others of aiohttp's own repeat the whole URL.
            raise aiohttp.ClientError(f"{origin_of(url)}: {type(error).__name__}") from None

    async def _answer(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        accepted: Collection[int],
        arguments: Mapping[str, Any],
    ) -> Answer:
        async with session.request(method, url, **arguments) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            self._note_budget(headers)
            if response.status not in accepted:
                self._refuse(response.status, headers, origin_of(str(response.url)))
            body = await response.content.read(_LARGEST_ANSWER + 1)
            while len(body) <= _LARGEST_ANSWER and (
                more := await response.content.read(_LARGEST_ANSWER + 1 - len(body))
            ):
                body += more
            if len(body) > _LARGEST_ANSWER:
                raise aiohttp.ClientPayloadError(f"answer of more than {_LARGEST_ANSWER} bytes")
            return Answer(response.status, headers, body, str(response.url))

    def _note_budget(self, headers: Mapping[str, str]) -> None:
        remaining = _first_number(headers, "x-rate-limit-remaining", "x-ratelimit-remaining")
        if remaining is not None:
            limit = _first_number(headers, "x-rate-limit-limit", "x-ratelimit-limit")
            used = _first_number(headers, "x-rate-limit-used", "x-ratelimit-used")
            if limit is None and used is not None:
                limit = remaining + used
            self._budget(remaining, limit)

    def _refuse(self, status: int, headers: Mapping[str, str], origin: str) -> None:
        if status == 429 or (status == 503 and "retry-after" in headers):
            wait_s = retry_after_s(headers, self._clock.now_ms())
            raise RateLimitedError(f"{origin} asks to wait {wait_s:.0f} s (HTTP {status})", wait_s)
        if status in (401, 403):
            look = f": look at {self._key_setting}" if self._key_setting else ""
            raise AccessRefusedError(f"{origin} refuses access (HTTP {status}){look}")
        if not (200 <= status < 300 or status == 304):
            raise HttpStatusError(f"{origin} answers HTTP {status}", status)


def origin_of(url: str) -> str:
    """Scheme, host and port: what of a URL may be told to anybody."""
    try:
        return str(URL(url).origin())
    except ValueError:
        return "a URL without a host"


def retry_after_s(headers: Mapping[str, str], now_ms: int) -> float:
    """How long a refusing server asks to wait (RFC 9110, 10.2.3), an hour at most.

    Without ``Retry-After``: until the reset that rate-limit headers name (seconds since the epoch,
    or seconds from now), else a minute.
    """
    after = headers.get("retry-after", "")
    wait_s: float | None = None
    if after.strip().isdecimal():
        wait_s = float(after)
    elif after:
        try:
            moment = email.utils.parsedate_to_datetime(after)
            wait_s = moment.timestamp() - now_ms / 1000
        except (ValueError, TypeError):
            wait_s = None
    if wait_s is None:
        reset = _first_number(headers, "x-rate-limit-reset", "x-ratelimit-reset")
        if reset is not None:
            wait_s = reset - now_ms / 1000 if reset > 1_000_000_000 else reset
    if wait_s is None:
        wait_s = _DEFAULT_WAIT_S
    return min(max(wait_s, 1.0), _LONGEST_WAIT_S)


def _first_number(headers: Mapping[str, str], *names: str) -> float | None:
    for name in names:
        try:
            number = float(headers[name])
        except (KeyError, ValueError):
            continue
        if math.isfinite(number):
            return number
    return None
