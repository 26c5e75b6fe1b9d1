"""Retention counts from arrival: a trade of 2018 that arrived today stays as long as today's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from schemas.times import from_ms

#: Rows deleted in one transaction: short enough that nobody waits for it.
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep removed."""

    partitions: tuple[str, ...]
    rows: int


async def sweep(connection: asyncpg.Connection, now_ms: int, retention_days: int) -> Swept:
    """Drop months of which nothing arrived lately; delete older arrivals in the others."""
    cutoff = from_ms(now_ms) - timedelta(days=retention_days)
    partitions = await connection.fetch(
        "select partition, last_arrival from partition_arrivals "
        "where first_arrival < $1 order by partition",
        cutoff,
    )
    dropped, removed = [], 0
    for partition, last_arrival in partitions:
        if last_arrival < cutoff and await connection.fetchval(
            "select memewatch_drop_partition($1, $2)", partition, cutoff
        ):
            dropped.append(partition)
            continue
        removed += await _expire(connection, partition, cutoff)
        await connection.execute(
            "update partition_arrivals set first_arrival = $2 where partition = $1",
            partition,
            cutoff,
        )
    removed += await _expire(connection, "dead_letters", cutoff)
    return Swept(tuple(dropped), removed)


async def _expire(connection: asyncpg.Connection, table: str, cutoff: datetime) -> int:
    total = 0
    while True:
        removed: int = await connection.fetchval(
            "select memewatch_expire_rows($1, $2, $3)", table, cutoff, _CHUNK
        )
        total += removed
        if removed < _CHUNK:
            return total
