"""One pass at a time, a source's past, and what it said before; on real Kafka."""

from __future__ import annotations

import asyncio
import time

import pytest

from memewatch.clock import SystemClock
from memewatch.errors import OperatorError
from producers.backfill import backfill_async
from producers.collect import collect_async
from producers.state import load_state
from schemas.codec import decode_raw_payload
from tests.producers.kafka_log import read_log
from tests.producers.live.servers.reddit import RedditServer
from tests.producers.logs import assert_promises_are_kept

pytestmark = pytest.mark.integration


async def one_pass(settings):
    return await collect_async(settings, "reddit", SystemClock(), asyncio.Event())


def events_of(settings):
    return [record.event for record in read_log(settings) if record.is_event]


def now_ms():
    return time.time_ns() // 1_000_000


async def test_passes_take_what_is_new_and_two_at_once_do_no_harm(kafka_settings):
    async with RedditServer() as server:
        settings = kafka_settings.model_copy(update=server.settings())
        first = server.add(6, now_ms() - 3_600_000)
        report = await one_pass(settings)
        assert (report.finished, report.events) == (True, 6)

        later = server.add(4, now_ms() - 60_000)
        reports = await asyncio.gather(one_pass(settings), one_pass(settings))
        assert [report.finished for report in reports] == [True, True]
        assert sum(report.events for report in reports) == 4

        events = events_of(settings)
        assert sorted(event.post_id for event in events) == sorted([*first, *later])
        assert {event.origin for event in events} == {"live"}, "a pass is a session of its own"
        assert_promises_are_kept(_last_session(settings))
        state = await asyncio.to_thread(load_state, settings)
        assert state is not None
        assert (state.open, state.sources["reddit"].events) == (False, 10)


async def test_a_source_that_is_off_or_unknown_is_refused_with_what_to_do(kafka_settings):
    with pytest.raises(OperatorError, match="MEMEWATCH_TWITTER_BEARER_TOKEN"):
        await collect_async(kafka_settings, "twitter", SystemClock(), asyncio.Event())
    with pytest.raises(OperatorError, match="the sources are twitter, bluesky"):
        await collect_async(kafka_settings, "myspace", SystemClock(), asyncio.Event())


async def test_a_backfill_feeds_series_only_goes_on_where_it_was_and_is_done_once(kafka_settings):
    async with RedditServer() as server:
        settings = kafka_settings.model_copy(update=server.settings())
        begin_ms = now_ms() - 7_200_000
        named = server.add(40, begin_ms + 3_600_000)
        stop = asyncio.Event()
        stop.set()
        arguments = (settings, "reddit", begin_ms, begin_ms + 7_000_000)
        interrupted = await backfill_async(*arguments, stop)
        assert not interrupted.finished

        seen = []
        report = await backfill_async(
            *arguments, asyncio.Event(), progress=lambda *told: seen.append(told)
        )
        assert report.finished
        events = events_of(settings)
        assert {event.post_id for event in events} == set(named)
        assert {event.origin for event in events} == {"backfill"}
        assert seen[-1][1] == report.events

        again = await backfill_async(*arguments, asyncio.Event())
        assert (again.was_done, len(events_of(settings))) == (True, len(events))


async def test_what_was_kept_is_read_again_by_todays_parser(kafka_settings):
    async with RedditServer() as server:
        settings = kafka_settings.model_copy(update=server.settings())
        begin_ms = now_ms() - 60_000
        server.add(6, begin_ms)
        await one_pass(settings)
        kept = [
            decode_raw_payload(record.value) for record in read_log(settings, ("raw-payloads",))
        ]
        assert {raw.source for raw in kept} == {"reddit"}
        before = events_of(settings)
    # The server is gone: there is only what was kept.
    report = await backfill_async(
        settings, "reddit", begin_ms, now_ms() + 1_000, asyncio.Event(), stored=True
    )
    assert (report.finished, report.events) == (True, len(before))
    after = events_of(settings)
    assert sorted(e.id for e in after) == sorted([e.id for e in before] * 2)
    assert len(read_log(settings, ("raw-payloads",))) == len(kept), "it is not kept twice"


def _last_session(settings):
    """The log from the last opening on, in each partition."""
    places = {}
    for record in read_log(settings):
        place = places.setdefault((record.topic, record.partition), [])
        if record.is_control and record.control.control == "open":
            place.clear()
        place.append(record)
    return [record for place in places.values() for record in place]
