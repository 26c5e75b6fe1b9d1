"""How much there is of everything, for `/stats` and `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass

from api.database import Database, DatabaseUnavailableError
from api.models import Stats
from api.queries.times import wire_time


@dataclass(frozen=True, slots=True)
class StreamState:
    """The sequence's epoch and its newest number."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class AlertCount:
    pattern: str
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class SinkPosition:
    topic: str
    partition: int
    next_offset: int


async def stream_state(database: Database) -> StreamState:
    """Raises ``DatabaseUnavailableError`` also when the migrations did not run."""
    row = await database.fetch_one("select epoch, seq from stream_state")
    if row is None:
        raise DatabaseUnavailableError("the database holds no stream state: run the migrations")
    return StreamState(row["epoch"], row["seq"])


async def alerts_by_pattern_and_status(database: Database) -> list[AlertCount]:
    rows = await database.fetch(
        "select pattern, status, count(*) as count from alerts group by 1, 2 order by 1, 2"
    )
    return [AlertCount(row["pattern"], row["status"], row["count"]) for row in rows]


async def dead_letters_by_stage(database: Database) -> dict[str, int]:
    rows = await database.fetch("select stage, count(*) as count from dead_letters group by 1")
    return {row["stage"]: row["count"] for row in rows}


async def sink_positions(database: Database) -> list[SinkPosition]:
    rows = await database.fetch(
        "select topic, partition, next_offset from positions order by topic, partition"
    )
    return [SinkPosition(row["topic"], row["partition"], row["next_offset"]) for row in rows]


async def stats(database: Database) -> Stats:
    """Everything in one statement, so that the numbers are of one moment."""
    row = await database.fetch_one(_STATS)
    if row is None:
        raise DatabaseUnavailableError("the database holds no stream state: run the migrations")
    return Stats(
        epoch=row["epoch"],
        seq=row["seq"],
        tokens=row["tokens"],
        alerts=sum(row["by_pattern"].values()),
        open_alerts=row["open_alerts"],
        alerts_by_pattern=row["by_pattern"],
        dead_letters=row["dead_letters"],
        last_event_time=wire_time(row["last_event_time"]),
    )


_STATS = """
select s.epoch, s.seq,
    (select count(*) from tokens) as tokens,
    (select max(last_event_time) from tokens) as last_event_time,
    (select count(*) from alerts where status in ('open', 'acknowledged')) as open_alerts,
    (select coalesce(jsonb_object_agg(pattern, count), '{}') from (
        select pattern, count(*) as count from alerts group by 1 order by 1) p) as by_pattern,
    (select count(*) from dead_letters) as dead_letters
from stream_state s
"""
