"""The sink's tests work with the rights the sink has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from memewatch.settings import Settings
from memewatch.stack.roles import SINK, Role
from tests.sinks.stage import connected


@pytest.fixture
def sink_settings(
    settings: Settings, settings_for: Callable[[Settings, Role], Settings]
) -> Settings:
    return settings_for(settings, SINK)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection, to look at what was written."""
    async with connected(settings) as connection:
        yield connection
