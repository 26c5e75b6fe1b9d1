"""What a sink is: it holds records in log order and writes them in batches.

A runner reads the log, calls ``add`` and ``flush``, and reads on when ``flush`` returned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import msgspec


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of the log. ``topic`` is named as in ``schemas.topics``, without namespace.

    ``content`` is what the reader's decoder made of it: the sink's own kind of row,
    ``Undecodable``, or None for a record that holds nothing to store (it still moves the position).
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    content: object


class Undecodable(msgspec.Struct, frozen=True):
    """Why a record cannot be stored, and whether this stage must dead-letter it."""

    reason: str
    dead_letter: bool


class SinkFullError(Exception):
    """The sink holds all it may: flush, then add again."""


class RecordRefusedError(Exception):
    """The store will never take one of the batch's records; the message says why."""


class Sink(ABC):
    """Holds up to ``capacity`` records and writes them in batches.

    A subclass implements ``write``: everything the batch brings and the position after it, or
    nothing. The trap: the same records may come again, in another grouping, so identities must
    make repeats harmless. ``write`` raises ``RecordRefusedError`` only for records that would be
    refused each time; anything else (a lost connection, a full disk) passes through ``flush``, and
    the runner starts again from the stored position.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: list[Record] = []

    def add(self, records: Sequence[Record]) -> None:
        """Hold records for the next flush; raises ``SinkFullError`` and holds none of them."""
        if len(self._held) + len(records) > self._capacity:
            raise SinkFullError(f"{len(self._held)} of {self._capacity} records wait to be written")
        self._held.extend(records)

    async def flush(self) -> None:
        """Write everything held; it is forgotten only once that succeeded."""
        if self._held:
            await self._write_apart(self._held)
            self._held = []

    @abstractmethod
    async def write(self, batch: Sequence[Record]) -> None:
        """Store the batch and the position after it, all or nothing."""

    @abstractmethod
    async def reject(self, record: Record, reason: str) -> None:
        """Keep the refused record where a person finds it, and store the position after it."""

    async def _write_apart(self, batch: Sequence[Record]) -> None:
        """Halve a refused batch until the refused record stands alone; the rest is written."""
        try:
            await self.write(batch)
        except RecordRefusedError as error:
            if len(batch) == 1:
                await self.reject(batch[0], str(error))
                return
            middle = len(batch) // 2
            await self._write_apart(batch[:middle])
            await self._write_apart(batch[middle:])
