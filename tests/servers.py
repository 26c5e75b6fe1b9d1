"""One real Kafka and one real PostgreSQL for a whole test run.

From testcontainers where a container engine answers, from the local stack where none does.
"""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from memewatch.stack.kafka import LocalKafka
from memewatch.stack.ports import LOOPBACK, free_port
from memewatch.stack.postgres import LocalPostgres
from memewatch.stack.roles import SUPERUSER, Passwords, ensure_roles

KAFKA_IMAGE = "apache/kafka:4.3.1"
POSTGRES_IMAGE = "postgres:18"


@dataclass(frozen=True, slots=True)
class Database:
    """Where PostgreSQL answers; ``passwords`` are by role."""

    host: str
    port: int
    superuser_password: str
    passwords: Passwords


@dataclass
class Servers:
    """Starts each server when it is first asked for."""

    directory: Path
    _cleanups: list[Callable[[], object]] = field(default_factory=list)

    @cached_property
    def kafka_bootstrap(self) -> str:
        if self._engine:
            with _fall_back(KAFKA_IMAGE):
                return self._kafka_container()
        kafka = LocalKafka(self.directory / "kafka", free_port())
        self._cleanups.append(lambda: asyncio.run(kafka.stop()))
        asyncio.run(kafka.start())
        return kafka.bootstrap

    @cached_property
    def database(self) -> Database:
        if self._engine:
            with _fall_back(POSTGRES_IMAGE):
                return self._postgres_container()
        postgres = LocalPostgres(self.directory / "postgres", free_port())
        self._cleanups.append(lambda: asyncio.run(postgres.stop()))
        asyncio.run(postgres.start())
        passwords = postgres.passwords
        return Database(postgres.host, postgres.port, passwords[SUPERUSER], passwords)

    def stop(self) -> None:
        while self._cleanups:
            self._cleanups.pop()()

    @cached_property
    def _engine(self) -> bool:
        """Whether a container engine answers."""
        import docker

        try:
            client = docker.from_env(timeout=5)
            client.ping()
        except docker.errors.DockerException:
            return False
        return True

    def _kafka_container(self) -> str:
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.waiting_utils import wait_for_logs

        port = free_port()
        settings = {
            "NODE_ID": "1",
            "PROCESS_ROLES": "broker,controller",
            "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
            "ADVERTISED_LISTENERS": f"PLAINTEXT://{LOOPBACK}:{port}",
            "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
            "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "AUTO_CREATE_TOPICS_ENABLE": "false",
            "MESSAGE_MAX_BYTES": "8388608",
            "REPLICA_FETCH_MAX_BYTES": "8388608",
        }
        container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
        for name, value in settings.items():
            container = container.with_env(f"KAFKA_{name}", value)
        self._cleanups.append(container.stop)
        container.start()
        wait_for_logs(container, "Kafka Server started", timeout=120)
        return f"{LOOPBACK}:{port}"

    def _postgres_container(self) -> Database:
        from testcontainers.postgres import PostgresContainer

        passwords = Passwords(self.directory / "passwords.json")
        container = PostgresContainer(
            POSTGRES_IMAGE, username=SUPERUSER, password=passwords[SUPERUSER], dbname="postgres"
        )
        self._cleanups.append(container.stop)
        container.start()
        host = container.get_container_host_ip()
        port = int(container.get_exposed_port(5432))
        asyncio.run(ensure_roles(host, port, passwords[SUPERUSER], passwords))
        return Database(host, port, passwords[SUPERUSER], passwords)


@contextlib.contextmanager
def _fall_back(image: str) -> Iterator[None]:
    """An engine without a way to get the image is no reason to fail: the local stack is as real."""
    import docker

    try:
        yield
    except docker.errors.APIError as error:
        warnings.warn(f"no container of {image}: {error}; using the local stack", stacklevel=3)
