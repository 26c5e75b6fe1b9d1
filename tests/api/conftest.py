"""A migrated database without Kafka, a real server on a real socket, and what the sink does."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from memewatch.settings import Settings
from memewatch.stack import roles
from memewatch.stack.roles import API, OWNER, SINK
from sinks.migrations import upgrade
from tests.api.proxy import Proxy
from tests.api.running import Api, run_api
from tests.api.writer import Writer
from tests.servers import Servers


@pytest.fixture(scope="session")
def migrated(servers: Servers) -> Iterator[Settings]:
    """A migrated database that nobody writes to: the pattern for every test's own."""
    settings = _settings(servers, f"t{secrets.token_hex(6)}")
    asyncio.run(roles.ensure_database(*_address(servers), settings.postgres_database))
    upgrade(settings)
    yield settings
    asyncio.run(roles.drop_database(*_address(servers), settings.postgres_database))


@pytest.fixture
def database(servers: Servers, migrated: Settings) -> Iterator[Settings]:
    """Settings of a fresh migrated database, as its owner; the API listens on a free port."""
    settings = _settings(servers, f"t{secrets.token_hex(6)}")
    asyncio.run(_copy_database(servers, migrated.postgres_database, settings.postgres_database))
    yield settings
    asyncio.run(roles.drop_database(*_address(servers), settings.postgres_database))


@pytest.fixture
def api_settings(database: Settings, servers: Servers) -> Settings:
    """What the API gets: the role that may change nothing but the watch list."""
    return roles.settings_for(database, API, servers.database.passwords)


@pytest.fixture
async def writer(database: Settings, servers: Servers) -> AsyncIterator[Writer]:
    """Writes as the sink does, with the sink's rights."""
    settings = roles.settings_for(database, SINK, servers.database.passwords)
    async with Writer.connect(settings) as writer:
        yield writer


@pytest.fixture
async def api(api_settings: Settings) -> AsyncIterator[Api]:
    """A running API."""
    async with run_api(api_settings) as api:
        yield api


@pytest.fixture
async def proxy(api_settings: Settings) -> AsyncIterator[Proxy]:
    """A way to the database that a test can cut and mend."""
    async with Proxy.listening(api_settings.postgres_host, api_settings.postgres_port) as proxy:
        yield proxy


def _settings(servers: Servers, database: str) -> Settings:
    settings = Settings(
        _env_file=None,
        postgres_host=servers.database.host,
        postgres_port=servers.database.port,
        postgres_database=database,
        api_port=0,
        stream_heartbeat_s=0.2,
    )
    return roles.settings_for(settings, OWNER, servers.database.passwords)


def _address(servers: Servers) -> tuple[str, int, str]:
    return (servers.database.host, servers.database.port, servers.database.superuser_password)


async def _copy_database(servers: Servers, pattern: str, name: str) -> None:
    host, port, password = _address(servers)
    connection = await asyncpg.connect(
        host=host, port=port, user=roles.SUPERUSER, password=password, database="postgres"
    )
    try:
        await connection.execute(f"create database {name} template {pattern} owner {OWNER}")
    finally:
        await connection.close()
