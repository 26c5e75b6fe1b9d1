"""Reading and decoding the next batch while the one before it is written."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from confluent_kafka import KafkaException

from sinks.base import Record

T = TypeVar("T")

#: Items between two offers of the interpreter lock, about 0.1 ms of decoding.
_STRIDE = 32


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


def stepping_aside(items: Iterable[T]) -> Iterator[T]:
    """The items; every few of them other threads may run at once.

    Without it a thread that writes waits up to Python's switch interval for one that decodes, at
    each of its many answers from the database.
    """
    for number, item in enumerate(items):
        if number % _STRIDE == 0:
            time.sleep(0)
        yield item
