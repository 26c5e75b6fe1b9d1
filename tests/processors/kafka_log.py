"""Writing a session to real Kafka, and reading what the workers made of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from memewatch.kafka import RecordProducer, client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from processors.offline import MemoryRecord
from processors.rebuild import committed_offsets
from schemas.alerts import Alert
from schemas.codec import decode_alert
from schemas.topics import EVENT_PARTITIONS, EVENT_TOPICS

ROOT = Path(__file__).parents[2]


async def publish(producer: RecordProducer, log: Iterable[tuple[str, MemoryRecord]]) -> None:
    """Records of ``write_log``, control records to every partition; returns when confirmed."""
    for topic, record in log:
        for partition in range(EVENT_PARTITIONS) if record.key is None else [None]:
            await producer.send(topic, record.value, record.key, partition)
    await producer.flush()


class WorkerProcess:
    """A worker as a process of its own; ``module`` is run with ``python -m``."""

    def __init__(self, settings: Settings, module: str = "tests.processors.run_worker") -> None:
        self._settings = settings
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "MEMEWATCH_KAFKA_BOOTSTRAP": self._settings.kafka_bootstrap,
            "MEMEWATCH_NAMESPACE": self._settings.namespace,
            "MEMEWATCH_SNAPSHOT_INTERVAL_S": "0.5",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module], env=environment, cwd=ROOT
        )

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)


def wait_until_worked_off(settings: Settings, deadline_s: float = 90.0) -> None:
    """Return once the workers' committed offsets have reached the ends of all event topics."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        lag = workers_lag(settings)
        if not any(lag.values()):
            return
        time.sleep(0.2)
    raise AssertionError(f"the workers still lag: {json.dumps(lag)}")


def workers_lag(settings: Settings) -> dict[str, int]:
    """Records not yet in a durable snapshot, by topic and partition."""
    committed = committed_offsets(settings)
    high = ends(settings, [settings.namespace + spec.name for spec in EVENT_TOPICS])
    return {
        f"{topic}/{partition}": end
        - committed.get(partition, {}).get(topic.removeprefix(settings.namespace), 0)
        for (topic, partition), end in high.items()
    }


def alerts_in(settings: Settings) -> list[Alert]:
    """Every record of the alerts topic."""
    topic = f"{settings.namespace}alerts"
    high = ends(settings, [topic])
    consumer = Consumer(client_config(settings) | {"group.id": "test-reader"})
    try:
        consumer.assign([TopicPartition(topic, p, 0) for (_, p), end in high.items() if end])
        found: list[Alert] = []
        while len(found) < sum(high.values()):
            for message in consumer.consume(500, 1.0):
                value = message.value()
                assert message.error() is None
                assert value is not None
                found.append(decode_alert(value))
        return found
    finally:
        consumer.close()


def ends(settings: Settings, topics: list[str]) -> dict[tuple[str, int], int]:
    """The next offset of every partition of topics that have as many as the event topics."""
    consumer = Consumer(client_config(settings) | {"group.id": "test-reader"})
    try:
        return {
            (topic, partition): log_bounds(consumer, TopicPartition(topic, partition), 10.0)[1]
            for topic in topics
            for partition in range(EVENT_PARTITIONS)
        }
    finally:
        consumer.close()
