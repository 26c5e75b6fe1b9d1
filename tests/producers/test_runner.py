"""The runner: sessions, watermarks, retries, refusals; on a log in memory."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memewatch.errors import OperatorError
from producers.lane import Feed
from producers.pace import EventTimePace
from producers.session import TOPICS
from producers.source import Progress, Rejected
from schemas.codec import decode_dead_letter
from schemas.topics import SESSIONS
from tests.producers.in_memory import (
    ListSource,
    PromisingSource,
    UnknownSource,
    VirtualClock,
    an_event,
    last_state,
    run,
    timed,
)
from tests.producers.logs import (
    assert_opens_and_closes_everywhere,
    assert_promises_are_kept,
    event_ids,
)

START_MS = 1_534_521_600_000

offsets = st.lists(st.integers(0, 5_000), max_size=30).map(sorted)
failures = st.sets(st.integers(0, 30), max_size=3)


def controls(log, kind):
    return [record for record in log if record.is_control and record.control.control == kind]


def feeds_of(plan, restarts=None):
    return [
        Feed(source=ListSource(topic, {topic}, timed(topic, times, START_MS), broken))
        for topic, (times, broken) in plan.items()
    ]


plans = st.fixed_dictionaries({topic: st.tuples(offsets, failures) for topic in TOPICS})


@given(plans)
@settings(deadline=None, max_examples=60)
def test_no_event_is_older_than_a_watermark_before_it(plan):
    log, _, finished = asyncio.run(run(feeds_of(plan)))
    assert finished
    assert_promises_are_kept(log)
    events = [record for record in log if record.is_event]
    assert len(events) == sum(len(times) for times, _ in plan.values()), "failures lose nothing"


@given(plans)
@settings(deadline=None, max_examples=30)
def test_every_partition_of_every_topic_has_one_opening_and_one_closing(plan):
    log, _, _ = asyncio.run(run(feeds_of(plan)))
    assert_opens_and_closes_everywhere(log)


@given(plans, st.data())
@settings(deadline=None, max_examples=80)
def test_a_killed_publisher_goes_on_in_its_session_and_the_log_is_equivalent(plan, data):
    whole, _, _ = asyncio.run(run(feeds_of(plan)))
    # What Kafka confirmed up to the cut is in the log; of what was under way, any prefix of
    # each partition may be.
    cut = data.draw(st.integers(0, len(whole)), label="cut")
    choice = random.Random(data.draw(st.integers(0, 2**32), label="partial"))
    limits = defaultdict(lambda: choice.randint(cut, len(whole)))
    kept = [
        record
        for index, record in enumerate(whole)
        if index < cut
        or (record.topic in TOPICS and index < limits[record.topic, record.partition])
    ]
    state = last_state(whole[:cut])
    if state is None or not state.open:
        return
    rest, _, _ = asyncio.run(run(feeds_of(plan), continues=state))
    assert {record.control.session for record in rest if record.is_control} == {state.session}
    assert "open" not in {record.control.control for record in rest if record.is_control}
    assert event_ids(kept + rest) == event_ids(whole)
    assert_promises_are_kept(kept + rest)


async def test_the_session_opens_at_the_first_events_time_also_where_no_source_is():
    log, _, _ = await run(
        [
            Feed(source=ListSource("a", {"posts"}, timed("posts", [700], START_MS))),
            Feed(source=ListSource("b", {"ticks"}, timed("ticks", [200, 900], START_MS))),
        ]
    )
    opened = {
        r.topic: r.time_ms - START_MS for r in log if r.is_control and r.control.control == "open"
    }
    assert opened == {"posts": 700, "ticks": 200, "transfers": 200}
    closed = {r.time_ms - START_MS for r in controls(log, "close")}
    assert closed == {900}


async def test_watermarks_come_at_least_every_two_thousand_events():
    items = timed("ticks", list(range(9_000)), START_MS)
    log, _, _ = await run([Feed(source=ListSource("a", {"ticks"}, items))])
    for topic in TOPICS:
        watermarks = [
            (index, record)
            for index, record in enumerate(log)
            if record.is_control and (record.topic, record.partition) == (topic, 0)
        ]
        gaps = [
            sum(record.is_event for record in log[first:second])
            for (first, _), (second, _) in itertools.pairwise(watermarks)
        ]
        assert max(gaps) <= 2_000
        times = [record.time_ms for _, record in watermarks]
        assert times == sorted(times)


async def test_the_watermark_of_a_topic_whose_source_ended_follows_the_others():
    clock = VirtualClock(START_MS)
    pace = EventTimePace(clock, 1.0, START_MS, START_MS)
    log, _, _ = await run(
        [
            Feed(source=ListSource("a", {"posts"}, timed("posts", [0], START_MS)), pace=pace),
            Feed(
                source=ListSource("b", {"ticks"}, timed("ticks", [0, 60_000], START_MS)), pace=pace
            ),
        ],
        clock,
    )
    posts = [r.time_ms - START_MS for r in log if r.is_control and r.topic == "posts"]
    assert len({time for time in posts if 10_000 < time < 60_000}) > 20


async def test_a_paced_source_waits_for_its_events_time_and_its_watermark_follows_the_clock():
    clock = VirtualClock(START_MS)
    pace = EventTimePace(clock, 10.0, START_MS, START_MS)
    items = timed("ticks", [0, 600_000], START_MS)
    log, _, _ = await run([Feed(source=ListSource("a", {"ticks"}, items), pace=pace)], clock)
    assert clock.now_ms() - START_MS >= 60_000
    watermarks = {r.time_ms - START_MS for r in log if r.is_control and r.topic == "ticks"}
    assert len(watermarks) > 30
    assert max(watermarks) == 600_000


async def test_the_state_is_written_only_for_what_was_sent_before_it():
    items = timed("ticks", list(range(0, 30_000, 1_000)), START_MS)
    clock = VirtualClock(START_MS)
    pace = EventTimePace(clock, 1.0, START_MS, START_MS)
    log, _, _ = await run([Feed(source=ListSource("a", {"ticks"}, items), pace=pace)], clock)
    states = [index for index, record in enumerate(log) if record.topic == SESSIONS.name]
    assert len(states) > 10
    for index in states:
        state = last_state(log[: index + 1])
        cursor = int(state.cursors.get("a", "0"))
        assert sum(record.is_event for record in log[:index]) >= cursor - 1
    assert last_state(log).finished
    assert not last_state(log).open


async def test_the_state_is_closed_before_the_log_is():
    log, _, _ = await run([Feed(source=ListSource("a", {"ticks"}, timed("ticks", [1], START_MS)))])
    first_close = next(
        i for i, r in enumerate(log) if r.is_control and r.control.control == "close"
    )
    assert not last_state(log[:first_close]).open


async def test_an_invalid_event_goes_to_the_dead_letters_and_stops_nothing():
    bad = an_event("ticks", 7, START_MS)
    items = [
        Progress(START_MS),
        an_event("ticks", 1, START_MS + 5),
        type(bad)(**{name: getattr(bad, name) for name in bad.__struct_fields__} | {"price": "0"}),
        an_event("ticks", 2, START_MS + 4),
        an_event("posts", 3, START_MS + 6),
        Rejected(reason="no row", value=b"x" * 1_000_000, file="f", line=3),
        an_event("ticks", 4, START_MS + 6),
    ]
    log, runner, _ = await run([Feed(source=ListSource("a", {"ticks"}, items))])
    letters = [decode_dead_letter(r.value) for r in log if r.topic == "dead-letters"]
    assert [letter.reason.split(":")[0] for letter in letters] == [
        "must be above zero",
        "older than the watermark its source promised",
        "source a is not for posts",
        "no row",
    ]
    assert (letters[3].file, letters[3].line, len(letters[3].value)) == ("f", 3, 262_144)
    assert [record.event.id for record in log if record.is_event] == ["ticks-1", "ticks-4"]
    assert runner.lanes[0].rejected == 4


async def test_text_that_cannot_be_written_is_refused():
    post = an_event("posts", 1, START_MS)
    broken = type(post)(
        **{name: getattr(post, name) for name in post.__struct_fields__} | {"text": "\ud800"}
    )
    log, _, finished = await run(
        [Feed(source=ListSource("a", {"posts"}, [Progress(START_MS), broken]))]
    )
    assert finished
    assert sum(record.topic == "dead-letters" for record in log) == 1


async def test_only_progress_promises_for_a_source_whose_events_may_step_back():
    items = [
        Progress(START_MS),
        an_event("ticks", 1, START_MS + 9_000),
        an_event("ticks", 2, START_MS + 3_000),
        Progress(START_MS + 5_000, "ticks"),
        an_event("ticks", 3, START_MS + 4_000),
    ]
    log, _, _ = await run([Feed(source=PromisingSource("a", {"ticks"}, items))])
    assert [r.event.id for r in log if r.is_event] == ["ticks-1", "ticks-2"]
    assert_promises_are_kept(log)


async def test_a_source_that_knows_nothing_is_promised_the_clock_minus_its_lateness():
    clock = VirtualClock(START_MS)
    source = UnknownSource("a", {"ticks"}, [an_event("ticks", 1, START_MS - 3_600_000)])
    log, _, _ = await run([Feed(source=source, lateness_ms=20_000)], clock)
    opened = next(record for record in log if record.is_control)
    assert opened.time_ms == START_MS - 20_000
    assert sum(record.is_event for record in log) == 1, "a late event is kept"


async def test_a_source_that_keeps_failing_ends_the_run_in_order():
    items = timed("ticks", [0, 1, 2], START_MS)
    source = ListSource("a", {"ticks"}, items, {2})
    source.events = _always_broken(source.events)
    with pytest.raises(OperatorError, match="source a failed: it is broken"):
        await run([Feed(source=source, restarts=2)])


def _always_broken(events):
    async def broken(resume):
        async for pair in events(None):
            yield pair
            raise ConnectionError("it is broken")

    return broken


async def test_a_silent_source_is_started_again():
    class Silent(ListSource):
        starts = 0

        async def events(self, resume):
            self.starts += 1
            async for pair in super().events(resume):
                yield pair
                if self.starts == 1:
                    await asyncio.Event().wait()

    source = Silent("a", {"ticks"}, timed("ticks", [0, 1], START_MS))
    log, _, finished = await run([Feed(source=source, silence_s=30)])
    assert finished
    assert source.starts == 2
    assert sum(record.is_event for record in log) == 2


async def test_a_source_that_is_kept_waiting_is_not_silent():
    clock = VirtualClock(START_MS)
    pace = EventTimePace(clock, 1.0, START_MS, START_MS)
    source = ListSource("a", {"ticks"}, timed("ticks", [0, 600_000], START_MS), set())
    log, _, finished = await run([Feed(source=source, pace=pace, silence_s=5)], clock)
    assert finished
    assert sum(record.is_event for record in log) == 2


async def test_a_stopped_run_is_closed_and_keeps_its_cursor():
    stop = asyncio.Event()

    class Endless(ListSource):
        async def events(self, resume):
            yield Progress(START_MS), "0"
            for number in range(10**9):
                if number == 1_000:
                    stop.set()
                yield an_event("ticks", number, START_MS + number), str(number + 1)

    log, _, finished = await run([Feed(source=Endless("a", {"ticks"}, []))], stop=stop)
    state = last_state(log)
    assert not finished
    assert (state.open, state.finished) == (False, False)
    assert int(state.cursors["a"]) == sum(record.is_event for record in log) >= 1_000
    assert log[-1].control.control == "close"
