"""The promise on real Kafka and PostgreSQL: the same recordings give the same alerts.

Posts, trades and transfers of 24 tokens; in another order of files, at other speeds, with two
workers, with a worker killed half-way.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from memewatch.settings import Settings
from memewatch.stack.roles import SINK
from processors.evaluation.pump import evaluate
from producers.play import play_async
from producers.recorded.reading import read_events
from schemas.topics import EVENT_TOPICS
from tests.conftest import SettingsForRole
from tests.integration.alerts import revisions, wait_until_settled
from tests.integration.expectation import Revisions, essence, expected_revisions
from tests.integration.recordings import TOKENS, write_recordings
from tests.integration.stages import Stage, running
from tests.processors.kafka_log import ends, workers_lag

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PATTERNS = {"pump_and_dump", "whale_dump", "sentiment_spike", "sentiment_price_divergence"}


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> list[Path]:
    return write_recordings(tmp_path_factory.mktemp("recordings") / "market")


@pytest.fixture(scope="module")
def expected(paths) -> Revisions:
    return expected_revisions(paths)


async def publish(settings: Settings, paths: list[Path], **speeds: float) -> None:
    report = await play_async(settings, paths, asyncio.Event(), speeds=speeds)
    assert report.finished
    assert report.bad == 0


async def test_recordings_raise_many_alerts_of_all_patterns_and_revise_them(
    settings: Settings, settings_for: SettingsForRole, paths: list[Path], expected: Revisions
):
    worker = Stage(settings, "worker")
    with running(worker, Stage(settings_for(settings, SINK), "sink")):
        await publish(settings, paths)
        await wait_until_settled(settings)
    found = await revisions(settings)
    assert found == expected
    first = [body for (_, revision), body in found.items() if revision == 1]
    assert {body["pattern"] for body in first} >= PATTERNS
    assert len(first) >= 50
    assert len({body["token"] for body in first}) > TOKENS // 2
    opening_evidence = {body["id"]: {e["feature"] for e in body["evidence"]} for body in first}
    joined = {
        body["id"]
        for (_, revision), body in found.items()
        if revision > 1 and {e["feature"] for e in body["evidence"]} - opening_evidence[body["id"]]
    }
    assert len(joined) >= 15, "alerts revised by evidence of the joined axis"
    last = {body["id"]: body["status"] for (_, _), body in sorted(found.items())}
    assert set(Counter(last.values())) <= {"resolved", "retracted"}, "the closing ends all"


async def test_another_order_of_files_and_other_speeds_change_nothing(
    settings: Settings, settings_for: SettingsForRole, paths: list[Path], expected: Revisions
):
    with running(Stage(settings, "worker"), Stage(settings_for(settings, SINK), "sink")):
        # Posts take about ten seconds, so the other topics are far ahead of them.
        await publish(settings, paths[::-1], posts=1_800.0)
        await wait_until_settled(settings)
    assert await revisions(settings) == expected


async def test_two_workers_one_killed_half_way_change_nothing(
    settings: Settings, settings_for: SettingsForRole, paths: list[Path], expected: Revisions
):
    quick = settings.model_copy(update={"snapshot_interval_s": 1.0})
    first, second = Stage(quick, "worker"), Stage(quick, "worker")
    with running(first, second, Stage(settings_for(settings, SINK), "sink")):
        publishing = asyncio.create_task(
            publish(settings, paths, posts=1_800.0, ticks=1_800.0, transfers=1_800.0)
        )
        await until_some_is_processed(settings)
        await asyncio.to_thread(first.kill)
        await publishing
        first.start()
        await wait_until_settled(settings)
    assert await revisions(settings) == expected


async def test_evaluate_says_of_recorded_trades_what_playing_them_says(
    settings: Settings, settings_for: SettingsForRole, paths: list[Path], tmp_path: Path
):
    trades = [path for path in paths if path.suffix == ".csv"]
    labels = tmp_path / "events.csv"
    onset = "2025-01-01T00:00:00Z"
    labels.write_text("file,onset_at\n" + "".join(f"{path.name},{onset}\n" for path in trades))
    await asyncio.to_thread(evaluate, paths[0].parent, labels, tmp_path, read_events)
    lines = (tmp_path / "alerts_full.ndjson").read_text().splitlines()
    said = essence(json.loads(line) for line in lines)
    assert "pump_and_dump" in {body["pattern"] for body in said.values()}
    assert (tmp_path / "several_files.ndjson").read_text() == "", "no token is in two files"
    with running(Stage(settings, "worker"), Stage(settings_for(settings, SINK), "sink")):
        await publish(settings, trades)
        await wait_until_settled(settings)
    assert await revisions(settings) == said


async def until_some_is_processed(settings: Settings, records: int = 10_000) -> None:
    """Return when the workers have durably processed something and are in the midst of it."""
    async with asyncio.timeout(120):
        done = 0
        while done < records:
            await asyncio.sleep(0.1)
            total = await asyncio.to_thread(published, settings)
            lag = await asyncio.to_thread(workers_lag, settings)
            done = total - sum(lag.values())


def published(settings: Settings) -> int:
    """Records in the three event topics."""
    return sum(ends(settings, [settings.namespace + spec.name for spec in EVENT_TOPICS]).values())
