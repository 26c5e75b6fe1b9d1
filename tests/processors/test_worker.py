"""Workers on real Kafka: batches, snapshots, crashes and rebalances change no alert."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from memewatch.kafka import RecordProducer
from memewatch.settings import Settings
from processors.offline import replay, write_log
from processors.snapshots import SnapshotChunk
from schemas.topics import EVENT_PARTITIONS, SNAPSHOTS
from tests.processors.chain import reorganised
from tests.processors.engine import PATTERNS, differing, essence, market
from tests.processors.kafka_log import (
    WorkerProcess,
    alerts_in,
    publish,
    wait_until_worked_off,
)

pytestmark = pytest.mark.integration

EVENTS = 3_000
TOKENS = 20


@pytest.fixture
def producer(kafka_settings: Settings) -> Iterator[RecordProducer]:
    running = RecordProducer(kafka_settings)
    yield running
    running.close()


@pytest.fixture(scope="module")
def expected():
    return essence(replay(market(5, EVENTS, TOKENS), PATTERNS).alerts)


def log():
    return list(write_log(market(5, EVENTS, TOKENS), "s", 100))


async def test_one_worker_says_what_the_state_says_in_memory(kafka_settings, producer, expected):
    worker = WorkerProcess(kafka_settings)
    worker.start()
    await publish(producer, log())
    wait_until_worked_off(kafka_settings)
    assert worker.stop() == 0
    alerts = alerts_in(kafka_settings)
    assert not differing(essence(alerts), expected)
    assert len(alerts) == len(expected), "an undisturbed worker says everything once"


async def test_a_worker_killed_and_another_joining_change_nothing(
    kafka_settings, producer, expected
):
    first, second = WorkerProcess(kafka_settings), WorkerProcess(kafka_settings)
    first.start()
    records = log()
    part = len(records) // 5
    await publish(producer, records[:part])
    wait_until_worked_off(kafka_settings)
    second.start()
    await publish(producer, records[part : 3 * part])
    first.kill()
    await publish(producer, records[3 * part :])
    first.start()
    wait_until_worked_off(kafka_settings)
    assert [first.stop(), second.stop()] == [0, 0]
    assert not differing(essence(alerts_in(kafka_settings)), expected)


async def test_a_worker_killed_amid_reorganisations_takes_back_the_same(kafka_settings, producer):
    events, _ = reorganised(5, EVENTS // 2, TOKENS)
    expected = essence(replay(events, PATTERNS, 100).alerts)
    assert sum(alert.status == "retracted" for alert in expected.values()) > 10
    records = list(write_log(events, "s", 100))
    worker = WorkerProcess(kafka_settings)
    worker.start()
    await publish(producer, records[: len(records) // 2])
    wait_until_worked_off(kafka_settings)
    await publish(producer, records[len(records) // 2 : -len(records) // 4])
    worker.kill()
    await publish(producer, records[-len(records) // 4 :])
    worker.start()
    wait_until_worked_off(kafka_settings)
    assert worker.stop() == 0
    assert not differing(essence(alerts_in(kafka_settings)), expected)


async def test_a_graceful_restart_repeats_nothing(kafka_settings, producer, expected):
    worker = WorkerProcess(kafka_settings)
    worker.start()
    records = log()
    part = len(records) // 5
    await publish(producer, records[: 2 * part])
    wait_until_worked_off(kafka_settings)
    assert worker.stop() == 0
    worker.start()
    await publish(producer, records[2 * part :])
    wait_until_worked_off(kafka_settings)
    assert worker.stop() == 0
    alerts = alerts_in(kafka_settings)
    assert not differing(essence(alerts), expected)
    assert len(alerts) == len(expected)


async def test_without_a_usable_snapshot_the_state_is_rebuilt_in_silence(
    kafka_settings, producer, expected
):
    worker = WorkerProcess(kafka_settings)
    worker.start()
    records = log()
    half = len(records) // 2
    await publish(producer, records[:half])
    wait_until_worked_off(kafka_settings)
    assert worker.stop() == 0
    for partition in range(EVENT_PARTITIONS):
        for slot in ("a", "b"):
            chunk = SnapshotChunk("x", "another program", 1, 0, 1, b"")
            value = msgspec.msgpack.encode(chunk)
            await producer.send(SNAPSHOTS.name, value, f"{slot}/0", partition)
    await publish(producer, records[half:])
    worker.start()
    wait_until_worked_off(kafka_settings)
    assert worker.stop() == 0
    alerts = alerts_in(kafka_settings)
    assert not differing(essence(alerts), expected)
    assert len(alerts) == len(expected)
