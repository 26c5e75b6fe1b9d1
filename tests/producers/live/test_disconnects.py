"""A day of disconnects, silences, refusals and kills: nothing is lost, nothing counts twice."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memewatch.clock import ManualClock
from memewatch.settings import Settings
from processors.partition import PartitionState
from processors.records import Outputs
from producers import runner
from producers.lane import HOLD_LIMIT_MS
from producers.live.base import (
    Alive,
    CaughtUp,
    Heard,
    LiveSource,
    Payload,
    RateLimitedError,
    Rejected,
    Surroundings,
)
from producers.live.plan import plan_live
from producers.publishing import new_state
from producers.registry import TokenRegistry
from producers.runner import Runner
from producers.session import TOPICS
from producers.state import SessionState
from schemas.events import Event, Post
from schemas.times import rfc3339
from schemas.topics import EVENT_PARTITIONS
from tests.producers.in_memory import HeldRight, LogProducer, VirtualClock, last_state
from tests.producers.logs import Record, assert_promises_are_kept

START_MS = 1_760_000_000_000
DAY_MS = 24 * 3_600_000


class World:
    """What is said during the day, and when its server can be reached.

    ``said`` holds (event time, time it can be heard) in ms, by the order of being heard.
    ``outages`` are (begin, end, silent): in a silent one the connection stays open and dumb.
    """

    def __init__(self, said: Sequence[tuple[int, int]], outages: Sequence[tuple[int, int, bool]]):
        self.said = sorted(said, key=lambda times: times[1])
        self.outages = outages
        self.refusals = random.Random(len(said))

    def outage(self, now_ms: int) -> tuple[int, int, bool] | None:
        return next((each for each in self.outages if each[0] <= now_ms < each[1]), None)


class Talk(LiveSource):
    """A feed whose server forgets nothing; its cursor is the count of what was heard."""

    name = "talk"
    topics = frozenset({"posts"})
    lateness_s = 30.0
    silence_s = 90.0

    def __init__(self, around: Surroundings, world: World) -> None:
        super().__init__(around)
        self._world = world

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        return None

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        self._reach()
        number = int(resume or 0)
        while self._is_said(number):
            yield self._payload(number)
            number += 1
            self._reach()
        yield CaughtUp()
        while True:
            await self.clock.sleep(15)
            outage = self._world.outage(self.clock.now_ms())
            if outage is not None and outage[2]:
                await self.clock.sleep(DAY_MS / 1000)
            self._reach()
            yield Alive()
            while self._is_said(number):
                yield self._payload(number)
                number += 1

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        raise NotImplementedError
        yield

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        number = int(payload.body)
        time = rfc3339(self._world.said[number][0])
        common = {"event_time": time, "source": "talk", "post_id": str(number), "author": "a"}
        for token in ("OAX", "PEPE")[: 1 + number % 2]:
            yield Post(id=f"talk:{number}:{token}", token=token, symbol=token, text="up", **common)

    def _is_said(self, number: int) -> bool:
        said = self._world.said
        return number < len(said) and said[number][1] <= self.clock.now_ms()

    def _payload(self, number: int) -> Payload:
        now_ms = self.clock.now_ms()
        body = str(number).encode()
        return Payload(body=body, cursor=str(number + 1), kind="post", received_ms=now_ms)

    def _reach(self) -> None:
        if (outage := self._world.outage(self.clock.now_ms())) is not None and not outage[2]:
            if self._world.refusals.random() < 0.2:
                raise RateLimitedError("slow down", 20)
            raise ConnectionError("the server is away")


async def live_through(world: World, kills: Sequence[int]) -> list[Record]:
    """The log of the day, its publisher killed at each of ``kills`` (ms) and started again."""
    clock = VirtualClock(START_MS)
    log: list[Record] = []
    for end_ms in [*sorted(kills), START_MS + DAY_MS + 2 * HOLD_LIMIT_MS + 600_000]:
        producer = LogProducer()
        await publish_until(end_ms, clock, world, last_state(log), producer)
        # A killed publisher confirms and closes nothing.
        cut = [r for r in producer.log if not (r.is_control and r.control.control == "close")]
        is_last = end_ms > START_MS + DAY_MS
        log += producer.log if is_last else cut[: _last_saved(cut)]
    return log


def _last_saved(log: Sequence[Record]) -> int:
    """Up to the last state that says the session is open: the orderly stop's own is cut off."""
    ends = [
        index
        for index, record in enumerate(log)
        if record.topic == "sessions" and msgspec.json.decode(record.value, type=SessionState).open
    ]
    return ends[-1] + 1 if ends else 0


async def publish_until(
    end_ms: int, clock: ManualClock, world: World, last: SessionState | None, producer: LogProducer
) -> None:
    around = Surroundings(settings=Settings(), clock=clock, tokens=TokenRegistry())
    plan = plan_live([Talk(around, world)], last)
    state = plan.continues or new_state(plan, clock, last)
    running = Runner(
        producer,  # type: ignore[arg-type]
        HeldRight(),  # type: ignore[arg-type]
        state,
        plan.feeds,
        clock,
        continues=plan.continues is not None,
    )
    stop = asyncio.Event()

    async def end() -> None:
        await clock.sleep(max(1, (end_ms - clock.now_ms()) / 1000))
        stop.set()

    await asyncio.gather(running.run(stop), end())


@pytest.fixture(autouse=True)
def _seldom_watermarks(monkeypatch):
    """A day of virtual seconds would be two million control records."""
    monkeypatch.setattr(runner, "_TICK_S", 40.0)


moments = st.integers(START_MS, START_MS + DAY_MS)
words = st.lists(st.tuples(moments, st.integers(0, 12_000)), min_size=1, max_size=120)
gaps = st.lists(st.tuples(moments, st.integers(1_000, 4 * 3_600_000), st.booleans()), max_size=6)


@given(words, gaps, st.lists(moments, max_size=3))
@settings(
    deadline=None,
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_day_of_disconnects_loses_nothing_and_duplicates_nothing(said, outages, kills):
    world = World(
        [(time_ms, time_ms + delay_ms) for time_ms, delay_ms in said],
        [(begin, begin + length, silent) for begin, length, silent in outages],
    )
    log = asyncio.run(live_through(world, kills))
    expected = {
        f"talk:{number}:{token}"
        for number in range(len(said))
        for token in ("OAX", "PEPE")[: 1 + number % 2]
    }
    events = [record.event for record in log if record.is_event]
    assert {event.id for event in events} == expected, "nothing is lost"
    taken, missed = what_lanes_take(log)
    assert len(taken) == len(set(taken)), "nothing counts twice"
    assert set(missed) <= set(taken), "what comes too late says so itself"
    assert set(taken) == {event.id for event in events if event.origin == "live"}
    assert_promises_are_kept([r for r in log if not (r.is_event and r.event.origin == "backfill")])


@given(words)
@settings(
    deadline=None,
    max_examples=1,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_without_a_disconnect_everything_is_live(said):
    world = World([(time_ms, time_ms + delay_ms) for time_ms, delay_ms in said], [])
    log = asyncio.run(live_through(world, []))
    assert {record.event.origin for record in log if record.is_event} == {"live"}


def test_a_gap_of_less_than_five_minutes_is_filled_as_if_nothing_had_happened():
    said = [(START_MS + 10_000 * n, START_MS + 10_000 * n + 500) for n in range(360)]
    for silent in (False, True):
        begin = START_MS + 1_200_000
        world = World(said, [(begin, begin + 100_000, silent)])
        log = asyncio.run(live_through(world, []))
        assert {record.event.origin for record in log if record.is_event} == {"live"}


def test_others_wait_five_minutes_for_a_source_that_is_away_and_no_longer():
    begin = START_MS + 600_000
    world = World([(START_MS + 1_000, START_MS + 2_000)], [(begin, begin + 3_600_000, False)])
    log = asyncio.run(live_through(world, []))
    sent = [r.time_ms for r in log if r.is_control and r.topic == "posts" and r.partition == 0]
    steps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert HOLD_LIMIT_MS - 60_000 <= max(steps) <= HOLD_LIMIT_MS + 60_000


@dataclass(frozen=True, slots=True)
class Line:
    key: bytes | None
    value: bytes
    offset: int


def what_lanes_take(log: Sequence[Record]) -> tuple[list[str], list[str]]:
    """The ids that lanes count as events, and those of live events they do not."""
    taken: list[str] = []
    missed: list[str] = []
    for partition in range(EVENT_PARTITIONS):
        state = PartitionState(partition)
        offsets = dict.fromkeys(TOPICS, 0)
        for record in log:
            if record.topic not in offsets or record.partition != partition:
                continue
            key = record.event.token.encode() if record.is_event else None
            out = Outputs(now=rfc3339(START_MS))
            state.process(record.topic, [Line(key, record.value, offsets[record.topic])], out)
            offsets[record.topic] += 1
            if out.counts["events"]:
                taken.append(record.event.id)
            elif record.is_event and record.event.origin == "live":
                missed.append(record.event.id)
    return taken, missed
