"""`kill -9` of each process of a stack in turn: it comes back by itself and no alert differs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition

from memewatch.kafka import client_config
from memewatch.settings import Settings
from memewatch.stack.data_directory import DataDirectory
from memewatch.stack.find import stack_settings
from processors.offline import MemoryRecord
from processors.partition import PartitionState
from processors.records import Outputs
from producers.main import SCENARIOS_A_TOKEN_HOUR
from producers.simulated import SimulatedMarket
from schemas.codec import decode_post, decode_tick, decode_transfer
from schemas.events import Event
from schemas.topics import EVENT_PARTITIONS, EVENT_TOPICS, SESSIONS
from tests.integration.expectation import essence, expected_revisions, latest
from tests.integration.recordings import write_recordings
from tests.processors.kafka_log import ends

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
DEADLINE_S = 180.0

Logs = dict[tuple[str, int], list[MemoryRecord]]


class Stack:
    """`memewatch up` in a directory of its own, asked through the command line alone."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._up: subprocess.Popen[str] | None = None
        self.url = ""

    @contextmanager
    def up(self, source: str, **environment: str) -> Iterator[None]:
        """Start, wait for ``ready``, and stop in order as Ctrl-C does."""
        command = [sys.executable, "-m", "memewatch", "up", "--source", source, "--port", "0"]
        command += ["--data-dir", str(self.data_dir)]
        self._up = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert self._up.stdout is not None
            for line in self._up.stdout:
                if line.startswith("ready "):
                    self.url = line.split()[1]
                    break
            else:
                raise AssertionError("the stack did not become ready")
            yield
            self._up.send_signal(signal.SIGINT)
            assert self._up.wait(DEADLINE_S) == 0
        finally:
            self._up.kill()
            self._up.wait()
            self._leave_nothing_behind()

    def _leave_nothing_behind(self) -> None:
        """After a failed test the children of the killed `up` are still there."""
        state = DataDirectory(self.data_dir).read_state()
        for process in state.processes if state is not None else []:
            if process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)

    def ask(self, *command: str) -> Any:
        """The JSON of a command; for ``alerts`` one object a line."""
        answer = self.run(*command, "--json")
        assert answer.returncode == 0, answer.stderr
        if command[0] == "alerts":
            return [json.loads(line) for line in answer.stdout.splitlines()]
        return json.loads(answer.stdout)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command), cwd=ROOT, capture_output=True, text=True, check=False
        )

    def command(self, *command: str) -> list[str]:
        return [sys.executable, "-m", "memewatch", *command, "--data-dir", str(self.data_dir)]

    def process(self, name: str) -> dict[str, Any]:
        (process,) = [p for p in self.ask("ps") if p["name"] == name]
        return process

    def kill(self, name: str) -> None:
        """`kill -9` and wait until another process of that name runs and all of it serves."""
        before = self.process(name)["pid"]
        os.kill(before, signal.SIGKILL)

        def is_back() -> bool:
            now = self.process(name)
            return now["state"] == "running" and now["pid"] != before and self.is_ready()

        until(is_back, f"{name} is back")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def lag(self) -> int:
        answer = self.run("topics", "--json")
        if answer.returncode != 0:
            return -1
        return sum(g["lag"] for t in json.loads(answer.stdout) for g in t["groups"])

    def alert_count(self) -> int:
        answer = self.run("alerts", "--json")
        return len(answer.stdout.splitlines()) if answer.returncode == 0 else 0


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S:.0f} s: {what}"
        time.sleep(0.2)


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
    published = [e.id for log in logs.values() for e in events_of(log)]
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


def events_of(log: list[MemoryRecord]) -> Iterator[Event]:
    decoders = (decode_post, decode_tick, decode_transfer)
    for record in log:
        if record.key is not None and record.value is not None:
            kind = 0 if b'"text"' in record.value else 1 if b'"price"' in record.value else 2
            yield decoders[kind](record.value)


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
        _, high = consumer.get_watermark_offsets(place, 10.0)
        consumer.assign([TopicPartition(SESSIONS.name, 0, high - 1)])
        (message,) = consumer.consume(1, 10.0)
    finally:
        consumer.close()
    value = message.value()
    assert value is not None
    return int(json.loads(value)["identity"].split(":")[2])
