"""Everything one app is made of, built once and handed to routes by dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.database import Database
from api.metrics import Metrics
from api.security import Gatekeeper
from api.stream.hub import Hub
from api.stream.listener import Listener
from memewatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The long-lived objects of one app."""

    settings: Settings
    gatekeeper: Gatekeeper
    metrics: Metrics
    database: Database
    hub: Hub
    listener: Listener

    @classmethod
    def build(cls, settings: Settings) -> Services:
        """Nothing connects yet."""
        metrics = Metrics()
        database = Database(settings)
        hub = Hub(settings.stream_heartbeat_s, metrics.stream)
        return cls(settings, Gatekeeper(settings), metrics, database, hub, Listener(database, hub))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The pool, the listener and the heartbeat, for as long as the block runs."""
        await self.database.open()
        tasks = [
            asyncio.create_task(self.listener.run(), name="listener"),
            asyncio.create_task(self.hub.keep_beating(), name="heartbeat"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.database.close()
