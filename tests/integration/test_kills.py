"""`kill -9` of each process of a stack in turn: it comes back by itself and no alert differs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition

from memewatch.kafka import client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from memewatch.stack.find import stack_settings
from processors.offline import MemoryRecord
from processors.partition import PartitionState
from processors.records import Outputs
from producers.main import SCENARIOS_A_TOKEN_HOUR
from producers.simulated import SimulatedMarket
from schemas.codec import EVENT_DECODERS
from schemas.events import Event
from schemas.topics import EVENT_PARTITIONS, EVENT_TOPICS, SESSIONS
from tests.integration.expectation import essence, expected_revisions, latest
from tests.integration.recordings import write_recordings
from tests.integration.stack import DEADLINE_S, ROOT, Stack, until
from tests.processors.kafka_log import ends

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

Logs = dict[tuple[str, int], list[MemoryRecord]]


@pytest.fixture
def stack(data_dir: Path) -> Stack:
    return Stack(data_dir / "stack")


def test_kills_of_every_process_during_a_play_change_no_alert(stack: Stack, tmp_path: Path) -> None:
    paths = write_recordings(tmp_path / "market", hours=4)
    expected = latest(expected_revisions(paths))
    assert len(expected) > 20
    # Slow enough (about a minute) that something is in flight at each kill.
    play = stack.command("play", "--speed", "240", str(tmp_path / "market"))
    with stack.up("none"):
        killed = subprocess.Popen(play, cwd=ROOT, stderr=subprocess.DEVNULL)
        until(lambda: stack.alert_count() > 0, "a first alert")
        killed.kill()
        killed.wait()
        with subprocess.Popen([*play, "--resume"], cwd=ROOT) as resumed:
            for name in ("worker-1", "sink", "api", "postgres", "kafka"):
                stack.kill(name)
            assert resumed.wait(DEADLINE_S) == 0
        until(lambda: stack.lag() == 0, "nobody lags")
        assert essence(stack.ask("alerts")) == expected


def test_a_killed_producer_goes_on_where_it_was(stack: Stack) -> None:
    tokens = 8
    with stack.up("demo", MEMEWATCH_DEMO_TOKENS=str(tokens)):
        until(lambda: stack.alert_count() > 0, "a first alert")
        stack.kill("producer")
        until(lambda: 0 <= stack.lag() < 200, "the past is worked off")
    with stack.up("none"):
        until(lambda: stack.lag() == 0, "nobody lags")
        found = essence(stack.ask("alerts"))
        settings = stack_settings(stack.data_dir)
        logs = read_event_logs(settings)
        start_ms = market_start(settings)
    said = latest(essence(bodies_from(logs)))
    assert found.keys() == said.keys()
    assert found == said

    # The session's log is the market's own beginning: nothing lost, nothing made up.
    published = [e.id for (topic, _), log in logs.items() for e in events_of(topic, log)]
    market = SimulatedMarket(
        settings.demo_seed,
        tokens,
        start_ms=start_ms,
        scenarios_per_hour=SCENARIOS_A_TOKEN_HOUR * tokens,
    )
    generated = {event.id for event in islice(market.events(), len(set(published)))}
    # Counts, since showing how two such sets differ takes minutes.
    assert len(generated - set(published)) == 0
    assert len(set(published) - generated) == 0


def bodies_from(logs: Logs) -> list[dict[str, Any]]:
    """Every alert revision that the production state makes of these very logs."""
    out = Outputs(now="")
    for partition in range(EVENT_PARTITIONS):
        state = PartitionState(partition)
        for spec in EVENT_TOPICS:
            state.process(spec.name, logs[spec.name, partition], out)
    return [msgspec.to_builtins(alert) for alert in out.alerts]


def events_of(topic: str, log: list[MemoryRecord]) -> Iterator[Event]:
    for record in log:
        if record.key is not None and record.value is not None:
            yield EVENT_DECODERS[topic](record.value)


def read_event_logs(settings: Settings) -> Logs:
    """All records of the three event topics, by topic and partition."""
    high = ends(settings, [spec.name for spec in EVENT_TOPICS])
    logs: Logs = {place: [] for place in high}
    consumer = Consumer(client_config(settings) | {"group.id": "test-reader"})
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in high])
        while any(len(log) < high[place] for place, log in logs.items()):
            for message in consumer.consume(1_000, 1.0):
                assert message.error() is None
                place = (message.topic(), message.partition())
                logs[place].append(MemoryRecord(message.key(), message.value(), message.offset()))
    finally:
        consumer.close()
    return logs


def market_start(settings: Settings) -> int:
    """Where the published market began, from the session's own record."""
    consumer = Consumer(client_config(settings) | {"group.id": "test-reader"})
    try:
        place = TopicPartition(SESSIONS.name, 0)
        _, high = log_bounds(consumer, place, 10.0)
        consumer.assign([TopicPartition(SESSIONS.name, 0, high - 1)])
        (message,) = consumer.consume(1, 10.0)
    finally:
        consumer.close()
    value = message.value()
    assert value is not None
    return int(json.loads(value)["identity"].split(":")[2])
