"""Where in the log the stored rows end. Read once, then moved together with the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import asyncpg

from sinks.base import Record

#: By topic (without namespace) and partition: the offset of the first record not stored yet.
Positions = dict[tuple[str, int], int]


class PositionMovedError(Exception):
    """Somebody else moved a position since it was read; read them again."""


def after(records: Iterable[Record]) -> Positions:
    """The positions behind records in log order."""
    return {(record.topic, record.partition): record.offset + 1 for record in records}


async def read_positions(
    connection: asyncpg.Connection, namespace: str, partitions: Mapping[str, int]
) -> Positions:
    """The stored positions of all partitions of the topics; a new one begins at 0."""
    topics = [namespace + topic for topic in partitions]
    await connection.execute(
        """
        insert into positions (topic, partition, next_offset)
        select topic, generate_series(0, count - 1), 0
        from unnest($1::text[], $2::integer[]) as topics (topic, count)
        on conflict do nothing
        """,
        topics,
        list(partitions.values()),
    )
    rows = await connection.fetch(
        "select topic, partition, next_offset from positions where topic = any($1::text[])", topics
    )
    return {
        (row["topic"].removeprefix(namespace), row["partition"]): row["next_offset"] for row in rows
    }


async def move_positions(
    connection: asyncpg.Connection, namespace: str, known: Positions, moved: Positions
) -> None:
    """Store ``moved`` inside the running transaction, if the table still says ``known``.

    Raises:
        PositionMovedError: it does not, so what the transaction wrote must be rolled back.
    """
    status = await connection.execute(move_statement(1), *move_arguments(namespace, known, moved))
    check_moved(int(status.removeprefix("UPDATE ")), moved)


def move_statement(first: int) -> str:
    """The statement of ``move_positions``, whose four parameters begin at number ``first``."""
    return f"""
        update positions set next_offset = moves.next_offset
        from unnest(
            ${first}::text[], ${first + 1}::integer[],
            ${first + 2}::bigint[], ${first + 3}::bigint[]
        ) as moves (topic, partition, known, next_offset)
        where positions.topic = moves.topic and positions.partition = moves.partition
            and positions.next_offset = moves.known
    """  # noqa: S608 - parameter numbers only


def move_arguments(
    namespace: str, known: Positions, moved: Positions
) -> tuple[list[str], list[int], list[int], list[int]]:
    """What the statement's four parameters are."""
    places = sorted(moved)
    return (
        [namespace + topic for topic, _ in places],
        [partition for _, partition in places],
        [known[place] for place in places],
        [moved[place] for place in places],
    )


def check_moved(rows: int, moved: Positions) -> None:
    """Raises ``PositionMovedError`` unless the statement moved all of them."""
    if rows != len(moved):
        raise PositionMovedError("another sink moved the position")
