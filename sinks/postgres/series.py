"""The bulk sink: everything but alerts. What a topic holds may belong to several tables.

Rows go by COPY straight into their table, which is right as long as nothing comes twice. After a
crash or a repeated publication something does; then PostgreSQL refuses the whole COPY, and the
batch goes through a staging table that leaves out what is there already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime

import asyncpg

from sinks.postgres.dead_letter_rows import COLUMNS as DEAD_LETTER_COLUMNS
from sinks.postgres.dead_letter_rows import TABLE as DEAD_LETTERS
from sinks.postgres.lines import COPY_OPTIONS
from sinks.postgres.partitions import Month, Partitions, months_of
from sinks.postgres.positions import Positions, move_positions
from sinks.postgres.rows import ACTIVITY_TABLES, SERIES_TABLES, Row
from sinks.postgres.sink import PostgresSink, SinkContext

_COLUMNS = {DEAD_LETTERS: DEAD_LETTER_COLUMNS} | {
    table.name: table.columns for table in SERIES_TABLES.values()
}

#: Rows sent in one go, about 100 KB.
_CHUNK = 500


class SeriesSink(PostgresSink[Row]):
    """Writes the rows of all tables but those of alerts and verdicts."""

    def __init__(self, context: SinkContext, capacity: int) -> None:
        super().__init__(context, capacity)
        self._partitions = Partitions()
        #: Tables whose last batch held repeats: trying COPY first would be in vain.
        self._repeating: set[str] = set()

    async def store(self, contents: Sequence[Row], moved: Positions) -> None:
        rows: dict[str, list[Row]] = {}
        for row in contents:
            rows.setdefault(row.table, []).append(row)
        months: set[Month] = set()
        for table in rows.keys() & SERIES_TABLES.keys():
            months |= months_of(table, rows[table])
        try:
            await self._transact(rows, months, moved, staged=self._repeating)
        except asyncpg.UniqueViolationError:
            await self._transact(rows, months, moved, staged=set(rows))
        except asyncpg.CheckViolationError:
            # There is no partition for a row: retention dropped a month that is needed again.
            self._partitions.forget()
            await self._transact(rows, months, moved, staged=set(rows))

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
                if table in staged or table == DEAD_LETTERS:
                    written[table] = await self._copy_new(table, rows[table])
                else:
                    await copy_rows(self._connection, table, _COLUMNS[table], rows[table])
                    written[table] = len(rows[table])
            await self._note_tokens(rows)
            await move_positions(self._connection, self._namespace, self._positions, moved)
        for table, count in written.items():
            repeats = len(rows[table]) - count
            self._metrics.rows.labels(table).inc(count)
            self._metrics.repeats.labels(table).inc(repeats)
            (self._repeating.add if repeats else self._repeating.discard)(table)

    async def _copy_new(self, table: str, rows: list[Row]) -> int:
        """Write the rows that are not there yet, each once; returns how many those were."""
        staging = f"staging_{table}"
        # Asked for each time: a transaction that is rolled back takes the table with it.
        await self._connection.execute(
            f"create temporary table if not exists {staging} "
            f"(like {table} including defaults) on commit delete rows"
        )
        await copy_rows(self._connection, staging, _COLUMNS[table], rows)
        columns = ", ".join(f'"{name}"' for name in _COLUMNS[table])
        status = await self._connection.execute(
            f"insert into {table} ({columns}) select {columns} from {staging} "  # noqa: S608 - names of our own
            "on conflict do nothing"
        )
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


async def copy_rows(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Append the rows to the table, which may be a staging one."""
    await connection.copy_to_table(table, source=_chunks(rows), columns=columns, **COPY_OPTIONS)


async def _chunks(rows: Sequence[Row]) -> AsyncIterator[bytes]:
    """The lines, in parts that PostgreSQL takes in while the next one is joined."""
    for start in range(0, len(rows), _CHUNK):
        yield b"\n".join([row.line for row in rows[start : start + _CHUNK]]) + b"\n"


def _widen(spans: dict[str, tuple[str, datetime, datetime]], rows: Iterable[Row]) -> None:
    for row in rows:
        time = row.event_time
        span = spans.get(row.token)
        if span is None:
            spans[row.token] = (row.symbol, time, time)
        elif time > span[2]:
            spans[row.token] = (row.symbol, span[1], time)
        elif time < span[1]:
            spans[row.token] = (span[0], time, span[2])
