"""What every source keeps; a new one adds one line to ``SOURCES``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from producers.recorded.lines import reject
from producers.recorded.source import UnusableFiles
from producers.simulated.market import MarketSource
from producers.source import Progress, Rejected, Source
from schemas.codec import EVENT_DECODERS, encode, event_time_ms, topic_of
from tests.producers.recordings import (
    START_MS,
    collect,
    post,
    recorded_source,
    trade_row,
    transfer,
    write_objects,
    write_trades,
)

Factory = Callable[[Path], Source]


def recorded_trades(directory: Path) -> Source:
    rows = [trade_row(START_MS + n // 3, amount=str(n % 2)) for n in range(40)]
    first = write_trades(directory / "a.csv.gz", [*rows[:25], "a bad row"])
    return recorded_source([first, write_trades(directory / "b.csv", rows[15:])])


def recorded_transfers(directory: Path) -> Source:
    rows = [transfer(START_MS + n // 2, n) for n in range(20)]
    return recorded_source([write_objects(directory / "transfers", rows)])


def recorded_posts(directory: Path) -> Source:
    rows = [post(START_MS + 1000 * (n % 7), n) for n in range(20)]
    return recorded_source([write_objects(directory / "posts", rows)])


def unusable_files(directory: Path) -> Source:
    return UnusableFiles([reject(directory / name, None, "unknown", b"?") for name in "ab"])


def simulated_market(directory: Path) -> Source:
    end_ms = START_MS + 10 * 60_000
    return MarketSource(3, 4, start_ms=START_MS, end_ms=end_ms, truth_path=directory / "truth")


SOURCES: list[Factory] = [
    recorded_trades,
    recorded_transfers,
    recorded_posts,
    unusable_files,
    simulated_market,
]


@pytest.fixture(params=SOURCES, ids=lambda factory: factory.__name__)
def make(request, tmp_path):
    return lambda: request.param(tmp_path)


async def test_two_runs_yield_the_same_under_the_same_identity(make):
    first, second = make(), make()
    assert first.identity == second.identity
    assert await collect(first) == await collect(second)
    assert await collect(first) == await collect(second), "a source can be read again"


async def test_a_cursor_resumes_with_exactly_the_rest(make):
    everything = await collect(make())
    step = max(1, len(everything) // 12)
    for index in [*range(0, len(everything), step), len(everything) - 1]:
        rest = await collect(make(), everything[index][1])
        assert without_progress(rest) == without_progress(everything[index + 1 :])


async def test_events_are_valid_have_ids_of_their_own_and_go_to_the_named_topics(make):
    source = make()
    events = [
        item for item, _ in await collect(source) if not isinstance(item, Progress | Rejected)
    ]
    assert bool(events) == bool(source.topics)
    for event in events:
        topic = topic_of(event)
        assert topic in source.topics
        assert EVENT_DECODERS[topic](encode(event)) == event
        event_time_ms(event)
    assert len({(type(event), event.id) for event in events}) == len(events)


async def test_promises_are_kept_also_after_a_cursor(make):
    source = make()
    if source.order == "unknown":
        return
    everything = await collect(source)
    for resume in (None, everything[len(everything) // 2][1]):
        promised = dict.fromkeys(source.topics, 0)
        items = [item for item, _ in await collect(make(), resume)]
        assert resume is not None or isinstance(items[0], Progress)
        assert not isinstance(items[0], Rejected), "the session opens at the first item's time"
        for item in items:
            if isinstance(item, Progress):
                for topic in source.topics if item.topic is None else {item.topic}:
                    promised[topic] = max(promised[topic], item.time_ms)
            elif not isinstance(item, Rejected):
                time_ms = event_time_ms(item)
                assert time_ms >= promised[topic_of(item)]
                if source.order == "ordered":
                    promised = dict.fromkeys(source.topics, time_ms)


async def test_names_are_those_a_metric_and_a_cursor_can_bear(make):
    source = make()
    assert source.name
    assert source.name == source.name.strip()
    assert all(isinstance(cursor, str) and cursor for _, cursor in await collect(source))


def without_progress(pairs):
    return [pair for pair in pairs if not isinstance(pair[0], Progress)]
