"""Reading and decoding the next batch while the one before it is written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from confluent_kafka import KafkaException

from sinks.base import Record


class ReadAhead:
    """Calls ``read`` in a thread, always one batch ahead and never more than that one."""

    def __init__(self, read: Callable[[], list[Record]]) -> None:
        self._read = read
        self._next = self._start()

    async def next(self) -> list[Record]:
        """The batch that was read meanwhile; reading of the one after it begins."""
        records = await self._next
        self._next = self._start()
        return records

    async def last(self) -> list[Record]:
        """The batch that was read meanwhile, and no more after it."""
        return await self._next

    async def close(self) -> None:
        """Return once no thread reads any more: only then may the reader be closed."""
        with contextlib.suppress(KafkaException):
            await self._next

    def _start(self) -> asyncio.Future[list[Record]]:
        return asyncio.ensure_future(asyncio.to_thread(self._read))
