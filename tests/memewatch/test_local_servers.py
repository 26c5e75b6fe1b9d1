"""Kafka and PostgreSQL start, keep their data, and stop in an orderly way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import asyncpg
import psutil
import pytest

from memewatch.errors import OperatorError
from memewatch.kafka import RecordProducer, ensure_topics
from memewatch.settings import Settings
from memewatch.stack.kafka import LocalKafka
from memewatch.stack.ports import free_port
from memewatch.stack.postgres import LocalPostgres
from memewatch.stack.roles import API, OWNER, PRODUCER, ROLES, SUPERUSER
from schemas.topics import DEAD_LETTERS

pytestmark = pytest.mark.integration


async def connect(settings: Settings) -> asyncpg.Connection:
    assert settings.postgres_password
    return await asyncpg.connect(
        host=settings.postgres_host,
        port=settings.postgres_port,
        user=settings.postgres_user,
        password=settings.postgres_password.get_secret_value(),
        database=settings.postgres_database,
    )


async def test_kafka_keeps_its_records_over_a_restart_on_another_port(data_dir: Path) -> None:
    first = LocalKafka(data_dir, free_port())
    await first.start()
    try:
        settings = Settings(_env_file=None, kafka_bootstrap=first.bootstrap)
        ensure_topics(settings, [DEAD_LETTERS])
        producer = RecordProducer(settings)
        await producer.send(DEAD_LETTERS.name, b"kept")
        await producer.flush()
        producer.close()
    finally:
        await first.stop()
    assert (data_dir / "log" / ".kafka_cleanshutdown").exists()

    second = LocalKafka(data_dir, free_port())
    await second.start()
    try:
        from confluent_kafka import Consumer, TopicPartition

        consumer = Consumer({"bootstrap.servers": second.bootstrap, "group.id": "t"})
        consumer.assign([TopicPartition(DEAD_LETTERS.name, 0, 0)])
        message = consumer.poll(20)
        assert message is not None
        assert message.value() == b"kept"
        consumer.close()
    finally:
        await second.stop()


async def test_kafka_that_cannot_listen_is_reported_with_the_end_of_its_log(data_dir: Path) -> None:
    import socket

    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        kafka = LocalKafka(data_dir, occupant.getsockname()[1])
        with pytest.raises(OperatorError, match="Kafka ended at once"):
            await kafka.start()


async def test_postgres_keeps_its_rows_and_passwords_over_a_restart(data_dir: Path) -> None:
    base = Settings(_env_file=None)
    for round_number in range(2):
        server = LocalPostgres(data_dir / "postgres", free_port())
        await server.start()
        try:
            owner = await connect(server.settings(base, OWNER))
            if round_number == 0:
                await owner.execute("create table kept (n int); insert into kept values (42)")
            assert await owner.fetchval("select n from kept") == 42
            await owner.close()
        finally:
            await server.stop()
        assert server.child is not None
        assert server.child.exit_code == 0


async def test_a_server_of_before_gets_the_roles_that_came_since(data_dir: Path) -> None:
    base = Settings(_env_file=None)
    server = LocalPostgres(data_dir / "postgres", free_port())
    await server.start()
    passwords = server.passwords
    superuser = await asyncpg.connect(
        host=server.host,
        port=server.port,
        user=SUPERUSER,
        password=passwords[SUPERUSER],
        database="postgres",
    )
    await superuser.execute(f"drop role {PRODUCER}")
    await superuser.close()
    await server.stop()
    known = {role: passwords[role] for role in (SUPERUSER, *ROLES) if role != PRODUCER}
    (data_dir / "postgres-passwords.json").write_text(json.dumps(known))

    again = LocalPostgres(data_dir / "postgres", free_port())
    await again.start()
    try:
        for role in ROLES:
            connection = await connect(again.settings(base, role))
            assert await connection.fetchval("select current_user") == role
            await connection.close()
        assert again.passwords[OWNER] == known[OWNER]
    finally:
        await again.stop()


async def test_the_api_role_may_not_write_and_no_one_enters_without_a_password(
    data_dir: Path,
) -> None:
    base = Settings(_env_file=None)
    server = LocalPostgres(data_dir / "postgres", free_port())
    await server.start()
    try:
        api = await connect(server.settings(base, API))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.execute("create table mine (n int)")
        await api.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host=server.host,
                port=server.port,
                user=OWNER,
                password="guess",
                database="postgres",
            )
        passwords = data_dir / "postgres-passwords.json"
        assert passwords.stat().st_mode & 0o777 == 0o600
        assert server.child is not None
        assert psutil.Process(server.child.pid).uids().effective != 0
        assert psutil.Process(server.child.pid).ppid() == os.getpid()
    finally:
        await server.stop()
