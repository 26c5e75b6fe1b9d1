"""Following a source in a test: what was heard, and waiting for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from producers.live.base import CaughtUp, Heard, LiveSource, Payload, Rejected, Surroundings
from producers.live.feed import close
from producers.registry import TokenRegistry
from producers.registry.tokens import RegisteredToken
from producers.watch_list import WatchList
from schemas.codec import decode_tick, encode
from schemas.events import Event, Tick

_DEADLINE_S = 20.0


def surroundings(
    settings: dict[str, Any],
    symbols: tuple[str, ...] = ("PEPE", "DOGE"),
    watch_list: WatchList | None = None,
) -> Surroundings:
    """What a source gets, with a registry of these tickers."""
    return Surroundings(
        settings=Settings(_env_file=None, **settings),
        clock=SystemClock(),
        watch_list=watch_list or WatchList(),
        tokens=TokenRegistry(RegisteredToken(token=name, symbol=name) for name in symbols),
    )


class Listening:
    """``async with`` it: the source is followed from ``resume`` until the block's end."""

    def __init__(self, source: LiveSource, resume: str | None = None) -> None:
        self._source = source
        self._resume = resume
        self.heard: list[Heard] = []
        self.events: list[Event] = []
        self.rejected: list[Rejected] = []
        self.cursor = resume
        self.error: BaseException | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so; raises what ended the source instead."""
        async with asyncio.timeout(_DEADLINE_S):
            while not is_so():
                if self.error is not None:
                    raise self.error
                self._changed.clear()
                await self._changed.wait()

    async def caught_up(self) -> None:
        await self.until(lambda: any(isinstance(heard, CaughtUp) for heard in self.heard))

    async def lost(self) -> BaseException:
        """Wait until the source gives up, and say why."""
        async with asyncio.timeout(_DEADLINE_S):
            while self.error is None:
                self._changed.clear()
                await self._changed.wait()
        return self.error

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events]

    async def _follow(self) -> None:
        heard = self._source.follow(self._resume)
        try:
            async for sound in heard:
                self.heard.append(sound)
                if isinstance(sound, Payload):
                    events, rejected = read(self._source, sound)
                    self.events += events
                    self.rejected += rejected
                self.cursor = sound.cursor or self.cursor
                self._changed.set()
        except Exception as error:
            self.error = error
            self._changed.set()
        finally:
            await close(heard)


def read(source: LiveSource, payload: Payload) -> tuple[list[Event], list[Rejected]]:
    """A payload's events, valid by the contract, and what was rejected."""
    items = list(source.parse(payload))
    events = [item for item in items if not isinstance(item, Rejected)]
    for event in events:
        if isinstance(event, Tick):
            assert decode_tick(encode(event)) == event
    return events, [item for item in items if isinstance(item, Rejected)]


async def all_of(source: LiveSource, heard: AsyncIterator[Heard]) -> list[Event]:
    """The events of a generator that ends."""
    events: list[Event] = []
    async with asyncio.timeout(_DEADLINE_S):
        async for sound in heard:
            if isinstance(sound, Payload):
                events += read(source, sound)[0]
    return events
