"""A log in memory for property tests, which need thousands of runs; the real one is Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec

from memewatch.clock import ManualClock
from producers.lane import Feed
from producers.publishing import Plan, new_state
from producers.runner import Runner
from producers.source import Item, Order, Progress
from producers.state import SessionState
from schemas.codec import EVENT_DECODERS
from schemas.events import Event, Post, Tick, Transfer
from schemas.times import rfc3339
from schemas.topics import EVENT_PARTITIONS, SESSIONS
from tests.producers.logs import Record


class LogProducer:
    """Appends to ``log`` and confirms at once."""

    def __init__(self) -> None:
        self.log: list[Record] = []

    async def send(
        self,
        topic: str,
        value: bytes,
        key: str | None = None,
        partition: int | None = None,
        on_delivery: Callable[[Any, Any], None] | None = None,
    ) -> None:
        is_event = topic in EVENT_DECODERS and key is not None
        if partition is None:
            partition = sum((key or "").encode()) % EVENT_PARTITIONS if is_event else 0
        self.log.append(Record(topic, partition, value, is_event))
        if on_delivery is not None:
            on_delivery(None, None)

    async def flush(self) -> None:
        """Everything is confirmed already."""


class VirtualClock(ManualClock):
    """Time jumps to whoever sleeps shortest, so that sleepers wake in order, without waiting."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self._wakes: list[int] = []

    async def sleep(self, seconds: float) -> None:
        wake = self.now_ms() + max(1, round(seconds * 1000))
        self._wakes.append(wake)
        try:
            while self.now_ms() < wake:
                before = self.now_ms()
                # Whoever woke last gets a few turns to go to sleep for less.
                for _ in range(12):
                    await asyncio.sleep(0)
                if self.now_ms() == before and wake == min(self._wakes):
                    self.advance((wake - before) / 1000)
        finally:
            self._wakes.remove(wake)


class HeldRight:
    """The right to publish, never lost."""

    def check(self) -> bool:
        return True


class ListSource:
    """An ordered source of given items; raises before the items at ``failures``, once each."""

    order: Order = "ordered"
    identity = "list"

    def __init__(
        self, name: str, topics: set[str], items: Sequence[Item], failures: set[int] = frozenset()
    ) -> None:
        self.name = name
        self.topics = frozenset(topics)
        self._items = items
        self._failures = set(failures)

    async def events(self, resume: str | None) -> AsyncIterator[tuple[Item, str]]:
        done = int(resume or 0)
        for count, item in enumerate(self._items[done:], done):
            if count in self._failures:
                self._failures.remove(count)
                raise ConnectionError("the feed broke")
            yield item, str(count + 1)


class PromisingSource(ListSource):
    """As ``ListSource``, but only its ``Progress`` items promise something."""

    order: Order = "promised"


class UnknownSource(ListSource):
    """As ``ListSource``, but it promises nothing."""

    order: Order = "unknown"


def an_event(topic: str, number: int, time_ms: int, token: str = "OAX") -> Event:
    common = {
        "id": f"{topic}-{number}",
        "token": token,
        "symbol": token,
        "event_time": rfc3339(time_ms),
        "source": "test",
    }
    if topic == "posts":
        return Post(**common, post_id=str(number), author="someone", text="moon")
    if topic == "ticks":
        return Tick(**common, price="1", amount="2")
    return Transfer(
        **common,
        chain="ethereum",
        contract="0x1",
        transaction=f"0x{number}",
        log_index=0,
        from_address="0xa",
        to_address="0xb",
        amount="3",
    )


def timed(topic: str, offsets: Sequence[int], start_ms: int) -> list[Item]:
    """Events at the offsets behind a first promise; tokens differ, so do partitions."""
    events = [
        an_event(topic, number, start_ms + offset, f"T{number % 5}")
        for number, offset in enumerate(offsets)
    ]
    return [Progress(start_ms + offsets[0]), *events] if offsets else []


async def run(
    feeds: Sequence[Feed],
    clock: ManualClock | None = None,
    continues: SessionState | None = None,
    stop: asyncio.Event | None = None,
) -> tuple[list[Record], Runner, bool]:
    """The log of one run, the runner behind it, and whether the sources ended."""
    clock = clock or VirtualClock(1_600_000_000_000)
    producer = LogProducer()
    state = continues or new_state(Plan(kind="test", identity="i", feeds=feeds), clock)
    runner = Runner(
        producer,  # type: ignore[arg-type]
        HeldRight(),  # type: ignore[arg-type]
        state,
        feeds,
        clock,
        continues=continues is not None,
    )
    finished = await runner.run(stop or asyncio.Event())
    return producer.log, runner, finished


def last_state(log: Sequence[Record]) -> SessionState | None:
    values = [record.value for record in log if record.topic == SESSIONS.name]
    return msgspec.json.decode(values[-1], type=SessionState) if values else None
