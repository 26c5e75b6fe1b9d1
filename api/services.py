"""Everything one app is made of, built once and handed to routes by dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.database import Database
from api.floor_watch import FloorWatch
from api.limits import RequestRate
from api.metrics import Metrics
from api.security import Gatekeeper
from api.stream.hub import Hub
from api.stream.listener import Listener
from api.verdict_log import VerdictLog
from memewatch.clock import SystemClock
from memewatch.settings import Settings

#: Somebody who imports a full watch list, and then goes on.
_WRITE_BURST = 60
_WRITES_PER_S = 5.0


@dataclass(frozen=True, slots=True)
class Services:
    """The long-lived objects of one app."""

    settings: Settings
    gatekeeper: Gatekeeper
    metrics: Metrics
    database: Database
    hub: Hub
    listener: Listener
    write_rate: RequestRate
    verdicts: VerdictLog

    @classmethod
    def build(cls, settings: Settings) -> Services:
        """Nothing connects yet."""
        metrics = Metrics()
        database = Database(settings)
        hub = Hub(settings.stream_heartbeat_s, metrics.stream)
        return cls(
            settings=settings,
            gatekeeper=Gatekeeper(settings),
            metrics=metrics,
            database=database,
            hub=hub,
            listener=Listener(database, hub),
            write_rate=RequestRate(_WRITE_BURST, _WRITES_PER_S),
            verdicts=VerdictLog(settings, SystemClock()),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The pool and what goes on by itself, for as long as the block runs."""
        await self.database.open()
        tasks = [
            asyncio.create_task(self.listener.run(), name="listener"),
            asyncio.create_task(self.hub.keep_beating(), name="heartbeat"),
            asyncio.create_task(FloorWatch(self.database, self.settings).run(), name="floors"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self.verdicts.close)
            await self.database.close()
