"""Making sources for tests, and listening to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from memewatch.clock import Clock, ManualClock
from memewatch.settings import Settings
from producers.live.base import CaughtUp, Heard, LiveSource, Payload, Surroundings
from producers.registry import RegisteredToken, TokenRegistry
from producers.source import Rejected
from producers.watch_list import WatchList
from schemas.events import Event

#: 2026-01-01T00:00:00Z
NOW_MS = 1_767_225_600_000
TOKENS = (
    RegisteredToken(token="DOGE", symbol="DOGE", name="Dogecoin"),
    RegisteredToken(
        token="ethereum:0x6982508145454ce325ddbe47a25d4ec3d2311933",
        symbol="PEPE",
        name="Pepe",
        chain="ethereum",
        address="0x6982508145454Ce325dDbE47a25d4ec3d2311933",
    ),
)
PEPE = TOKENS[1]
_DEADLINE_S = 20.0


def make(
    kind: type[LiveSource],
    overrides: dict[str, Any],
    clock: Clock | None = None,
    watched: tuple[Any, ...] = (),
    tokens: tuple[RegisteredToken, ...] = TOKENS,
    budget: Callable[[float, float | None], None] = lambda *_: None,
) -> Any:
    """A source with settings of its own; time stands still unless a clock is given."""
    return kind(
        Surroundings(
            settings=Settings(_env_file=None, **overrides),
            clock=clock or ManualClock(NOW_MS),
            watch_list=WatchList(watched),
            tokens=TokenRegistry(tokens),
            budget=budget,
        )
    )


async def all_of(heard: AsyncIterator[Heard]) -> list[Heard]:
    """Everything until it ends."""
    async with asyncio.timeout(_DEADLINE_S):
        return [sound async for sound in heard]


async def all_until(
    error: type[BaseException], heard: AsyncIterator[Heard]
) -> tuple[list[Heard], BaseException]:
    """Everything until it fails with that error, and the error."""
    sounds: list[Heard] = []
    try:
        async with asyncio.timeout(_DEADLINE_S):
            async for sound in heard:
                sounds.append(sound)  # noqa: PERF401
    except error as failure:
        return sounds, failure
    raise AssertionError(f"ended without {error.__name__}")


async def caught_up(heard: AsyncGenerator[Heard, None]) -> list[Heard]:
    """Everything until it has caught up the next time; the generator goes on."""
    sounds: list[Heard] = []
    async with asyncio.timeout(_DEADLINE_S):
        async for sound in heard:
            sounds.append(sound)
            if isinstance(sound, CaughtUp):
                break
    return sounds


def cursor_after(sounds: list[Heard], before: str | None = None) -> str | None:
    """Where to go on after these."""
    for sound in sounds:
        before = sound.cursor or before
    return before


def events(source: LiveSource, sounds: list[Heard]) -> list[Event]:
    """The events of all payloads; nothing may be rejected."""
    items = everything(source, sounds)
    assert not [item for item in items if isinstance(item, Rejected)]
    return [item for item in items if not isinstance(item, Rejected)]


def everything(source: LiveSource, sounds: list[Heard]) -> list[Event | Rejected]:
    """All payloads' events, and what was rejected."""
    return [item for sound in sounds if isinstance(sound, Payload) for item in source.parse(sound)]


def post_ids(source: LiveSource, sounds: list[Heard]) -> list[str]:
    """The feed's own ids of all posts, as they come."""
    return [event.post_id for event in events(source, sounds)]  # type: ignore[union-attr]
