"""Month partitions: they exist for whatever month a row names, and remember the last arrival."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import asyncpg

from sinks.postgres.rows import Row

#: Months of storage that one table may need at once: 2009 to 2100 are 1,092 a table.
Month = tuple[str, int, int]


def months_of(table: str, rows: Iterable[Row]) -> set[Month]:
    """The (table, year, month) that the rows need."""
    return {(table, row.event_time.year, row.event_time.month) for row in rows}


class Partitions:
    """The partitions known to exist. Another process may drop one, so ``forget`` when in doubt."""

    def __init__(self) -> None:
        self._names: dict[Month, str] = {}

    def forget(self) -> None:
        self._names.clear()

    async def ensure(self, connection: asyncpg.Connection, months: Iterable[Month]) -> None:
        """Create what is missing."""
        for month in sorted(set(months) - self._names.keys()):
            self._names[month] = await connection.fetchval(
                "select memewatch_ensure_partition($1, $2)", month[0], date(*month[1:], 1)
            )

    async def note_arrival(self, connection: asyncpg.Connection, months: Iterable[Month]) -> None:
        """Store that rows arrive now. Call it before writing them: it keeps retention away."""
        needed = sorted(months)
        await connection.execute(
            """
            insert into partition_arrivals (partition, table_name, first_arrival, last_arrival)
            select partition, table_name, now(), now()
            from unnest($1::text[], $2::text[]) as arrival (partition, table_name)
            on conflict (partition) do update set last_arrival = excluded.last_arrival
            """,
            [self._names[month] for month in needed],
            [month[0] for month in needed],
        )
