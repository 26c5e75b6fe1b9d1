"""tweepy, led to whichever server the settings name, with its answers judged before it sees them.

Imported only when X is really talked to: tweepy takes a third of a second to load.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Any

import aiohttp
import msgspec
from tweepy import BadRequest, StreamRule  # type: ignore[import-untyped]
from tweepy.asynchronous import (  # type: ignore[import-untyped]
    AsyncClient,
    AsyncStreamingClient,
)
from yarl import URL

from memewatch.clock import Clock
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import USER_AGENT, origin_of, retry_after_s

TOKEN_SETTING = "MEMEWATCH_TWITTER_BEARER_TOKEN"  # noqa: S105 - a name, no password
#: tweepy logs all headers, so the token is put into them only behind it.
_UNTOLD = "untold"
#: What a post is asked for: its author's age and reach, long text, links, and what it repeats.
_FIELDS: dict[str, list[str]] = {
    "expansions": ["author_id", "referenced_tweets.id", "referenced_tweets.id.author_id"],
    "tweet_fields": ["created_at", "entities", "lang", "note_tweet", "referenced_tweets"],
    "user_fields": ["created_at", "public_metrics", "username"],
}
_REQUEST = aiohttp.ClientTimeout(total=30, connect=10)
#: A stream is read for days; whether it is silent is watched by the runner.
_STREAM = aiohttp.ClientTimeout(total=None, connect=10, sock_connect=10)
#: Frames waiting to be read. When it is full nothing more is taken from the socket; X then ends
#: the connection, and what was not read is found by the search after the next one.
_BUFFER_FRAMES = 1_000
#: The longest line that is read, half a megabyte twice: long posts with what they repeat are 50 kB.
_READ_BUFFER = 524_288
_LONGEST_DETAIL = 200
#: The second connection of an app is refused until X has noticed that the first one is gone.
_CONNECTION_WAIT_S = 30.0
#: The month's posts are used up: no minute of waiting helps.
_CAP_WAIT_S = 3_600.0


class Sign(Enum):
    """What a stream says besides posts."""

    CONNECTED = auto()
    KEEP_ALIVE = auto()


@dataclass(frozen=True, slots=True)
class Missed:
    """From then on, not everything watched was matched."""

    since_ms: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A line of the stream as it came, a sign, what was missed, or the reason of the end."""

    content: bytes | Sign | Missed | Exception
    received_ms: int


@dataclass(frozen=True, slots=True)
class Stream:
    """``sounds`` begin with ``Sign.CONNECTED`` and end with an exception; either may be all."""

    sounds: asyncio.Queue[Sound]
    _task: asyncio.Task[None]

    @property
    def ended(self) -> bool:
        """Whether its end is among the sounds."""
        return self._task.done()


class XClient:
    """An ``async with`` block's client: stream, rules and search of one app.

    All of it raises ``RateLimitedError``, ``AccessRefusedError``, ``aiohttp.ClientError`` and
    ``TimeoutError``.
    """

    def __init__(
        self,
        url: str,
        bearer_token: str,
        clock: Clock,
        budget: Callable[[float, float | None], None],
    ) -> None:
        self._clock = clock
        self._session = _Session(URL(url), bearer_token, clock, budget)
        # tweepy closes a stream's session with the stream.
        self._stream_session = _Session(URL(url), bearer_token, clock, budget)

    async def __aenter__(self) -> XClient:
        self._session.open()
        self._rules = AsyncStreamingClient(_UNTOLD, return_type=dict)
        self._search = AsyncClient(_UNTOLD, return_type=dict)
        self._rules.session = self._search.session = self._session
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    @contextlib.asynccontextmanager
    async def stream(self) -> AsyncIterator[Stream]:
        """The filtered stream for as long as the block runs."""
        sounds: asyncio.Queue[Sound] = asyncio.Queue(_BUFFER_FRAMES)
        stream = _Listener(self._clock, sounds)
        self._stream_session.open()
        stream.session = self._stream_session
        task = stream.filter(**_FIELDS)
        try:
            yield Stream(sounds, task)
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self._stream_session.close()

    async def search(self, query: str, **parameters: Any) -> bytes:
        """One page of recent search; ``parameters`` are tweepy's (``since_id``, ``end_time`` …).

        tweepy lets nobody see an answer's bytes, so they are written again from what it read.
        """
        try:
            answer = await self._search.search_recent_tweets(
                query, max_results=100, sort_order="recency", **_FIELDS, **parameters
            )
        except BadRequest as error:
            raise aiohttp.ClientError(f"X does not take a search: {_detail(error)}") from None
        except ValueError as error:
            raise aiohttp.ClientError(f"X answers a search with no JSON: {error}") from None
        return msgspec.json.encode(answer)

    async def rules(self) -> dict[str, Any]:
        """X's answer with all rules of the app."""
        answer: dict[str, Any] = await self._rules.get_rules()
        return answer

    async def add(self, values: list[str], tag: str) -> dict[str, Any]:
        """X's answer; a request that it refuses whole looks like one that it refuses in part."""
        try:
            answer: dict[str, Any] = await self._rules.add_rules(
                [StreamRule(value=value, tag=tag) for value in values]
            )
        except BadRequest as error:
            return {"errors": error.api_errors or [{"title": _detail(error)}]}
        return answer

    async def delete(self, ids: list[str]) -> dict[str, Any]:
        """X's answer."""
        try:
            answer: dict[str, Any] = await self._rules.delete_rules(ids)
        except BadRequest as error:
            raise aiohttp.ClientError(f"X does not delete rules: {_detail(error)}") from None
        return answer


class _Listener(AsyncStreamingClient):  # type: ignore[misc]
    """tweepy's stream, of which every line, sign and end goes to a queue.

    tweepy waits and connects again by itself, for ever; here every end is one, because the runner
    does that for all sources and knows what to fill.
    """

    def __init__(self, clock: Clock, sounds: asyncio.Queue[Sound]) -> None:
        super().__init__(_UNTOLD, max_retries=0)
        self._clock = clock
        self._sounds = sounds

    async def on_connect(self) -> None:
        await self._put(Sign.CONNECTED)

    async def on_data(self, raw_data: bytes) -> None:
        await self._put(raw_data)

    async def on_keep_alive(self) -> None:
        await self._put(Sign.KEEP_ALIVE)

    async def on_closed(self, resp: aiohttp.ClientResponse) -> None:
        raise aiohttp.ClientError(f"{origin_of(str(resp.url))} ended the stream")

    async def on_request_error(self, status_code: int) -> None:
        raise aiohttp.ClientError(f"X answers HTTP {status_code} to the stream's request")

    async def on_connection_error(self) -> None:
        # tweepy calls this where it handles the error: it goes on to ``on_exception`` from here.
        raise

    async def on_exception(self, exception: Exception) -> None:
        await self._put(exception)

    async def on_disconnect(self) -> None:
        pass

    async def _put(self, content: bytes | Sign | Exception) -> None:
        await self._sounds.put(Sound(content, self._clock.now_ms()))


class _Session:
    """What tweepy takes for its aiohttp session: it leads to another server and judges answers.

    tweepy knows one host only, and keeps to itself when a stream may be asked for again.
    """

    def __init__(
        self,
        base: URL,
        bearer_token: str,
        clock: Clock,
        budget: Callable[[float, float | None], None],
    ) -> None:
        self._base = base
        self._authorization = f"Bearer {bearer_token}"
        self._clock = clock
        self._budget = budget
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        self._session = aiohttp.ClientSession(
            trust_env=True, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=_READ_BUFFER
        )

    @property
    def closed(self) -> bool:
        return self._session is None or self._session.closed

    @property
    def headers(self) -> dict[str, str]:
        """tweepy writes its own name here; requests carry ours instead."""
        return {}

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    @contextlib.asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the client is used outside its `async with` block")
        target = self._base.joinpath(URL(url).path.lstrip("/"))
        try:
            async with self._session.request(
                method,
                target,
                headers={
                    **(headers or {}),
                    "User-Agent": USER_AGENT,
                    "Authorization": self._authorization,
                },
                timeout=_STREAM if target.path.endswith("/stream") else _REQUEST,
                **arguments,
            ) as response:
                await self._judge(response)
                yield response
        except TimeoutError as error:
            if isinstance(error, aiohttp.ClientError):
                raise
            raise TimeoutError(f"{origin_of(str(self._base))} does not answer in time") from None

    async def _judge(self, response: aiohttp.ClientResponse) -> None:
        """Tell the budget, and raise for all but success and what tweepy can explain better."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        with contextlib.suppress(KeyError, ValueError):
            self._budget(
                float(headers["x-rate-limit-remaining"]), float(headers["x-rate-limit-limit"])
            )
        status = response.status
        if 200 <= status < 300 or status == 400:
            return
        problem = _problem(await response.content.read(65_536))
        origin = origin_of(str(self._base))
        said = f"HTTP {status}{problem.told}"
        if status == 429 or (status == 503 and "retry-after" in headers):
            wait_s = retry_after_s(headers, self._clock.now_ms())
            if problem.connection_issue == "TooManyConnections":
                wait_s = min(wait_s, _CONNECTION_WAIT_S)
            elif problem.title == "UsageCapExceeded":
                wait_s = _CAP_WAIT_S
            raise RateLimitedError(f"{origin} asks to wait {wait_s:.0f} s ({said})", wait_s)
        if status in (401, 403):
            raise AccessRefusedError(f"{origin} refuses access ({said}): look at {TOKEN_SETTING}")
        raise aiohttp.ClientError(f"{origin} answers {said}")


class _Problem(msgspec.Struct):
    title: str = ""
    detail: str = ""
    connection_issue: str | None = None

    @property
    def told(self) -> str:
        text = self.detail or self.title
        return f": {text[:_LONGEST_DETAIL]}" if text else ""


def _problem(body: bytes) -> _Problem:
    try:
        return msgspec.json.decode(body, type=_Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Problem()


def _detail(error: BadRequest) -> str:
    return " ".join(map(str, error.api_messages))[:_LONGEST_DETAIL] or "HTTP 400"
