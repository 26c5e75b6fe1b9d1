"""The page on a real API and PostgreSQL; alerts are written as the sink writes them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from api.page import DIST
from memewatch.settings import Settings
from memewatch.stack import roles
from memewatch.stack.ports import free_port
from memewatch.stack.roles import API, OWNER, SINK, Role
from sinks.migrations import upgrade
from tests.api.writer import Writer
from tests.browser.api_process import ApiProcess
from tests.browser.browser import Browser, open_browser
from tests.servers import Servers


@pytest.fixture
def database(servers: Servers) -> Iterator[Settings]:
    """A fresh migrated database; the page needs no Kafka."""
    server = servers.database
    address = (server.host, server.port, server.superuser_password)
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(roles.ensure_database(*address, name))
    settings = Settings(
        _env_file=None,
        postgres_host=server.host,
        postgres_port=server.port,
        postgres_database=name,
        api_port=free_port(),
        stream_heartbeat_s=2.0,
    )
    upgrade(_as(OWNER, settings, servers))
    yield settings
    asyncio.run(roles.drop_database(*address, name))


@pytest.fixture
def api_settings(database: Settings, servers: Servers) -> Settings:
    """What the API gets: its own role, on a port that stays the same."""
    if not (DIST / "index.html").is_file():
        pytest.fail("the page is not built: run `make install` first")
    return _as(API, database, servers)


@pytest.fixture
async def writer(database: Settings, servers: Servers) -> AsyncIterator[Writer]:
    """Writes as the sink does, with the sink's rights."""
    async with Writer.connect(_as(SINK, database, servers)) as writer:
        yield writer


@pytest.fixture
async def api(api_settings: Settings) -> AsyncIterator[ApiProcess]:
    """A running API."""
    api = ApiProcess(api_settings)
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Name it after `api`, so that it is closed before."""
    async with open_browser() as browser:
        yield browser


@pytest.fixture(params=["dark", "light"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The theme the reader's system asks for."""
    return str(request.param)


@pytest.fixture(params=[1280, 390])
async def screen(request: pytest.FixtureRequest, scheme: str) -> AsyncIterator[Browser]:
    """A desktop's browser and a phone's, in both themes. Name it after `api`."""
    async with open_browser(width=request.param, color_scheme=scheme) as browser:
        yield browser


def _as(role: Role, settings: Settings, servers: Servers) -> Settings:
    return roles.settings_for(settings, role, servers.database.passwords)
