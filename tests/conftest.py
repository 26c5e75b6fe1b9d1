"""Fixtures on real Kafka and PostgreSQL; see ``tests/servers.py`` for where they come from.

* ``kafka_settings``: a namespace of its own in Kafka, topics created.
* ``settings``: also a database of its own, migrated; its user is the owner.
* ``settings_for(settings, role)``: the same with the role a stage gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from memewatch.kafka import client_config, ensure_topics
from memewatch.settings import Settings
from memewatch.stack import roles
from memewatch.stack.roles import OWNER, Role
from schemas.topics import ALL_TOPICS
from tests.servers import Servers

SettingsForRole = Callable[[Settings, Role], Settings]


def pytest_configure() -> None:
    """A terminated run stops its servers too: SIGTERM then ends it as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The run's Kafka and PostgreSQL, each started when first used."""
    with open_directory() as directory:
        running = Servers(directory)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A temporary directory that PostgreSQL's user can reach too; ``tmp_path`` is closed to it."""
    with open_directory() as directory:
        yield directory


@pytest.fixture
def kafka_settings(servers: Servers) -> Iterator[Settings]:
    """Settings with a fresh namespace whose topics exist; PostgreSQL is not started for it."""
    settings = Settings(
        _env_file=None,
        kafka_bootstrap=servers.kafka_bootstrap,
        namespace=f"t{secrets.token_hex(6)}.",
    )
    ensure_topics(settings)
    yield settings
    topics = [settings.namespace + spec.name for spec in ALL_TOPICS]
    # Not awaited: it only keeps the broker light for the tests that follow.
    AdminClient(client_config(settings)).delete_topics(topics)


@pytest.fixture
def settings(
    kafka_settings: Settings, servers: Servers, settings_for: SettingsForRole
) -> Iterator[Settings]:
    """As ``kafka_settings``, and a fresh migrated database whose owner is the user."""
    from sinks.migrations import upgrade

    database = servers.database
    server = (database.host, database.port, database.superuser_password)
    name = kafka_settings.namespace.rstrip(".")
    asyncio.run(roles.ensure_database(*server, name))
    settings = settings_for(
        kafka_settings.model_copy(
            update={
                "postgres_host": database.host,
                "postgres_port": database.port,
                "postgres_database": name,
            }
        ),
        OWNER,
    )
    upgrade(settings)
    yield settings
    asyncio.run(roles.drop_database(*server, name))


@contextlib.contextmanager
def open_directory() -> Iterator[Path]:
    """A temporary directory that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="memewatch-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


@pytest.fixture
def settings_for(servers: Servers) -> SettingsForRole:
    """``settings_for(settings, role)``: the settings a stage of that role gets."""
    return lambda settings, role: roles.settings_for(settings, role, servers.database.passwords)
