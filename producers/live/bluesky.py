"""Bluesky: all its posts from a Jetstream, of which those that matter are kept."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import aiohttp
from yarl import URL

from memewatch.settings import Settings
from producers.live.base import (
    AccessRefusedError,
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
from producers.live.bluesky_interest import Interest
from producers.live.bluesky_posts import COLLECTION, FRAME, NAME, frame_of, posts_in
from producers.live.http import USER_AGENT, HttpClient, origin_of, retry_after_s
from schemas.events import Event
from schemas.times import rfc3339
from schemas.topics import POSTS

_log = logging.getLogger(__name__)

#: Two Jetstreams hear the same a moment apart, and a cursor may be taken to another one.
_OVERLAP_US = 5_000_000
#: What is stored comes as fast as it can be read, so a pause this long is the end of it.
_QUIET_S = 5.0
#: Most frames are of no interest; they are a sign of life, but not each of them.
_SIGN_MS = 1_000
_HOUR_MS = 3_600_000
_HOUR_US = _HOUR_MS * 1000
#: How long a Jetstream keeps what it heard is up to its operator; Bluesky's keep more than a day.
_SURELY_KEPT_MS = 24 * _HOUR_MS
#: Of all Bluesky somebody posts every second: so long without a frame, and they were forgotten.
_LOST_US = 600_000_000
#: An answer to a ping later than half of this, and the server is taken for gone.
_HEARTBEAT_S = 30.0
_CONNECT_S = 10.0


class Bluesky(LiveSource):
    """New posts that name a registered token, or match a keyword or account of the watch list.

    A cursor is a frame's ``time_us``: microseconds since the epoch, by Jetstream's clock. It moves
    over every frame, also over those that are not kept.

    Reposts are left out: they carry the address of a post and nothing of what it says. Frames are
    asked for uncompressed: Jetstream's zstd needs a dictionary of its own that every client would
    have to carry and renew, and would save about half of 100 kB/s.

    The weakness: what is kept is decided when it is heard; what is watched later is missing from
    before, for as long as nobody asks for it by ``history``.
    """

    name: ClassVar[str] = NAME
    topics: ClassVar[frozenset[str]] = frozenset({POSTS.name})
    #: Somebody posts at every moment: a minute of silence is a broken server.
    silence_s: ClassVar[float | None] = 60.0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._interest = Interest(self.watch_list, self.tokens)

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        """Never: it needs no key."""
        del settings
        return None

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        """As ``LiveSource.follow``; the stored frames come first, by the same connection."""
        begin_us = int(resume) - _OVERLAP_US if resume is not None else None
        start_us = self.clock.now_ms() * 1000
        caught_up = False
        async with contextlib.aclosing(self._listen(begin_us)) as moments:
            async for moment in moments:
                if moment.heard is not None:
                    yield moment.heard
                if not caught_up and (moment.is_pause or moment.time_us >= start_us):
                    caught_up = True
                    yield CaughtUp(str(max(moment.time_us, int(resume or 0))))

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        """As ``LiveSource.catch_up``. Without a cursor an hour: a day of all posts is millions."""
        begin_us = int(resume) - _OVERLAP_US if resume is not None else until_ms * 1000 - _HOUR_US
        async with contextlib.aclosing(self._until(begin_us, until_ms)) as heard:
            async for each in heard:
                yield each

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """As far back as the server keeps frames; what it has of an older time is given.

        Raises:
            NoHistoryError: it has nothing of that time.
        """
        begin_us = int(resume) if resume is not None else begin_ms * 1000 - 1
        async with contextlib.aclosing(self._until(begin_us, end_ms, begin_ms)) as heard:
            async for each in heard:
                yield each

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        """As ``LiveSource.parse``; whether anybody watches what it names does not matter here."""
        return posts_in(payload, self.tokens)

    async def _until(
        self, begin_us: int, end_ms: int, begin_ms: int = 0
    ) -> AsyncGenerator[Heard, None]:
        """What was stored from ``begin_us`` until the frames reach ``end_ms``."""
        heard_any = False
        last_us = begin_us
        async with contextlib.aclosing(self._listen(begin_us)) as moments:
            async for moment in moments:
                if moment.is_pause:
                    if self.clock.now_ms() >= end_ms:
                        break
                elif moment.time_us >= end_ms * 1000:
                    is_gone = begin_us < begin_ms * 1000 and not heard_any
                    if is_gone and end_ms < self.clock.now_ms() - _SURELY_KEPT_MS:
                        raise NoHistoryError(
                            "Bluesky's Jetstream keeps nothing of that time any more: "
                            f"ask for {rfc3339(moment.time_us // 1000)} or later"
                        )
                    break
                elif moment.time_us >= begin_ms * 1000:
                    heard_any = True
                    last_us = max(last_us, moment.time_us)
                    if moment.heard is not None:
                        yield moment.heard
        yield Alive(str(last_us))

    async def _listen(self, begin_us: int | None) -> AsyncGenerator[_Moment, None]:
        """Every frame after ``begin_us`` (None: only what comes now), and every pause."""
        settings = self.settings
        async with (
            HttpClient(self.clock, self.budget) as client,
            aiohttp.ClientSession(
                headers={"User-Agent": USER_AGENT},
                trust_env=True,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
        ):
            await self._interest.refresh(client, settings.bluesky_api_url)
            async with await self._connect(session, begin_us) as socket:
                time_us = begin_us if begin_us is not None else self.clock.now_ms() * 1000
                signed_ms = 0
                is_first = True
                if begin_us is None:
                    yield _Moment(time_us, is_pause=True)
                while True:
                    try:
                        message = await socket.receive(_QUIET_S)
                    except TimeoutError:
                        yield _Moment(time_us, is_pause=True)
                        continue
                    body = self._body_of(message.type, message.data)
                    if self._interest.is_stale:
                        await self._interest.refresh(client, settings.bluesky_api_url)
                    time_us, wanted = self._judge(body, time_us)
                    if is_first and begin_us is not None and time_us - begin_us > _LOST_US:
                        _log.warning(
                            "%s has nothing between %s and %s any more",
                            origin_of(settings.bluesky_url),
                            rfc3339(begin_us // 1000),
                            rfc3339(time_us // 1000),
                        )
                    is_first = False
                    now_ms = self.clock.now_ms()
                    heard: Payload | Alive | None = None
                    if wanted:
                        heard = Payload(
                            body=body, cursor=str(time_us), kind=FRAME, received_ms=now_ms
                        )
                    elif now_ms - signed_ms >= _SIGN_MS:
                        heard = Alive(str(time_us))
                    if heard is not None:
                        signed_ms = now_ms
                    yield _Moment(time_us, heard)

    async def _connect(
        self, session: aiohttp.ClientSession, begin_us: int | None
    ) -> aiohttp.ClientWebSocketResponse[bool]:
        url = URL(self.settings.bluesky_url).update_query(wantedCollections=COLLECTION)
        if begin_us is not None:
            url = url.update_query(cursor=str(max(begin_us, 1)))
        origin = origin_of(self.settings.bluesky_url)
        try:
            async with asyncio.timeout(_CONNECT_S):
                return await session.ws_connect(
                    url,
                    heartbeat=_HEARTBEAT_S,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                    decode_text=False,
                )
        except TimeoutError:
            raise TimeoutError(f"{origin} does not answer in time") from None
        except aiohttp.WSServerHandshakeError as error:
            said = f"HTTP {error.status}"
            if error.status == 429:
                headers = {name.lower(): value for name, value in (error.headers or {}).items()}
                wait_s = retry_after_s(headers, self.clock.now_ms())
                raise RateLimitedError(
                    f"{origin} asks to wait {wait_s:.0f} s ({said})", wait_s
                ) from None
            if error.status in (401, 403):
                raise AccessRefusedError(
                    f"{origin} refuses access ({said}): look at MEMEWATCH_BLUESKY_URL"
                ) from None
            raise aiohttp.ClientError(f"{origin} answers {said}") from None

    def _body_of(self, kind: aiohttp.WSMsgType, data: Any) -> bytes:
        if kind in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return bytes(data)
        why = f": {data}" if kind is aiohttp.WSMsgType.ERROR else ""
        raise aiohttp.ClientError(f"{origin_of(self.settings.bluesky_url)} ended the stream{why}")

    def _judge(self, body: bytes, time_us: int) -> tuple[int, bool]:
        """The frame's time (the last one's where it has none), and whether it is kept.

        What cannot be read is kept: ``parse`` tells why. So is what a bug stumbles over, or the
        same frame would end every connection there is.
        """
        try:
            frame = frame_of(body)
            time_us = frame.time_us
            if frame.commit is None or not frame.is_new_post:
                return time_us, False
            return time_us, self._interest.wants(frame, frame.commit)
        except Exception:
            return time_us, True


@dataclass(frozen=True, slots=True)
class _Moment:
    """A frame with what is made of it, or a pause in which none came."""

    time_us: int
    heard: Payload | Alive | None = None
    is_pause: bool = False
