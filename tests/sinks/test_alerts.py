"""Alerts: each revision once, numbered without gaps, announced as it was stored."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import msgspec
import pytest

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from schemas.alerts import Alert
from schemas.times import rfc3339
from sinks.base import Record
from sinks.dead_letters import DeadLetters
from sinks.decoding import alert_content
from sinks.main import ALERT
from sinks.metrics import SinkMetrics
from sinks.postgres.alerts import CHANNEL, AlertSink, change_type
from sinks.postgres.positions import read_positions
from sinks.postgres.sink import SinkContext
from tests.sinks.stage import (
    alert,
    connected,
    publish,
    running,
    until,
    until_count,
    until_stored,
)

pytestmark = pytest.mark.integration


async def numbers(database: asyncpg.Connection) -> list[int]:
    rows = await database.fetch("select seq from alert_revisions order by seq")
    return [row["seq"] for row in rows]


async def test_revisions_are_numbered_in_log_order_and_repeats_change_nothing(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    records = [
        alert("A"),
        alert("A", 2, phase="pump"),
        alert("A"),
        alert("A", 3, status="resolved"),
    ]
    async with running(sink_settings, ALERT):
        await publish(sink_settings, records)
        await until_stored(database, sink_settings, 4)
        await publish(sink_settings, [*records, alert("B")])
        await until_stored(database, sink_settings, 9)

    rows = await database.fetch("select id, revision, seq from alert_revisions order by seq")
    assert [tuple(row) for row in rows if row["id"] == "A"] == [
        ("A", 1, rows[0]["seq"]),
        ("A", 2, rows[1]["seq"]),
        ("A", 3, rows[2]["seq"]),
    ]
    assert await numbers(database) == [1, 2, 3, 4]
    assert await database.fetchval("select seq from stream_state") == 4
    latest = await database.fetchrow("select * from alerts where id = 'A'")
    assert (latest["revision"], latest["seq"], latest["status"]) == (3, 3, "resolved")
    assert latest["updated_at"] >= latest["created_at"]


async def test_an_older_revision_never_replaces_a_newer_one(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    async with running(sink_settings, ALERT):
        await publish(sink_settings, [alert("A", 3, phase="late"), alert("A", 2, phase="early")])
        await until_count(database, "alert_revisions", 2)
        await publish(sink_settings, [alert("A", 1, phase="earliest")])
        await until_count(database, "alert_revisions", 3)
    latest = await database.fetchrow("select revision, seq, phase from alerts")
    assert tuple(latest) == (3, 1, "late")


async def test_the_stored_body_is_the_alert_with_its_number_and_canonical_times(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    topic, key, value = alert("A", onset_estimate="2018-08-17T18:00:00+02:00")
    await publish(sink_settings, [(topic, key, value)])
    async with running(sink_settings, ALERT):
        await until_count(database, "alert_revisions", 1)
    expected = json.loads(value) | {"seq": 1, "onset_estimate": "2018-08-17T16:00:00.000Z"}
    assert json.loads(await database.fetchval("select body from alert_revisions")) == expected
    row = await database.fetchrow("select * from alerts")
    assert rfc3339(round(row["event_time"].timestamp() * 1000)) == expected["event_time"]
    assert row["score"] == expected["score"]
    for column in ("evidence", "inputs"):
        assert json.loads(row[column]) == expected[column]


async def test_every_accepted_revision_is_announced_once_and_in_order(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    announced: list[dict[str, Any]] = []
    await database.add_listener(CHANNEL, lambda *call: announced.append(json.loads(call[3])))
    long = "x" * 8_000
    records = [
        alert("A"),
        alert("A"),
        alert("A", 2),
        alert("A", 3, status="acknowledged"),
        alert("A", 4, explanation=long),
        alert("A", 5, status="retracted"),
    ]
    await publish(sink_settings, records)

    async def all_announced() -> bool:
        return len(announced) >= 5

    async with running(sink_settings, ALERT):
        await until(all_announced, "five announcements")
        await until_stored(database, sink_settings, 6)
    assert [change.get("type") for change in announced] == [
        "opened",
        "updated",
        "acknowledged",
        None,
        "retracted",
    ]
    assert [change["seq"] for change in announced] == [1, 2, 3, 4, 5]
    assert announced[3] == {"seq": 4}
    assert announced[4]["previous_seq"] == 4
    stored = await database.fetch("select body from alert_revisions order by seq")
    assert announced[4]["alert"] == json.loads(stored[4]["body"])


async def test_an_alert_that_cannot_be_stored_takes_no_number_and_blocks_nobody(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    broken = alert("A", 2, explanation="a\0b")
    records = [alert("A"), broken, ("alerts", "A", b"[]"), alert("A", 2**40), alert("A", 3)]
    await publish(sink_settings, records)
    async with running(sink_settings):
        await until_count(database, "dead_letters", 3)
        await until_count(database, "alert_revisions", 2)
    assert await numbers(database) == [1, 2]
    letters = await database.fetch("select value from dead_letters")
    assert {letter["value"] for letter in letters} == {record[2] for record in records[1:4]}


async def test_numbers_have_no_gaps_when_several_write_at_once_and_some_fail(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    """Four writers with partitions of their own; every second transaction is rolled back."""
    metrics = SinkMetrics()
    letters = DeadLetters(sink_settings, SystemClock(), metrics)

    async def write(partition: int) -> None:
        async with connected(sink_settings) as connection:
            namespace = sink_settings.namespace
            positions = await read_positions(connection, namespace, {"alerts": 8})
            context = SinkContext(connection, namespace, positions, letters, metrics)
            sink = AlertSink(context, capacity=10)
            for offset in range(10):
                content = alert_content(alert(f"{partition}-{offset}")[2])
                sink.add([Record("alerts", partition, offset, None, b"", content)])
                # The position is wrong, so the move is refused after the numbers were given.
                positions["alerts", partition] += 1
                with pytest.raises(Exception, match="another sink moved the position"):
                    await sink.flush()
                positions["alerts", partition] -= 1
                await sink.flush()

    await asyncio.gather(*(write(partition) for partition in range(4)))
    assert await numbers(database) == list(range(1, 41))
    assert await database.fetchval("select seq from stream_state") == 40


async def test_of_two_sinks_one_works_and_the_other_takes_over(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    async def workers() -> int:
        return int(
            await database.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and granted "
                "and database = (select oid from pg_database where datname = current_database())"
            )
        )

    async with running(sink_settings, ALERT):
        await publish(sink_settings, [alert("A")])
        await until_count(database, "alert_revisions", 1)
        async with running(sink_settings, ALERT):
            pid = await database.fetchval("select pid from pg_locks where locktype = 'advisory'")
            await publish(sink_settings, [alert("B")])
            await until_count(database, "alert_revisions", 2)
            assert await workers() == 1
        assert pid is not None
        await publish(sink_settings, [alert("C")])
        await until_count(database, "alert_revisions", 3)
    assert await numbers(database) == [1, 2, 3]


def test_a_change_is_named_by_its_revision_and_then_by_its_status() -> None:
    assert change_type(1, "resolved") == "opened"
    assert change_type(2, "open") == "updated"
    assert change_type(2, "resolved") == "resolved"


def test_an_alert_without_a_real_time_is_refused_with_the_time() -> None:
    broken = msgspec.json.decode(alert("A")[2], type=Alert)
    value = msgspec.json.encode(msgspec.structs.replace(broken, event_time="2018-08-17T16:00:61Z"))
    with pytest.raises(ValueError, match="16:00:61"):
        alert_content(value)
