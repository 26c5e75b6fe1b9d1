"""Reads topics' bounds from Kafka and consumers' positions from where each really keeps them.

The workers' position is the offset they commit once outputs and snapshot are confirmed; the
sink's lies in PostgreSQL, in the transaction of the rows it stands for.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from confluent_kafka import Consumer, KafkaException, TopicPartition

from memewatch.cli.database import connect
from memewatch.errors import OperatorError
from memewatch.kafka import client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from schemas.topics import (
    ALERTS,
    ALL_TOPICS,
    DEAD_LETTERS,
    EVENT_TOPICS,
    SIGNALS,
    SINK_GROUP,
    VERDICTS,
    WORKERS_GROUP,
)

Place = tuple[str, int]
_TIMEOUT_S = 15.0

_READ_BY_WORKERS = {spec.name for spec in EVENT_TOPICS}
_READ_BY_SINK = {spec.name for spec in (*EVENT_TOPICS, SIGNALS, ALERTS, VERDICTS, DEAD_LETTERS)}


async def read_topics(settings: Settings) -> list[dict[str, Any]]:
    """What `topics --json` prints; raises ``OperatorError`` when a server does not answer."""
    # Positions before bounds: a record that arrives in between counts as lag, never as less.
    stored = await _stored_positions(settings)
    try:
        committed, low, high = await asyncio.to_thread(_read_kafka, settings)
    except KafkaException as error:
        raise OperatorError(
            f"Kafka does not answer at {settings.kafka_bootstrap}: start it with `memewatch up`, "
            f"or set MEMEWATCH_KAFKA_BOOTSTRAP ({error.args[0].str()})"
        ) from None
    workers, sink = settings.namespace + WORKERS_GROUP, settings.namespace + SINK_GROUP
    report = []
    for spec in ALL_TOPICS:
        name = settings.namespace + spec.name
        places = sorted(place for place in high if place[0] == name)
        groups = []
        for group, read, positions in (
            (workers, _READ_BY_WORKERS, committed),
            (sink, _READ_BY_SINK, stored),
        ):
            if spec.name in read:
                groups += [
                    {
                        "group": group,
                        "partition": place[1],
                        "lag": _lag(place, positions, low, high),
                    }
                    for place in places
                ]
        partitions = [
            {"partition": place[1], "low": low[place], "high": high[place]} for place in places
        ]
        report.append({"topic": name, "partitions": partitions, "groups": groups})
    return report


def _lag(
    place: Place, positions: dict[Place, int], low: dict[Place, int], high: dict[Place, int]
) -> int:
    """Records not yet dealt with; those that retention removed need nobody any more."""
    position = max(positions.get(place, 0), low[place])
    return max(0, high[place] - position)


async def _stored_positions(settings: Settings) -> dict[Place, int]:
    connection = await connect(settings)
    try:
        rows = await connection.fetch("select topic, partition, next_offset from positions")
    except asyncpg.UndefinedTableError:
        return {}  # not migrated yet, so nothing was ever stored
    finally:
        await connection.close()
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


def _read_kafka(settings: Settings) -> tuple[dict[Place, int], dict[Place, int], dict[Place, int]]:
    """The workers' committed offsets, and each partition's first and next offset."""
    consumer = Consumer(
        client_config(settings)
        # In the group only to ask for its offsets: it never subscribes, so it never joins.
        | {"group.id": settings.namespace + WORKERS_GROUP, "log_level": 0}
    )
    try:
        found = consumer.list_topics(timeout=_TIMEOUT_S).topics
        places = [
            TopicPartition(settings.namespace + spec.name, partition)
            for spec in ALL_TOPICS
            if settings.namespace + spec.name in found
            for partition in found[settings.namespace + spec.name].partitions
        ]
        committed = {
            (entry.topic, entry.partition): entry.offset
            for entry in consumer.committed(places, timeout=_TIMEOUT_S)
            if entry.offset >= 0
        }
        low, high = {}, {}
        for place in places:
            where = (place.topic, place.partition)
            low[where], high[where] = log_bounds(consumer, place, _TIMEOUT_S)
        return committed, low, high
    finally:
        consumer.close()
