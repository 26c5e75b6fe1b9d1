"""EVM chains: transfers, trades and pools of watched tokens, as they are mined."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from typing import ClassVar

import msgspec

from memewatch.settings import Settings
from producers.live.base import (
    Alive,
    CaughtUp,
    Heard,
    LiveSource,
    Payload,
    Rejected,
    Surroundings,
)
from producers.live.evm.bodies import FINALITY, LOGS
from producers.live.evm.contracts import Contracts
from producers.live.evm.decoding import SOURCE, read_decision, read_logs
from producers.live.evm.following import ChainFollower, Pace
from schemas.events import Event
from schemas.topics import TICKS, TRANSFERS

#: What the chains have read ahead of the publisher.
_READ_AHEAD = 16


class Evm(LiveSource):
    """Several chains at once, each through one node.

    Cursor: ``{chain: {base: [number, hash], pending: [...], ...}}``, see ``window.py``. A history's
    cursor is ``{chain: next block}``.

    Weakness: one chain's failure ends all of them until the runner starts them again, for the
    promise that nothing older will come is given for all together.
    """

    name: ClassVar[str] = SOURCE
    topics: ClassVar[frozenset[str]] = frozenset({TICKS.name, TRANSFERS.name})
    #: A block says when it was begun: it is some seconds old when it comes, and twelve and more
    #: when it replaces another.
    lateness_s: ClassVar[float] = 30.0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._followers = {
            chain: ChainFollower(
                url.get_secret_value(),
                Contracts(chain, self.settings, self.tokens, self.watch_list),
                Pace(
                    confirmations=confirmations(self.settings, chain),
                    poll_s=self.settings.evm_poll_s,
                    silence_s=self.silence_s or 90.0,
                    most_blocks=self.settings.evm_range_blocks,
                ),
                self.clock,
            )
            for chain, url in self.settings.evm_endpoints.items()
        }

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if settings.evm_endpoints:
            return None
        return "name a node of each chain in MEMEWATCH_EVM_ENDPOINTS"

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        cursors = _Cursors(resume)
        behind = set(self._followers)
        chains = {
            chain: follower.follow(cursors.of(chain)) for chain, follower in self._followers.items()
        }
        async with contextlib.aclosing(_together(chains)) as together:
            async for chain, heard in together:
                made = cursors.merge(chain, heard)
                if isinstance(made, CaughtUp):
                    behind.discard(chain)
                    yield made if not behind else Alive(made.cursor)
                else:
                    yield made

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        cursors = _Cursors(resume)
        for chain, follower in self._followers.items():
            async with contextlib.aclosing(
                follower.catch_up(cursors.of(chain), until_ms)
            ) as passing:
                async for heard in passing:
                    yield cursors.merge(chain, heard)

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Only blocks that are final by now: what is still pending is followed live."""
        reached = msgspec.json.decode(resume, type=dict[str, int]) if resume else {}
        for chain, follower in self._followers.items():
            passing = follower.history(begin_ms, end_ms, reached.get(chain))
            async with contextlib.aclosing(passing):
                async for bodies, next_block in passing:
                    before = _text(reached)
                    reached[chain] = next_block
                    for place, body in enumerate(bodies, start=1):
                        cursor = _text(reached) if place == len(bodies) else before
                        yield Payload(
                            body=body, cursor=cursor, kind=LOGS, received_ms=self.clock.now_ms()
                        )
                    if not bodies:
                        yield Alive(_text(reached))

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        if payload.kind == LOGS:
            return read_logs(payload.body)
        if payload.kind == FINALITY:
            return read_decision(payload.body)
        return [Rejected(reason=f"unknown kind of payload {payload.kind!r}", value=payload.body)]


class _Cursors:
    """The chains' own cursors in one."""

    def __init__(self, resume: str | None) -> None:
        self._of: dict[str, msgspec.Raw] = (
            msgspec.json.decode(resume, type=dict[str, msgspec.Raw]) if resume else {}
        )

    def of(self, chain: str) -> bytes | None:
        found = self._of.get(chain)
        return None if found is None else bytes(found)

    def merge(self, chain: str, heard: Heard) -> Heard:
        """What a chain said, with the cursor of all chains."""
        if heard.cursor is None:
            return heard
        self._of[chain] = msgspec.Raw(heard.cursor.encode())
        cursor = _text(self._of)
        if isinstance(heard, Payload):
            return dataclasses.replace(heard, cursor=cursor)
        return msgspec.structs.replace(heard, cursor=cursor)


async def _together(
    chains: Mapping[str, AsyncGenerator[Heard, None]],
) -> AsyncGenerator[tuple[str, Heard], None]:
    """What all say, as it comes; the first failure ends them all."""
    queue: asyncio.Queue[tuple[str, Heard]] = asyncio.Queue(_READ_AHEAD)

    async def listen(chain: str, generator: AsyncGenerator[Heard, None]) -> None:
        async with contextlib.aclosing(generator) as heard:
            async for one in heard:
                await queue.put((chain, one))

    tasks = [asyncio.create_task(listen(*each)) for each in chains.items()]
    getting: asyncio.Task[tuple[str, Heard]] | None = None
    try:
        while True:
            getting = asyncio.create_task(queue.get())
            done, _ = await asyncio.wait({getting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            if getting in done:
                yield getting.result()
                continue
            getting.cancel()
            # What the one that failed had read before counts still.
            while not queue.empty():
                yield queue.get_nowait()
            for task in done:
                await task
            return
    finally:
        ending = [*tasks, getting] if getting else tasks
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)


def confirmations(settings: Settings, chain: str) -> int:
    """So many blocks must follow one until it is final."""
    given = settings.evm_confirmations
    return given.get(chain, 12) if isinstance(given, dict) else given


def _text(cursor: Mapping[str, object]) -> str:
    return msgspec.json.encode(cursor).decode()
