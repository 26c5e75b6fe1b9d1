"""`alerts` and `topics` on real servers: every alert, each revision once, lag that is true."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import pytest
from confluent_kafka import Consumer, TopicPartition

from memewatch.cli.alert_feed import AlertFilter, follow_revisions, latest_alerts
from memewatch.cli.database import connect
from memewatch.cli.lag import read_topics
from memewatch.kafka import RecordProducer, client_config
from memewatch.settings import Settings
from memewatch.stack.roles import API, SUPERUSER
from schemas.topics import TICKS, WORKERS_GROUP
from tests.conftest import SettingsForRole
from tests.servers import Servers

pytestmark = pytest.mark.integration
ALL = AlertFilter()


def body(seq: int, name: str, revision: int, minute: int = 0, **fields: object) -> dict[str, Any]:
    return {
        "id": name,
        "revision": revision,
        "seq": seq,
        "token": "eth:0x1",
        "symbol": "OAX",
        "pattern": "whale_dump",
        "event_time": f"2018-08-17T16:{minute:02d}:00.000Z",
        **fields,
    }


async def commit(connection: asyncpg.Connection, alert: dict[str, Any]) -> None:
    """Store a revision as the sink does, in its tables and with its notification."""
    async with connection.transaction():
        await connection.execute(
            "insert into alert_revisions (id, revision, seq, body) values ($1, $2, $3, $4)",
            alert["id"],
            alert["revision"],
            alert["seq"],
            json.dumps(alert),
        )
        await connection.execute(
            """
            insert into alerts (id, revision, seq, token, symbol, pattern, phase, severity, score,
                status, event_time, onset_estimate, detected_at, explanation, evidence, inputs,
                detector_version, schema_version)
            values ($1, $2, $3, $4, $5, $6, '', 'low', 0.5, 'open', $7::text::timestamptz,
                now(), now(), '', '[]', '[]', '1', 1)
            on conflict (id) do update set revision = excluded.revision, seq = excluded.seq
            """,
            alert["id"],
            alert["revision"],
            alert["seq"],
            alert["token"],
            alert["symbol"],
            alert["pattern"],
            alert["event_time"],
        )
        await connection.execute("select pg_notify('memewatch_alerts', $1)", str(alert["seq"]))


async def test_every_alert_is_printed_at_its_latest_revision_by_event_time(
    settings: Settings, settings_for: SettingsForRole
) -> None:
    owner = await connect(settings)
    await commit(owner, body(1, "late", 1, minute=9))
    await commit(owner, body(2, "early", 1, minute=1))
    await commit(owner, body(3, "early", 2, minute=1))
    await commit(owner, body(4, "other", 1, minute=5, token="PEPE", symbol="PEPE"))
    reader = settings_for(settings, API)
    found = [(alert["id"], alert["revision"]) async for alert in latest_alerts(reader, ALL)]
    assert found == [("early", 2), ("other", 1), ("late", 1)]
    by_symbol = [alert["id"] async for alert in latest_alerts(reader, AlertFilter(token="pepe"))]
    assert by_symbol == ["other"]
    by_token = [alert["id"] async for alert in latest_alerts(reader, AlertFilter(token="eth:0x1"))]
    assert by_token == ["early", "late"]
    assert [a async for a in latest_alerts(reader, AlertFilter(pattern="pump_and_dump"))] == []
    await owner.close()


async def terminate(settings: Settings, servers: Servers) -> None:
    """End every session of the api role in this test's database."""
    database = servers.database
    superuser = await asyncpg.connect(
        host=database.host,
        port=database.port,
        user=SUPERUSER,
        password=database.superuser_password,
        database=settings.postgres_database,
    )
    ended = await superuser.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where usename = $1 and datname = $2",
        API,
        settings.postgres_database,
    )
    assert len(ended) == 1
    await superuser.close()


async def test_each_revision_is_followed_once_also_when_the_connection_breaks(
    settings: Settings, settings_for: SettingsForRole, servers: Servers
) -> None:
    owner = await connect(settings)
    await commit(owner, body(1, "a", 1))
    seen: asyncio.Queue[int] = asyncio.Queue()

    async def follow() -> None:
        async for alert in follow_revisions(settings_for(settings, API), ALL):
            seen.put_nowait(alert["seq"])

    following = asyncio.create_task(follow())
    try:
        assert await asyncio.wait_for(seen.get(), 20) == 1
        await commit(owner, body(2, "a", 2))
        assert await asyncio.wait_for(seen.get(), 20) == 2
        # The follower's session ends as it does when the server restarts.
        await terminate(settings, servers)
        await commit(owner, body(3, "b", 1))
        assert await asyncio.wait_for(seen.get(), 20) == 3
        assert seen.empty()
    finally:
        following.cancel()
    await owner.close()


async def test_lag_is_what_workers_and_sink_have_not_dealt_with(
    settings: Settings, settings_for: SettingsForRole
) -> None:
    name = settings.namespace + TICKS.name
    producer = RecordProducer(settings)
    for _ in range(10):
        await producer.send(TICKS.name, b"{}", partition=3)
    await producer.flush()
    producer.close()
    worker = Consumer(client_config(settings) | {"group.id": settings.namespace + WORKERS_GROUP})
    worker.commit(offsets=[TopicPartition(name, 3, 6)], asynchronous=False)
    worker.close()
    owner = await connect(settings)
    await owner.execute("insert into positions values ($1, 3, 9)", name)
    await owner.close()

    report = await read_topics(settings_for(settings, API))
    ticks = next(topic for topic in report if topic["topic"] == name)
    assert ticks["partitions"][3] == {"partition": 3, "low": 0, "high": 10}
    lag = {(one["group"], one["partition"]): one["lag"] for one in ticks["groups"]}
    assert lag[settings.namespace + "workers", 3] == 4
    assert lag[settings.namespace + "sink", 3] == 1
    assert sum(lag.values()) == 5
    sessions = next(topic for topic in report if topic["topic"].endswith("sessions"))
    assert sessions["groups"] == []
