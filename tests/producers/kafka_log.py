"""Reading the log from Kafka, and running a publisher as a process that can be killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from memewatch.kafka import client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from producers.session import TOPICS
from producers.state import SessionState, load_state
from tests.producers.logs import Record

_ROOT = Path(__file__).parents[2]
_DEADLINE_S = 60.0


def read_log(settings: Settings, topics: tuple[str, ...] = TOPICS) -> list[Record]:
    """Every record there is; those of one partition in order."""
    consumer = Consumer(client_config(settings) | {"group.id": "test-reader"})
    try:
        return list(_read(consumer, settings.namespace, topics))
    finally:
        consumer.close()


def _read(consumer: Consumer, namespace: str, topics: tuple[str, ...]) -> Iterator[Record]:
    known = consumer.list_topics(timeout=10).topics
    partitions = [
        TopicPartition(namespace + topic, number, 0)
        for topic in topics
        for number in known[namespace + topic].partitions
    ]
    left = sum(log_bounds(consumer, place, 10.0)[1] for place in partitions)
    # All at once: to move from one to the next takes a consumer a second.
    consumer.assign(partitions)
    while left > 0:
        for message in consumer.consume(min(1_000, left), timeout=5.0):
            assert message.error() is None, message.error()
            topic = (message.topic() or "").removeprefix(namespace)
            is_event = topic in TOPICS and message.key() is not None
            yield Record(topic, message.partition() or 0, message.value() or b"", is_event)
            left -= 1


@contextmanager
def publisher_process(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A publisher as a process of its own; it is killed at the end if it still runs."""
    environment = os.environ | {
        "MEMEWATCH_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "MEMEWATCH_NAMESPACE": settings.namespace,
        "MEMEWATCH_DEMO_TOKENS": str(settings.demo_tokens),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.producers.run_publisher", *arguments],
        env=environment,
        cwd=_ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def state_when(
    settings: Settings, is_reached: Callable[[SessionState], bool]
) -> SessionState:
    """The durable state once it is as wanted."""
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        state = await asyncio.to_thread(load_state, settings)
        if state is not None and is_reached(state):
            return state
        await asyncio.sleep(0.1)
    raise AssertionError(f"the session never got there: {state}")
