"""Whatever fails, and whenever a process is killed: what a polled feed shows is heard."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from memewatch.clock import ManualClock
from producers.live.base import AccessRefusedError, LiveSource, Payload, RateLimitedError
from producers.live.http import UnreadableAnswerError
from producers.live.reddit import Reddit
from producers.live.telegram import Telegram
from producers.live.telegram_pages import NoPreviewError
from producers.live.web import Web
from tests.producers.live.hearing import NOW_MS, make
from tests.producers.live.servers.reddit import RedditServer
from tests.producers.live.servers.telegram import TelegramServer
from tests.producers.live.servers.web import FEED, WebServer

FAULTS: list[Callable[[], web.Response]] = [
    lambda: web.Response(status=500),
    lambda: web.Response(status=429, headers={"Retry-After": "3"}),
    lambda: web.Response(status=403),
    lambda: web.Response(status=404),
    lambda: web.Response(status=302, headers={"Location": "/"}),
    lambda: web.Response(text="<html>not now</html>"),
    lambda: web.Response(body=b""),
]


@dataclass(frozen=True)
class Step:
    """So much is said; these answers are faults; after so many sounds the process is killed."""

    said: int
    faults: list[int]
    killed_after: int | None
    saved: bool


steps = st.lists(
    st.builds(
        Step,
        said=st.sampled_from([0, 1, 3, 25, 80]),
        faults=st.lists(st.integers(0, len(FAULTS) - 1), max_size=3),
        killed_after=st.none() | st.integers(0, 6),
        saved=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@dataclass(frozen=True)
class Case:
    kind: type[LiveSource]
    serve: Callable[[], Any]
    say: Callable[[Any, int, int], Awaitable[list[str]]]
    fail: Callable[[Any, list[web.Response]], None]


async def add(server: Any, count: int, now_ms: int) -> list[str]:
    return list(server.add(count, now_ms))


async def send(server: TelegramServer, count: int, now_ms: int) -> list[str]:
    posted = server.add(count, now_ms)
    sent = [await server.send("$DOGE", now_ms) for _ in range(count)]
    return [*posted, *(f"-100123/{number}" for number in sent)]


def fail_with(server: Any, answers: list[web.Response]) -> None:
    server.answers = answers


def fail_page_and_bot(server: TelegramServer, answers: list[web.Response]) -> None:
    server.answers, server.bot_answers = answers[::2], answers[1::2]


def fail_feed(server: WebServer, answers: list[web.Response]) -> None:
    server.answers[FEED] = answers


def wide_web() -> WebServer:
    server = WebServer()
    # What falls out of a feed's window is gone for everybody.
    server.window = 500
    return server


CASES = {
    "reddit": Case(
        Reddit, lambda: RedditServer(subreddits=("dogecoin", "memecoins")), add, fail_with
    ),
    "telegram": Case(Telegram, lambda: TelegramServer(with_bot=True), send, fail_page_and_bot),
    "web": Case(Web, wide_web, add, fail_feed),
}


@pytest.mark.parametrize("name", CASES)
@settings(deadline=None, max_examples=25)
@given(plan=steps)
def test_what_is_said_is_heard_through_faults_and_kills(name, plan):
    asyncio.run(survive(CASES[name], plan))


async def survive(case: Case, plan: list[Step]) -> None:
    clock = ManualClock(NOW_MS)
    said: set[str] = set()
    heard: Counter[str] = Counter()
    async with case.serve() as server:
        source = make(case.kind, server.settings(), clock)
        # The first time only the newest page is read, so it begins before most is said.
        said.update(await case.say(server, 1, clock.now_ms()))
        cursor = saved = await one_pass(source, None, heard, None)
        for step in plan:
            said.update(await case.say(server, step.said, clock.now_ms()))
            case.fail(server, [FAULTS[fault]() for fault in step.faults])
            cursor = await one_pass(source, cursor, heard, step.killed_after)
            if step.saved and cursor is not None:
                saved = cursor
                source.stored(saved)
            if step.killed_after is not None:
                source, cursor = make(case.kind, server.settings(), clock), saved
            clock.advance(3_700)
        case.fail(server, [])
        for _ in range(12):
            cursor = await one_pass(source, cursor, heard, None)
            source.stored(cursor)
    assert set(heard) == said
    if all(step.killed_after is None for step in plan):
        assert set(heard.values()) <= {1}


async def one_pass(
    source: LiveSource, cursor: str | None, heard: Counter[str], killed_after: int | None
) -> str | None:
    """The cursor after a pass, or after the part of it before it failed or was killed."""
    taken = 0
    with contextlib.suppress(
        aiohttp.ClientError,
        RateLimitedError,
        AccessRefusedError,
        UnreadableAnswerError,
        NoPreviewError,
    ):
        async with contextlib.aclosing(source.catch_up(cursor, NOW_MS)) as sounds:  # type: ignore[type-var]
            async for sound in sounds:
                if taken == killed_after:
                    break
                taken += 1
                cursor = sound.cursor or cursor
                if isinstance(sound, Payload):
                    items = source.parse(sound)
                    heard.update(item.post_id for item in items if hasattr(item, "post_id"))
    return cursor
