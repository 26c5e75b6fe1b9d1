"""What all sinks of PostgreSQL share: a connection of their own, positions, and bad records."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg

from sinks.base import Record, RecordRefusedError, Sink, Undecodable
from sinks.dead_letters import DeadLetters
from sinks.metrics import SinkMetrics
from sinks.postgres.connection import refuses_row
from sinks.postgres.positions import Positions, after

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class SinkContext:
    """Where a lane's sink works: its connection, and the positions it alone moves."""

    connection: asyncpg.Connection
    namespace: str
    positions: Positions
    dead_letters: DeadLetters
    metrics: SinkMetrics


class PostgresSink(Sink, Generic[Content]):
    """Stores what one lane's decoder makes of its records.

    A subclass implements ``store``: everything in one transaction, which ends with the positions.
    Whatever PostgreSQL or its driver refuses because of the data refuses the batch; the base
    halves it until the record that is to blame stands alone and is reported as a dead letter.
    """

    def __init__(self, context: SinkContext, capacity: int) -> None:
        super().__init__(capacity)
        self._connection = context.connection
        self._namespace = context.namespace
        self._positions = context.positions
        self._dead_letters = context.dead_letters
        self._metrics = context.metrics

    @abstractmethod
    async def store(self, contents: Sequence[Content], moved: Positions) -> None:
        """Store the contents, in log order, and the positions ``moved``; all or nothing.

        ``contents`` may be empty: then the positions move alone.
        """

    async def write(self, batch: Sequence[Record]) -> None:
        contents: list[Any] = []
        undecodable = []
        for record in batch:
            content = record.content
            if type(content) is Undecodable:
                undecodable.append((record, content))
            elif content is not None:
                contents.append(content)
        await self._dead_letters.report(undecodable)
        await self._move(contents, after(batch))

    async def reject(self, record: Record, reason: str) -> None:
        await self._dead_letters.report([(record, Undecodable(reason, dead_letter=True))])
        await self._move([], after([record]))

    async def _move(self, contents: Sequence[Content], moved: Positions) -> None:
        try:
            await self.store(contents, moved)
        except Exception as error:
            if not refuses_row(error):
                raise
            raise RecordRefusedError(f"PostgreSQL refuses it: {error}") from error
        self._positions |= moved
