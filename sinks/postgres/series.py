"""The bulk sink: everything but alerts. What a topic holds may belong to several tables.

Rows go by COPY straight into their table, which is right as long as nothing comes twice. After a
crash or a repeated publication something does; then PostgreSQL refuses the whole COPY, and the
batch goes through a staging table that leaves out what is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from sinks.base import Record, RecordRefusedError, Sink, Undecodable
from sinks.dead_letters import DeadLetters
from sinks.metrics import SinkMetrics
from sinks.postgres.connection import refuses_row
from sinks.postgres.dead_letter_rows import COLUMNS as DEAD_LETTER_COLUMNS
from sinks.postgres.dead_letter_rows import TABLE as DEAD_LETTERS
from sinks.postgres.partitions import Month, Partitions, months_of
from sinks.postgres.positions import Positions, after, move_positions
from sinks.postgres.rows import ACTIVITY_TABLES, EVENT_TIME, SERIES_TABLES, SYMBOL, TOKEN, Row

#: The SQLSTATE of "no partition of relation found for row".
_NO_PARTITION = "23514"
_COLUMNS = {DEAD_LETTERS: DEAD_LETTER_COLUMNS} | {
    table.name: table.columns for table in SERIES_TABLES.values()
}


class SeriesSink(Sink):
    """Writes rows made by ``sinks.decoding`` on one connection."""

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
        self._partitions = Partitions()
        #: Tables whose last batch held repeats: trying COPY first would be in vain.
        self._repeating: set[str] = set()

    async def write(self, batch: Sequence[Record]) -> None:
        rows: dict[str, list[Row]] = {}
        undecodable = []
        for record in batch:
            content = record.content
            if type(content) is tuple:
                table, row = content
                rows.setdefault(table, []).append(row)
            elif type(content) is Undecodable:
                undecodable.append((record, content))
        await self._dead_letters.report(undecodable)
        await self._store(rows, after(batch))

    async def reject(self, record: Record, reason: str) -> None:
        await self._dead_letters.report([(record, Undecodable(reason, dead_letter=True))])
        await self._store({}, after([record]))

    async def _store(self, rows: dict[str, list[Row]], moved: Positions) -> None:
        months: set[Month] = set()
        for table in rows.keys() & SERIES_TABLES.keys():
            months |= months_of(table, rows[table])
        try:
            await self._transact(rows, months, moved, staged=self._repeating)
        except asyncpg.UniqueViolationError:
            await self._transact(rows, months, moved, staged=set(rows))
        except RecordRefusedError as error:
            if getattr(error.__cause__, "sqlstate", None) != _NO_PARTITION:
                raise
            # Retention dropped a month that this batch needs again.
            self._partitions.forget()
            await self._transact(rows, months, moved, staged=set(rows))
        self._positions |= moved

    async def _transact(
        self,
        rows: dict[str, list[Row]],
        months: set[Month],
        moved: Positions,
        staged: set[str],
    ) -> None:
        await self._partitions.ensure(self._connection, months)
        written: dict[str, int] = {}
        async with self._connection.transaction():
            if months:
                await self._partitions.note_arrival(self._connection, months)
            for table in rows:
                through_staging = table in staged or table == DEAD_LETTERS
                copy = self._copy_new if through_staging else self._copy
                written[table] = await copy(table, rows[table])
            await self._note_tokens(rows)
            await move_positions(self._connection, self._namespace, self._positions, moved)
        for table, count in written.items():
            repeats = len(rows[table]) - count
            self._metrics.rows.labels(table).inc(count)
            self._metrics.repeats.labels(table).inc(repeats)
            (self._repeating.add if repeats else self._repeating.discard)(table)

    async def _copy(self, table: str, rows: list[Row], into: str | None = None) -> int:
        try:
            await self._connection.copy_records_to_table(
                into or table, records=rows, columns=_COLUMNS[table]
            )
        except asyncpg.UniqueViolationError:
            raise
        except Exception as error:
            if not refuses_row(error):
                raise
            raise RecordRefusedError(f"PostgreSQL refuses it: {error}") from error
        return len(rows)

    async def _copy_new(self, table: str, rows: list[Row]) -> int:
        """Write the rows that are not there yet, each once; returns how many those were."""
        staging = f"staging_{table}"
        # Asked for each time: a transaction that is rolled back takes the table with it.
        await self._connection.execute(
            f"create temporary table if not exists {staging} "
            f"(like {table} including defaults) on commit delete rows"
        )
        await self._copy(table, rows, into=staging)
        columns = ", ".join(f'"{name}"' for name in _COLUMNS[table])
        try:
            status = await self._connection.execute(
                f"insert into {table} ({columns}) select {columns} from {staging} "  # noqa: S608 - names of our own
                "on conflict do nothing"
            )
        except asyncpg.PostgresError as error:
            if not refuses_row(error):
                raise
            raise RecordRefusedError(f"PostgreSQL refuses it: {error}") from error
        return int(status.rsplit(" ", 1)[-1])

    async def _note_tokens(self, rows: dict[str, list[Row]]) -> None:
        """Widen the time span of every token that the batch names."""
        spans: dict[str, tuple[str, datetime, datetime]] = {}
        for table in rows.keys() & ACTIVITY_TABLES:
            _widen(spans, rows[table])
        if not spans:
            return
        tokens = sorted(spans)
        await self._connection.execute(
            """
            insert into tokens as known (token, symbol, first_event_time, last_event_time)
            select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[])
            on conflict (token) do update set
                symbol = case when excluded.last_event_time >= known.last_event_time
                    then excluded.symbol else known.symbol end,
                first_event_time = least(known.first_event_time, excluded.first_event_time),
                last_event_time = greatest(known.last_event_time, excluded.last_event_time)
            where excluded.last_event_time > known.last_event_time
                or excluded.first_event_time < known.first_event_time
            """,
            tokens,
            *([spans[token][part] for token in tokens] for part in range(3)),
        )


def _widen(spans: dict[str, tuple[str, datetime, datetime]], rows: Iterable[Row]) -> None:
    for row in rows:
        time = row[EVENT_TIME]
        span = spans.get(row[TOKEN])
        if span is None:
            spans[row[TOKEN]] = (row[SYMBOL], time, time)
        elif time > span[2]:
            spans[row[TOKEN]] = (row[SYMBOL], span[1], time)
        elif time < span[1]:
            spans[row[TOKEN]] = (span[0], time, span[2])
