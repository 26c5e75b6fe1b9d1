"""The services of a local stack: Kafka, PostgreSQL and our own stages as child processes."""

from __future__ import annotations

import asyncio
import http.client
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from memewatch.settings import PREFIX, Settings
from memewatch.stack.child import Child, Program
from memewatch.stack.data_directory import DataDirectory
from memewatch.stack.kafka import LocalKafka
from memewatch.stack.postgres import LocalPostgres
from memewatch.stack.supervisor import Service

#: A stage that lives this long has read its settings and imported its code.
_STAGE_ALIVE_S = 1.0
#: What a stage may take to flush before it is killed; delivery to a live broker takes far less.
_STOP_DEADLINE_S = 45.0

#: Another role's login, and a port that only one of them could listen on.
_NOT_INHERITED = {
    f"{PREFIX}{name}" for name in ("POSTGRES_USER", "POSTGRES_PASSWORD", "METRICS_PORT")
}


def kafka_service(kafka: LocalKafka) -> Service:
    def spawn() -> Child:
        kafka.prepare()
        return kafka.spawn()

    async def is_ready() -> bool:
        return await asyncio.to_thread(kafka.answers)

    return Service("kafka", spawn, is_ready)


def postgres_service(postgres: LocalPostgres) -> Service:
    def spawn() -> Child:
        postgres.prepare()
        return postgres.spawn()

    return Service("postgres", spawn, postgres.answers)


def stage_service(
    name: str,
    command: list[str],
    directory: DataDirectory,
    settings: Mapping[str, str],
    is_ready: Callable[[], Awaitable[bool]] | None = None,
) -> Service:
    """One of our stages: `memewatch COMMAND` with these settings in its environment.

    Without ``is_ready`` a stage counts as ready once it has lived for a second.
    """
    started = 0.0

    def spawn() -> Child:
        nonlocal started
        child = Child(
            Program(
                name=name,
                arguments=[sys.executable, "-m", "memewatch", *command],
                environment=stage_environment(settings),
                # Where `up` was called: a `.env` there holds for the stages too.
                directory=Path.cwd(),
                log_file=directory.log_file(name),
                stop_deadline_s=_STOP_DEADLINE_S,
            )
        )
        child.start()
        started = time.monotonic()
        return child

    async def is_alive() -> bool:
        return time.monotonic() - started > _STAGE_ALIVE_S

    return Service(name, spawn, is_ready or is_alive)


def stage_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with ``settings``, and without what another process needs."""
    inherited = {
        name: value for name, value in os.environ.items() if name.upper() not in _NOT_INHERITED
    }
    return inherited | {"PYTHONUNBUFFERED": "1"} | dict(settings)


def kafka_variables(settings: Settings) -> dict[str, str]:
    """What a stage needs to reach Kafka."""
    return {
        f"{PREFIX}NAMESPACE": settings.namespace,
        f"{PREFIX}KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        f"{PREFIX}KAFKA_SECURITY_PROTOCOL": settings.kafka_security_protocol,
        f"{PREFIX}KAFKA_REPLICATION_FACTOR": str(settings.kafka_replication_factor),
    }


def postgres_variables(settings: Settings) -> dict[str, str]:
    """What a stage needs to reach PostgreSQL as the role ``settings`` name."""
    assert settings.postgres_password is not None
    return {
        f"{PREFIX}POSTGRES_HOST": settings.postgres_host,
        f"{PREFIX}POSTGRES_PORT": str(settings.postgres_port),
        f"{PREFIX}POSTGRES_DATABASE": settings.postgres_database,
        f"{PREFIX}POSTGRES_USER": settings.postgres_user,
        f"{PREFIX}POSTGRES_PASSWORD": settings.postgres_password.get_secret_value(),
    }


def answers_ok(host: str, port: int, path: str) -> bool:
    """Whether a GET is answered with 200 within two seconds."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
