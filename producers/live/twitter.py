"""X, formerly Twitter: the filtered stream, and recent search for what it missed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import aiohttp
import msgspec

from memewatch.settings import Settings
from producers.live.base import (
    Alive,
    CaughtUp,
    Heard,
    LiveSource,
    NoHistoryError,
    Payload,
    RateLimitedError,
    Rejected,
    Surroundings,
)
from producers.live.twitter_posts import NAME, SEARCH, STREAM, posts_in, snowflake, snowflake_ms
from producers.live.twitter_rules import clauses_of, packed, synchronise, within
from schemas.events import Event
from schemas.times import from_ms, rfc3339
from schemas.topics import POSTS

if TYPE_CHECKING:
    from producers.live.twitter_client import Sound, XClient

_MINUTE_MS = 60_000
_DAY_MS = 24 * 60 * _MINUTE_MS
#: Recent search reaches seven days back. A request may take a while to get there.
_REACH_MS = 7 * _DAY_MS - 5 * _MINUTE_MS
#: Ids are given out by many machines, and the stream is not strictly in their order.
_OVERLAP_MS = 30_000
#: Posts that are held to bring them in order; a window with more is asked for in halves.
_MOST_POSTS = 5_000
_SHORTEST_WINDOW_MS = _MINUTE_MS
#: While there is nothing to follow, or a search is waited for, this often a sign of life.
_SIGN_S = 15.0
#: An import changes the watch list many times in a second.
_SETTLING_S = 1.0


class Twitter(LiveSource):
    """Posts that the watch list's cashtags, contract addresses, keywords or accounts match.

    A cursor is the id up to which posts were heard; ids carry their time. Reconnecting, the
    stream is opened first and held back while a search fills the gap, so nothing falls between.
    Search sees a post a few seconds late (``twitter_search_delay_s``), and that is waited for.

    The weakness: search reaches seven days back, and X counts every post it delivers.
    """

    name: ClassVar[str] = NAME
    topics: ClassVar[frozenset[str]] = frozenset({POSTS.name})
    #: X sends a keep-alive every 20 s.
    lateness_s: ClassVar[float] = 30.0
    silence_s: ClassVar[float | None] = 70.0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        #: How long a time is asked for at once: what last fitted.
        self._window_ms = _REACH_MS

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if settings.twitter_bearer_token is None:
            return "set MEMEWATCH_TWITTER_BEARER_TOKEN to the bearer token of an app at X"
        return None

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        """As ``LiveSource.follow``; a lost connection, also one X announces, is raised."""
        async with self._client() as client:
            if not self._clauses():
                async for alive in self._until_something_is_watched(resume):
                    yield alive
                # Nothing was watched, so nothing was missed.
                resume = None
            version = self.watch_list.version
            await self._synchronise(client)
            async with client.stream() as stream:
                sounds = stream.sounds
                await _connected(sounds)
                start_ms = self.clock.now_ms()
                cursor = snowflake(start_ms)
                following = asyncio.create_task(self._follow_watch_list(client, version, sounds))
                try:
                    if resume is not None:
                        missed_from = int(resume) - (_OVERLAP_MS << 22)
                        async for heard in self._search(client, missed_from, start_ms):
                            yield heard
                        cursor = max(cursor, int(resume))
                    if not stream.ended:
                        yield CaughtUp(str(cursor))
                    async for heard in self._listen(client, sounds, cursor):
                        yield heard
                finally:
                    following.cancel()
                    await asyncio.wait([following])

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        """As ``LiveSource.catch_up``. Without a cursor: a page for each rule, of a day at most."""
        async with self._client() as client:
            since = snowflake(until_ms - _DAY_MS)
            if resume is not None:
                since = max(0, int(resume) - (_OVERLAP_MS << 22))
            async for heard in self._search(client, since, until_ms, all_pages=resume is not None):
                yield heard
        yield Alive(str(max(int(resume or 0), snowflake(until_ms))))

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Within the last seven days, to the second."""
        earliest_ms = self.clock.now_ms() - _REACH_MS
        if begin_ms < earliest_ms:
            raise NoHistoryError(
                "X can be searched for the last seven days: "
                f"ask for {rfc3339(earliest_ms)} or later"
            )
        since = int(resume) if resume is not None else snowflake(begin_ms) - 1
        async with self._client() as client:
            end_ms = min(end_ms, self.clock.now_ms())
            async for heard in self._search(client, since, end_ms):
                yield heard

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        """As ``LiveSource.parse``; a repost has the text of what it repeats."""
        return posts_in(payload, self.tokens)

    def _client(self) -> XClient:
        # tweepy takes half a second to load, and `memewatch sources` only asks who is on.
        from producers.live.twitter_client import XClient

        token = self.settings.twitter_bearer_token
        secret = token.get_secret_value().strip() if token else ""
        return XClient(self.settings.twitter_url, secret, self.clock, self.budget)

    def _clauses(self) -> list[str]:
        return clauses_of(self.watch_list.entries, self.settings.twitter_rule_length)

    async def _until_something_is_watched(self, resume: str | None) -> AsyncIterator[Heard]:
        """X refuses a stream without rules."""
        yield CaughtUp(resume)
        version = self.watch_list.version
        while not self._clauses():
            with contextlib.suppress(TimeoutError):
                version = await asyncio.wait_for(self.watch_list.changed(version), _SIGN_S)
            yield Alive()

    async def _synchronise(self, client: XClient) -> bool:
        settings = self.settings
        done = await synchronise(
            client, self._clauses(), settings.twitter_rule_length, settings.twitter_most_rules
        )
        return done.blind

    async def _follow_watch_list(
        self, client: XClient, version: int, sounds: asyncio.Queue[Sound]
    ) -> None:
        """Keep X's rules to the watch list. While X asks to wait, the old ones stay in force."""
        from producers.live.twitter_client import Missed, Sound

        try:
            while True:
                await self.watch_list.changed(version)
                await self.clock.sleep(_SETTLING_S)
                version = self.watch_list.version
                begin_ms = self.clock.now_ms()
                while True:
                    try:
                        blind = await self._synchronise(client)
                        break
                    except RateLimitedError as error:
                        await self.clock.sleep(error.retry_after_s)
                if blind:
                    await sounds.put(Sound(Missed(begin_ms), self.clock.now_ms()))
        except Exception as error:
            await sounds.put(Sound(error, self.clock.now_ms()))

    async def _listen(
        self, client: XClient, sounds: asyncio.Queue[Sound], cursor: int
    ) -> AsyncIterator[Heard]:
        from producers.live.twitter_client import Missed, Sign

        while True:
            sound = await sounds.get()
            content = sound.content
            if isinstance(content, Exception):
                raise content
            if isinstance(content, Missed):
                async for heard in self._search(
                    client, snowflake(content.since_ms), self.clock.now_ms()
                ):
                    yield heard
            elif isinstance(content, Sign):
                # Frames may still wait before and behind it, so it does not move the cursor.
                yield Alive(str(cursor))
            else:
                cursor = max(cursor, _id_of(content))
                yield Payload(
                    body=content, cursor=str(cursor), kind=STREAM, received_ms=sound.received_ms
                )

    async def _search(
        self, client: XClient, since: int, end_ms: int, *, all_pages: bool = True
    ) -> AsyncIterator[Heard]:
        """Posts with ids above ``since`` and before ``end_ms``, one window of time after another.

        A window's pages are held until it is whole and come by their oldest post, because X lists
        the newest first. Only a whole window moves the cursor.
        """
        longest, most = self.settings.twitter_rule_length, self.settings.twitter_most_rules
        queries = within(packed(self._clauses(), longest), most)
        end_ms = _whole_second(end_ms)
        since = max(since, snowflake(self.clock.now_ms() - _REACH_MS))
        while queries and (begin_ms := snowflake_ms(since)) < end_ms:
            window_end_ms = min(end_ms, _whole_second(begin_ms + self._window_ms))
            searchable_ms = window_end_ms + round(self.settings.twitter_search_delay_s * 1000)
            async for alive in self._waiting((searchable_ms - self.clock.now_ms()) / 1000):
                yield alive
            pages: list[_Page] = []
            held, fits = 0, True
            asked = self._ask(client, queries, since, window_end_ms, all_pages=all_pages)
            async with contextlib.aclosing(asked):
                async for page in asked:
                    if page.posts:
                        pages.append(page)
                    yield Alive()
                    held += page.posts
                    fits = held <= _MOST_POSTS or self._window_ms <= _SHORTEST_WINDOW_MS
                    if not fits:
                        break
            asked_ms = min(self._window_ms, end_ms - begin_ms)
            if not fits:
                self._window_ms = max(asked_ms // 2, _SHORTEST_WINDOW_MS)
                continue
            for page in sorted(pages, key=lambda page: page.oldest):
                yield Payload(
                    body=page.body, cursor=str(since), kind=SEARCH, received_ms=page.received_ms
                )
            since = snowflake(window_end_ms)
            yield Alive(str(since))
            if held <= _MOST_POSTS // 4:
                self._window_ms = min(self._window_ms * 2, _REACH_MS)

    async def _ask(
        self, client: XClient, queries: list[str], since: int, end_ms: int, *, all_pages: bool
    ) -> AsyncGenerator[_Page, None]:
        """Each page as it is answered, and empty ones while X asks to wait.

        A limit that is met at the first request is raised. Later it is waited for here: all that
        was asked would have to be asked again, and might meet the limit for ever.
        """
        parameters: dict[str, Any] = {"end_time": from_ms(end_ms)}
        if since > (earliest := snowflake(self.clock.now_ms() - _REACH_MS)):
            parameters["since_id"] = since
        else:
            # X refuses ids from before its seven days.
            parameters["start_time"] = from_ms(_whole_second(snowflake_ms(earliest)))
        asked_any = False
        for query in queries:
            next_token: str | None = None
            while True:
                try:
                    body = await client.search(query, next_token=next_token, **parameters)
                except RateLimitedError as error:
                    if not asked_any:
                        raise
                    async for _ in self._waiting(error.retry_after_s):
                        yield _NOTHING
                    continue
                asked_any = True
                meta = _meta(body)
                yield _Page(body, meta.result_count, int(meta.oldest_id), self.clock.now_ms())
                next_token = meta.next_token
                if next_token is None or not all_pages:
                    break

    async def _waiting(self, seconds: float) -> AsyncIterator[Alive]:
        """Signs of life for so long."""
        until_ms = self.clock.now_ms() + round(seconds * 1000)
        while (wait_ms := until_ms - self.clock.now_ms()) > 0:
            yield Alive()
            await self.clock.sleep(min(wait_ms / 1000, _SIGN_S))


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    posts: int
    oldest: int
    received_ms: int


_NOTHING = _Page(b"", 0, 0, 0)


class _Meta(msgspec.Struct):
    result_count: int = 0
    oldest_id: str = "0"
    next_token: str | None = None


class _SearchAnswer(msgspec.Struct):
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _Named(msgspec.Struct):
    id: str


class _Problem(msgspec.Struct):
    title: str = ""
    detail: str = ""


class _Frame(msgspec.Struct):
    data: _Named | None = None
    errors: list[_Problem] = []


def _meta(body: bytes) -> _Meta:
    try:
        return msgspec.json.decode(body, type=_SearchAnswer).meta
    except ValueError as error:
        # Without knowing whether more pages follow, going on would lose them.
        raise aiohttp.ClientError(f"X's answer to a search cannot be read: {error}") from None


def _id_of(line: bytes) -> int:
    """The post's id, or 0 where the line is none: ``parse`` tells why.

    Raises:
        aiohttp.ClientError: X says that it ends the stream.
    """
    try:
        frame = msgspec.json.decode(line, type=_Frame)
    except ValueError:
        return 0
    if frame.data is None and frame.errors:
        problem = frame.errors[0]
        raise aiohttp.ClientError(f"X ends the stream: {problem.detail or problem.title}")
    if frame.data is None or not frame.data.id.isdecimal():
        return 0
    return int(frame.data.id)


async def _connected(sounds: asyncio.Queue[Sound]) -> None:
    """Wait for the stream's first sign; a refusal is raised."""
    first = await sounds.get()
    if isinstance(first.content, Exception):
        raise first.content


def _whole_second(milliseconds: int) -> int:
    """X counts times in seconds: the next whole one."""
    return -(-milliseconds // 1000) * 1000
