"""The verdict sink: of what one user says of one alert, the latest is kept."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from schemas.times import from_ms, parse_rfc3339
from schemas.verdicts import Verdict
from sinks.base import Record, RecordRefusedError, Sink, Undecodable
from sinks.dead_letters import DeadLetters
from sinks.metrics import SinkMetrics
from sinks.postgres.connection import refuses_row
from sinks.postgres.positions import Positions, after, move_positions

TABLE = "verdicts"
COLUMNS = Verdict.__struct_fields__

_UPDATED = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "id")
# Of two of the same millisecond the later in the log counts.
_STORE = f"""
insert into {TABLE} as known ({", ".join(COLUMNS)})
values ({", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))})
on conflict (id) do update set {_UPDATED}
where known.given_at <= excluded.given_at
"""  # noqa: S608 - the names are the contract's


class VerdictSink(Sink):
    """Writes verdicts on one connection. They are few, so each is a statement of its own."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        namespace: str,
        positions: Positions,
        dead_letters: DeadLetters,
        metrics: SinkMetrics,
        capacity: int,
    ) -> None:
        super().__init__(capacity)
        self._connection = connection
        self._namespace = namespace
        self._positions = positions
        self._dead_letters = dead_letters
        self._metrics = metrics

    async def write(self, batch: Sequence[Record]) -> None:
        verdicts = [record.content for record in batch if isinstance(record.content, Verdict)]
        await self._dead_letters.report(
            [(r, r.content) for r in batch if isinstance(r.content, Undecodable)]
        )
        await self._store(verdicts, after(batch))

    async def reject(self, record: Record, reason: str) -> None:
        await self._dead_letters.report([(record, Undecodable(reason, dead_letter=True))])
        await self._store([], after([record]))

    async def _store(self, verdicts: list[Verdict], moved: Positions) -> None:
        try:
            async with self._connection.transaction():
                await self._connection.executemany(_STORE, [_row(each) for each in verdicts])
                await move_positions(self._connection, self._namespace, self._positions, moved)
        except Exception as error:
            if not refuses_row(error):
                raise
            raise RecordRefusedError(f"PostgreSQL refuses it: {error}") from error
        self._positions |= moved
        self._metrics.rows.labels(TABLE).inc(len(verdicts))


def _row(verdict: Verdict) -> tuple[object, ...]:
    given_at = from_ms(parse_rfc3339(verdict.given_at))
    fields = msgspec.structs.asdict(verdict) | {"given_at": given_at}
    return tuple(fields[name] for name in COLUMNS)
