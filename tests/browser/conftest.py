"""The page on a real API and PostgreSQL; alerts are written as the sink writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from api.page import DIST
from memewatch.settings import Settings
from memewatch.stack.ports import free_port
from memewatch.stack.roles import API, SINK, Role
from tests.api.writer import Writer
from tests.browser.api_process import ApiProcess

SettingsForRole = Callable[[Settings, Role], Settings]


@pytest.fixture
def api_settings(settings: Settings, settings_for: SettingsForRole) -> Settings:
    if not (DIST / "index.html").is_file():
        pytest.fail("the page is not built: run `make install` first")
    api = {"api_port": free_port(), "stream_heartbeat_s": 0.5}
    return settings_for(settings, API).model_copy(update=api)


@pytest.fixture
async def writer(settings: Settings, settings_for: SettingsForRole) -> AsyncIterator[Writer]:
    async with Writer.connect(settings_for(settings, SINK)) as writer:
        yield writer


@pytest.fixture
async def api(api_settings: Settings) -> AsyncIterator[ApiProcess]:
    """A running API."""
    api = ApiProcess(api_settings)
    await api.start()
    yield api
    await api.stop()
