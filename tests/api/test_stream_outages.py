"""The database goes away and comes back; nothing is skipped or doubled."""

from __future__ import annotations

import json
import secrets

import asyncpg
import msgspec
import pytest

from memewatch.settings import Settings
from memewatch.stack import roles
from tests.api.proxy import Proxy
from tests.api.running import Api, receive, receive_until_seq, run_api, send, until
from tests.api.writer import Writer, make_alert
from tests.servers import Servers

pytestmark = pytest.mark.integration


async def terminate_listener(servers: Servers, database: str) -> None:
    """End the API's listening session, as an administrator or a restart would."""
    connection = await asyncpg.connect(
        host=servers.database.host,
        port=servers.database.port,
        user=roles.SUPERUSER,
        password=servers.database.superuser_password,
        database=database,
    )
    try:
        ended = await connection.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where datname = $1 and usename = $2",
            database,
            roles.API,
        )
        assert ended > 0
    finally:
        await connection.close()


async def test_changes_committed_while_the_listener_was_gone_arrive_in_order(
    api: Api, writer: Writer, servers: Servers, database: Settings
) -> None:
    async with api.stream() as socket:
        await receive(socket, "snapshot")
        await writer.alerts(make_alert(1))
        await receive_until_seq(socket, 1)
        for outage in range(3):
            base = 100 * (outage + 1)
            await terminate_listener(servers, database.postgres_database)
            last = await writer.alerts(*(make_alert(base + n) for n in range(20)))
            missed = await receive_until_seq(socket, last)
            assert [m["seq"] for m in missed] == list(range(last - 19, last + 1))
            assert [m["previous_seq"] for m in missed] == list(range(last - 20, last))


async def test_an_outage_keeps_the_sockets_says_so_and_loses_nothing(
    api_settings: Settings, writer: Writer, proxy: Proxy
) -> None:
    settings = api_settings.model_copy(update={"postgres_port": proxy.port})
    async with run_api(settings) as api, api.stream() as socket:
        await receive(socket, "snapshot")
        await proxy.cut()
        while (await receive(socket, "heartbeat"))["database"] == "up":
            pass
        problem = await api.get("/alerts", 503)
        assert "does not answer" in problem["detail"]
        assert (await api.http.get("/health")).status_code == 200
        readiness = await api.http.get("/ready")
        assert (readiness.status_code, readiness.json()["database"]) == (503, False)
        metrics = (await api.http.get("/metrics")).text
        assert "memewatch_database_up 0.0" in metrics
        # A client that comes during the outage is greeted with what is known.
        async with api.stream() as second:
            await receive(second, "hello")
            await writer.alerts(make_alert(1), make_alert(2))
            await proxy.mend()
            for client in (socket, second):
                changes = await receive_until_seq(client, 2)
                assert [c["seq"] for c in changes if "alert" in c] == [1, 2]
        while (await receive(socket, "heartbeat"))["database"] == "down":
            pass
        assert len((await api.get("/alerts"))["items"]) == 2
        assert (await api.http.get("/ready")).status_code == 200


async def test_an_api_that_starts_before_its_database_greets_once_it_is_there(
    api_settings: Settings, writer: Writer, proxy: Proxy
) -> None:
    await proxy.cut()
    settings = api_settings.model_copy(update={"postgres_port": proxy.port})
    await writer.alerts(make_alert(1, token="A"), make_alert(2))
    async with run_api(settings, wait_ready=False) as api, api.stream() as socket:
        heartbeat = await receive(socket, "heartbeat")
        assert (heartbeat["seq"], heartbeat["database"]) == (None, "down")
        await send(socket, type="subscribe", filter={"token": "A"})
        await proxy.mend()
        assert (await receive(socket))["type"] == "hello"
        snapshot = await receive(socket)
        assert [alert["token"] for alert in snapshot["alerts"]] == ["A"]


async def test_another_database_behind_the_same_address_starts_anew(
    api_settings: Settings, api: Api, writer: Writer, database: Settings, servers: Servers
) -> None:
    """As after a restored backup: numbers are given a second time, under a new epoch."""
    await writer.alerts(make_alert(1), make_alert(2))
    async with api.stream() as socket:
        old = await receive(socket, "hello")
        owner = await asyncpg.connect(
            host=database.postgres_host,
            port=database.postgres_port,
            user=database.postgres_user,
            password=servers.database.passwords[roles.OWNER],
            database=database.postgres_database,
        )
        epoch = secrets.token_hex(4)
        await owner.execute("truncate alerts, alert_revisions")
        await owner.execute("update stream_state set seq = 0, epoch = $1", epoch)
        await owner.close()
        await terminate_listener(servers, database.postgres_database)
        assert (await receive(socket, "error"))["code"] == "epoch_changed"
        await socket.wait_closed()
        assert socket.close_code == 1012
    await until(lambda: api.services.hub.epoch == epoch)
    await writer.alerts(make_alert(3))
    async with api.stream() as socket:
        assert (await receive(socket, "hello"))["epoch"] == epoch != old["epoch"]
        await send(socket, type="subscribe", epoch=old["epoch"], seq=1)
        assert (await receive(socket, "subscribed"))["recovered"] is False


async def test_history_is_bounded_and_says_from_where_it_reaches(
    api_settings: Settings, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.history.MAXIMUM_CHANGES", 10)
    monkeypatch.setattr("api.stream.store.MAXIMUM_CHANGES", 10)
    await writer.alerts(*(make_alert(n) for n in range(25)))
    async with run_api(api_settings) as api, api.stream() as socket:
        epoch = (await receive(socket, "hello"))["epoch"]
        await send(socket, type="subscribe", epoch=epoch, seq=14)
        answer = await receive(socket, "subscribed")
        assert (answer["recovered"], answer["oldest_seq"]) == (False, 15)
        await send(socket, type="subscribe", epoch=epoch, seq=15)
        assert (await receive(socket, "subscribed"))["recovered"] is True
        assert [m["seq"] for m in await receive_until_seq(socket, 25)] == list(range(16, 26))
        await writer.alerts(make_alert(100))
        await receive_until_seq(socket, 26)
        await send(socket, type="subscribe", epoch=epoch, seq=15)
        answer = await receive(socket, "subscribed")
        assert (answer["recovered"], answer["oldest_seq"]) == (False, 16)


async def test_a_change_that_was_not_announced_is_found_by_the_next_one(
    api: Api, writer: Writer
) -> None:
    async with api.stream() as socket:
        await receive(socket, "snapshot")
        async with writer.connection.transaction():
            await writer.connection.execute("update stream_state set seq = seq + 1")
            body = {**msgspec.to_builtins(make_alert(1)), "seq": 1}
            await writer.connection.execute(
                "insert into alert_revisions (id, revision, seq, body) values ($1, 1, 1, $2)",
                body["id"],
                json.dumps(body),
            )
        await writer.alerts(make_alert(2))
        changes = await receive_until_seq(socket, 2)
        assert [(c["seq"], c["previous_seq"]) for c in changes] == [(1, 0), (2, 1)]
