"""The promise: the same log gives the same alerts, however it is read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.offline import MemoryRecord, replay, write_log
from processors.partition import PartitionState
from processors.records import Outputs
from schemas.alerts import Alert
from schemas.codec import encode
from schemas.events import Control, Tick
from schemas.times import rfc3339
from schemas.topics import EVENT_TOPICS, POSTS, TICKS, TRANSFERS
from tests.processors.engine import PATTERNS, START_MS, essence, market

NOW = "2030-01-01T00:00:00.000Z"


def logs_of(seed: int, sessions: int = 1, **how: int) -> dict[str, list[MemoryRecord]]:
    """The three logs of one or more sessions over the same kind of market."""
    logs: dict[str, list[MemoryRecord]] = {spec.name: [] for spec in EVENT_TOPICS}
    for session in range(sessions):
        for topic, record in write_log(market(seed + session), f"s{session}", **how):
            log = logs[topic]
            log.append(MemoryRecord(record.key, record.value, len(log)))
    return logs


def read_in_any_way(logs: dict[str, list[MemoryRecord]], dice: random.Random) -> list[Alert]:
    """Random interleaving and batches, restarts from snapshots, outputs after them lost or not."""
    state = PartitionState(0, PATTERNS)
    snapshot, offsets = state.dump(), state.offsets()
    position = dict(offsets)
    out = Outputs(now=NOW)
    while any(position[topic] < len(log) for topic, log in logs.items()):
        topic = dice.choice([t for t, log in logs.items() if position[t] < len(log)])
        size = dice.choice((1, 2, 7, 50, 400))
        state.process(topic, logs[topic][position[topic] : position[topic] + size], out)
        position[topic] = min(position[topic] + size, len(logs[topic]))
        chance = dice.random()
        if chance < 0.1:
            snapshot, offsets = state.dump(), state.offsets()
        elif chance < 0.2:
            # A crash: the new worker reads on from an offset at or before the snapshot's.
            state = PartitionState.load(snapshot)
            position = {t: max(0, o - dice.randrange(3)) for t, o in offsets.items()}
    return out.alerts


@pytest.fixture(scope="module")
def undisturbed() -> dict[tuple[int, int], dict[tuple[str, int], Alert]]:
    """What reading each log in one piece says."""
    found = {}
    for seed in (1, 2, 3):
        for sessions in (1, 2):
            logs = logs_of(seed, sessions)
            state, out = PartitionState(0, PATTERNS), Outputs(now=NOW)
            for topic in (TRANSFERS.name, POSTS.name, TICKS.name):
                state.process(topic, logs[topic], out)
            found[seed, sessions] = essence(out.alerts)
    return found


def test_the_test_market_raises_and_revises_alerts_of_every_pattern(undisturbed):
    alerts = undisturbed[1, 1].values()
    assert len({alert.pattern for alert in alerts}) == 3
    assert sum(alert.revision > 2 for alert in alerts) > 10
    last = {alert.id: alert for alert in sorted(alerts, key=lambda alert: alert.revision)}
    assert {alert.status for alert in last.values()} == {"resolved"}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.sampled_from((1, 2, 3)),
    sessions=st.sampled_from((1, 2)),
    how=st.integers(0, 2**32),
)
def test_any_batches_interleaving_and_restarts_give_the_same_alerts(
    undisturbed, seed, sessions, how
):
    logs = logs_of(seed, sessions)
    assert essence(read_in_any_way(logs, random.Random(how))) == undisturbed[seed, sessions]


@settings(max_examples=20, deadline=None)
@given(every=st.sampled_from((1, 3, 40, 10_000)), how=st.integers(0, 2**32))
def test_where_watermarks_lie_changes_nothing(undisturbed, every, how):
    logs = logs_of(1, watermark_every=every)
    assert essence(read_in_any_way(logs, random.Random(how))) == undisturbed[1, 1]


def test_the_first_word_needs_no_watermark():
    log = [r for t, r in write_log(market(1), watermark_every=10**9) if t == TICKS.name][:-1]
    state, out = PartitionState(0, PATTERNS), Outputs(now=NOW)
    state.process(TICKS.name, log, out)
    assert out.alerts
    assert {alert.revision for alert in out.alerts} == {1}


def control(kind: str, session: str, time_ms: int, writer: str = "w") -> bytes:
    return encode(Control(control=kind, session=session, writer=writer, watermark=rfc3339(time_ms)))


def tick(number: int, time_ms: int, price: float = 1.0) -> bytes:
    return encode(
        Tick(
            id=str(number),
            token="T",
            symbol="T",
            event_time=rfc3339(time_ms),
            source="test",
            price=str(price),
            amount="1",
        )
    )


def run_ticks(*values: tuple[bytes | None, bytes]) -> Outputs:
    state, out = PartitionState(0, PATTERNS), Outputs(now=NOW)
    records = [MemoryRecord(key, value, offset) for offset, (key, value) in enumerate(values)]
    state.process(TICKS.name, records, out)
    return out


def test_late_events_are_counted_and_raise_nothing():
    out = run_ticks(
        (None, control("open", "s", START_MS)),
        (b"T", tick(1, START_MS + 5_000)),
        (None, control("watermark", "s", START_MS + 6_000)),
        (b"T", tick(2, START_MS + 5_500, 9.0)),
        (b"T", tick(3, START_MS + 6_000)),
    )
    assert out.counts["late"] == 1
    assert out.counts["events"] == 2
    assert not out.alerts


def test_an_event_sent_twice_counts_once():
    out = run_ticks(
        (None, control("open", "s", START_MS)),
        (b"T", tick(1, START_MS)),
        (b"T", tick(1, START_MS)),
        (b"T", tick(2, START_MS)),
    )
    assert (out.counts["events"], out.counts["duplicates"]) == (2, 1)


def test_the_watermark_is_the_minimum_of_the_open_writers():
    state, out = PartitionState(0, PATTERNS), Outputs(now=NOW)
    values = (
        control("open", "s", START_MS, "a"),
        control("open", "s", START_MS, "b"),
        control("watermark", "s", START_MS + 9_000, "a"),
        control("watermark", "s", START_MS + 4_000, "b"),
    )
    records = [MemoryRecord(None, value, offset) for offset, value in enumerate(values)]
    state.process(TICKS.name, records, out)
    assert state.watermarks()[TICKS.name] == START_MS + 4_000
    close = MemoryRecord(None, control("close", "s", START_MS + 9_000, "b"), 4)
    state.process(TICKS.name, [close], out)
    assert state.watermarks()[TICKS.name] == START_MS + 9_000


def test_a_session_in_an_older_year_starts_the_token_fresh():
    year = 365 * 86_400_000
    out = run_ticks(
        (None, control("open", "new", START_MS)),
        (b"T", tick(1, START_MS, 1.0)),
        (None, control("close", "new", START_MS)),
        (None, control("open", "old", START_MS - year)),
        (b"T", tick(2, START_MS - year, 5.0)),
        (b"T", tick(3, START_MS - year + 1, 11.0)),
    )
    assert [alert.event_time for alert in out.alerts] == [rfc3339(START_MS - year + 1)]


def test_a_token_silent_for_a_day_starts_fresh():
    day = 86_400_000
    out = run_ticks(
        (None, control("open", "s", START_MS)),
        (b"T", tick(1, START_MS, 1.0)),
        (b"T", tick(2, START_MS + day + 1, 5.0)),
    )
    assert not out.alerts


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"T", b"not json", "malformed"),
        (b"T", b"{}", "missing required field"),
        (b"T", tick(1, START_MS).replace(b'"price":"1.0"', b'"price":"-1"'), "negative"),
        (b"T", tick(1, START_MS).replace(b'"price":"1.0"', b'"price":"nan"'), "finite"),
        (b"T", tick(1, START_MS).replace(b"2018-", b"3018-"), "year out of range"),
        (b"T", tick(1, START_MS).replace(b"2018-08", b"2018-33"), "event_time"),
        (b"T", b"", "truncated"),
        (None, b'{"control":"dance"}', "Invalid enum value"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason_and_bytes(key, value, reason):
    out = run_ticks((None, control("open", "s", START_MS)), (key, value))
    (letter,) = out.dead_letters
    assert reason in letter.reason
    assert letter.value == value
    assert (letter.topic, letter.offset) == (TICKS.name, 1)


def test_replaying_offline_is_the_same_as_reading_the_log(undisturbed):
    assert essence(replay(market(1), PATTERNS).alerts) == undisturbed[1, 1]
