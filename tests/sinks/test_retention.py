"""Retention counts from arrival, never from event time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from memewatch.settings import Settings
from sinks.main import BULK
from sinks.postgres.retention import sweep
from tests.sinks.stage import connected, post, publish, running, tick, until_count

pytestmark = pytest.mark.integration

DAY_MS = 86_400_000


@pytest.fixture
async def sink(sink_settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    async with connected(sink_settings) as connection:
        yield connection


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_a_trade_of_2018_stays_because_it_arrived_now(
    sink_settings: Settings, database: asyncpg.Connection, sink: asyncpg.Connection
) -> None:
    await publish(sink_settings, [tick(1)])
    async with running(sink_settings, BULK):
        await until_count(database, "ticks", 1)
    swept = await sweep(sink, now_ms(), retention_days=1)
    assert (swept.partitions, swept.rows) == ((), 0)
    assert await database.fetchval("select count(*) from ticks") == 1


async def test_a_month_of_which_nothing_arrived_lately_is_dropped_and_made_again_when_needed(
    sink_settings: Settings, database: asyncpg.Connection, sink: asyncpg.Connection
) -> None:
    async with running(sink_settings, BULK):
        await publish(sink_settings, [tick(1), tick(2), post(1)])
        await until_count(database, "ticks", 2)
        await until_count(database, "posts", 1)
        swept = await sweep(sink, now_ms() + 91 * DAY_MS, retention_days=90)
        assert swept.partitions == ("posts_2018_08", "ticks_2018_08")
        assert await database.fetchval("select to_regclass('ticks_2018_08')") is None
        # The running sink still believes that the month is there.
        await publish(sink_settings, [tick(3)])
        await until_count(database, "ticks", 1)
    assert await database.fetchval("select count(*) from dead_letters") == 0


async def test_in_a_month_that_still_receives_only_old_arrivals_go(
    sink_settings: Settings, database: asyncpg.Connection, sink: asyncpg.Connection
) -> None:
    async with running(sink_settings, BULK):
        await publish(sink_settings, [tick(number) for number in range(10)])
        await until_count(database, "ticks", 10)
    await database.execute(
        "update ticks set arrived_at = now() - interval '100 days' where id <> 'venue:3'"
    )
    await database.execute(
        "update partition_arrivals set first_arrival = now() - interval '100 days'"
    )
    swept = await sweep(sink, now_ms(), retention_days=90)
    assert (swept.partitions, swept.rows) == ((), 9)
    assert await database.fetchval("select id from ticks") == "venue:3"
    assert (await sweep(sink, now_ms(), retention_days=90)).rows == 0


async def test_old_dead_letters_go_too(
    sink_settings: Settings, database: asyncpg.Connection, sink: asyncpg.Connection
) -> None:
    await publish(sink_settings, [("signals", "TOK", b"{")])
    async with running(sink_settings, BULK):
        await until_count(database, "dead_letters", 1)
    assert (await sweep(sink, now_ms(), retention_days=1)).rows == 0
    assert (await sweep(sink, now_ms() + 2 * DAY_MS, retention_days=1)).rows == 1
    assert await database.fetchval("select count(*) from dead_letters") == 0
