"""Whatever is killed or cut, the sink goes on: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal as signals
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from memewatch.settings import Settings
from memewatch.stack.ports import free_port
from memewatch.stack.roles import SUPERUSER
from sinks.main import BULK
from tests.servers import Servers
from tests.sinks.stage import (
    alert,
    publish,
    running,
    tick,
    until,
    until_count,
    until_stored,
)

pytestmark = pytest.mark.integration

_PROGRAM = (
    "from memewatch.settings import load_settings; from sinks.main import serve; "
    "serve(load_settings())"
)


@contextlib.contextmanager
def process(
    settings: Settings, metrics_port: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The sink as a process of its own; killed at the end if it still runs."""
    assert settings.postgres_password is not None
    variables = {
        "kafka_bootstrap": settings.kafka_bootstrap,
        "namespace": settings.namespace,
        "postgres_host": settings.postgres_host,
        "postgres_port": settings.postgres_port,
        "postgres_database": settings.postgres_database,
        "postgres_user": settings.postgres_user,
        "postgres_password": settings.postgres_password.get_secret_value(),
    } | ({} if metrics_port is None else {"metrics_port": metrics_port})
    environment = os.environ | {f"MEMEWATCH_{k.upper()}": str(v) for k, v in variables.items()}
    child = subprocess.Popen([sys.executable, "-c", _PROGRAM], env=environment, cwd=Path.cwd())
    try:
        yield child
    finally:
        child.kill()
        child.wait()


async def until_some(database: asyncpg.Connection, table: str, least: int) -> None:
    async def holds() -> bool:
        return bool(await database.fetchval(f"select count(*) >= {least} from {table}"))

    await until(holds, f"{least} rows in {table}")


async def test_a_killed_sink_loses_nothing_and_repeats_nothing(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    total = 40_000
    publishing = asyncio.ensure_future(
        publish(
            sink_settings,
            (tick(n) if n % 100 else alert(f"A{n}") for n in range(total)),
        )
    )
    for least in (1, 10_000, 20_000):
        with process(sink_settings) as sink:
            await until_some(database, "ticks", least)
            sink.kill()
    await publishing
    with process(sink_settings):
        await until_stored(database, sink_settings, total)
    assert await database.fetchval("select count(*) from ticks") == total - total // 100
    assert await database.fetchval("select count(*) from alert_revisions") == total // 100
    assert await database.fetchval("select max(seq) from alert_revisions") == total // 100


async def test_sigterm_ends_it_in_order_and_metrics_are_served_meanwhile(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    port = free_port()
    with process(sink_settings, port) as sink:
        await publish(sink_settings, [tick(n) for n in range(100)])
        await until_count(database, "ticks", 100)

        async def scrape() -> str:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            answer = (await reader.read()).decode()
            writer.close()
            return answer.split("\r\n\r\n", 1)[1]

        async def counted() -> bool:
            samples = {
                (
                    sample.name,
                    sample.labels.get("table") or sample.labels.get("topic"),
                ): sample.value
                for family in text_string_to_metric_families(await scrape())
                for sample in family.samples
            }
            return (
                samples.get(("memewatch_sink_rows_total", "ticks")) == 100
                and samples.get(("memewatch_sink_lag", "ticks")) == 0
            )

        await until(counted, "metrics that count 100 rows and no lag")
        sink.send_signal(signals.SIGTERM)
        assert await asyncio.to_thread(sink.wait, 20) == 0


async def test_lost_connections_are_made_anew(
    sink_settings: Settings, database: asyncpg.Connection, servers: Servers
) -> None:
    superuser = await asyncpg.connect(
        host=servers.database.host,
        port=servers.database.port,
        user=SUPERUSER,
        password=servers.database.superuser_password,
        database=sink_settings.postgres_database,
    )
    try:
        async with running(sink_settings):
            for round_ in range(4):
                numbers = range(round_ * 500, round_ * 500 + 500)
                publishing = asyncio.ensure_future(
                    publish(
                        sink_settings,
                        (tick(n) if n % 50 else alert(f"A{n}") for n in numbers),
                    )
                )
                await until_some(database, "ticks", round_ * 490 + 1)
                await superuser.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where usename = 'memewatch_sink' and datname = current_database()"
                )
                await publishing
            await until_stored(database, sink_settings, 2_000)
    finally:
        await superuser.close()
    assert await database.fetchval("select count(*) from ticks") == 1_960
    assert await database.fetchval("select max(seq) from alert_revisions") == 40


async def test_rows_are_rolled_back_when_their_position_cannot_move(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    await publish(sink_settings, [tick(1, token="TOK")])
    async with running(sink_settings, BULK):
        await until_count(database, "ticks", 1)
        # As if another sink had written the next record already: this one must not.
        moved = await database.fetchrow(
            "update positions set next_offset = 2 where next_offset = 1 returning topic"
        )
        assert moved["topic"] == sink_settings.namespace + "ticks"
        await publish(sink_settings, [tick(2, token="TOK"), tick(3, token="TOK")])
        await until_stored(database, sink_settings, 3)
    rows = await database.fetch("select id from ticks order by id")
    assert [row["id"] for row in rows] == ["venue:1", "venue:3"]


async def test_a_database_that_cannot_take_rows_yet_is_waited_for(
    sink_settings: Settings, database: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await publish(sink_settings, [tick(1), alert("A")])
    await database.execute("alter table positions rename to positions_elsewhere")
    async with running(sink_settings):

        async def said() -> bool:
            return sum("waiting to go on" in line for line in caplog.messages) >= 3

        await until(said, "all lanes say that they wait")
        await database.execute("alter table positions_elsewhere rename to positions")
        await until_count(database, "ticks", 1)
        await until_count(database, "alert_revisions", 1)
    assert sum("waiting to go on" in line for line in caplog.messages) == 3
