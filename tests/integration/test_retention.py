"""A trade of 2018 that arrives today is kept: retention counts from arrival, in both stores."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Consumer, Producer, TopicPartition

from memewatch.clock import SystemClock
from memewatch.kafka import RecordProducer, client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from memewatch.stack.roles import SINK
from processors.offline import write_log
from schemas.events import Tick
from schemas.times import rfc3339
from schemas.topics import TICKS
from sinks.postgres.connection import connect
from sinks.postgres.retention import sweep
from tests.conftest import SettingsForRole
from tests.integration.alerts import count
from tests.integration.stages import Stage, running
from tests.processors.kafka_log import ends, publish

pytestmark = pytest.mark.integration

AUGUST_2018_MS = 1_534_521_600_000
DEADLINE_S = 120.0


def trade() -> Tick:
    return Tick(
        id="recorded:1",
        token="OAX",
        symbol="OAX",
        event_time=rfc3339(AUGUST_2018_MS),
        source="recorded",
        price="0.00003364",
        amount="109",
        side="buy",
    )


async def test_a_trade_of_2018_outlives_retention_in_kafka_and_postgresql(
    settings: Settings, settings_for: SettingsForRole
) -> None:
    producer = RecordProducer(settings)
    await publish(producer, write_log([trade()]))
    producer.close()
    await prove_that_retention_runs(settings)
    topic = settings.namespace + TICKS.name
    assert first_offsets(settings, topic) == {0}
    # An opening and a closing record in each of the partitions, and the trade.
    assert sum(ends(settings, [topic]).values()) == 2 * TICKS.partitions + 1

    sink_settings = settings_for(settings, SINK)
    with running(Stage(sink_settings, "sink")):
        async with asyncio.timeout(DEADLINE_S):
            while await count(settings, "ticks") == 0:
                await asyncio.sleep(0.1)
    connection = await connect(sink_settings)
    now_ms = SystemClock().now_ms()
    try:
        await sweep(connection, now_ms, retention_days=1)
        assert await count(settings, "ticks") == 1
        await sweep(connection, now_ms + 2 * 86_400_000, retention_days=1)
        assert await count(settings, "ticks") == 0, "two days later it goes"
    finally:
        await connection.close()


async def prove_that_retention_runs(settings: Settings) -> None:
    """The same retention by event time deletes a record of 2018 in a topic beside ours."""
    topic = f"{settings.namespace}by-event-time"
    config = TICKS.config() | {"message.timestamp.type": "CreateTime"}
    config["message.timestamp.before.max.ms"] = str(2**63 - 1)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=config)])
        producer = Producer(client_config(settings))
        producer.produce(topic, b"old", timestamp=AUGUST_2018_MS)
        producer.flush(30)
        deadline = time.monotonic() + DEADLINE_S
        while await asyncio.to_thread(first_offsets, settings, topic, 1) != {1}:
            assert time.monotonic() < deadline, "Kafka's retention did not run"
            await asyncio.sleep(0.5)
    finally:
        await admin.delete_topics([topic])
        await admin.close()


def first_offsets(settings: Settings, topic: str, partitions: int = TICKS.partitions) -> set[int]:
    consumer = Consumer(client_config(settings) | {"group.id": "test-reader"})
    try:
        return {
            log_bounds(consumer, TopicPartition(topic, partition), 10.0)[0]
            for partition in range(partitions)
        }
    finally:
        consumer.close()
