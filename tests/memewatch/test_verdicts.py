"""`memewatch verdict`, `verdicts` and `detectors` against a running API."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memewatch.settings import Settings
from memewatch.stack.roles import API, SINK
from processors.tuning.verdict_labels import VerdictLabel, read_verdict_labels
from sinks.main import VERDICT
from tests.api.running import Api, run_api
from tests.api.writer import Writer, make_alert
from tests.conftest import SettingsForRole
from tests.memewatch.test_watch import Answer
from tests.sinks.stage import running, until_count

pytestmark = pytest.mark.integration


@pytest.fixture
async def api(settings: Settings, settings_for: SettingsForRole) -> AsyncIterator[Api]:
    """An API and the sink's lane of verdicts, on real servers."""
    served = settings_for(settings.model_copy(update={"api_port": 0}), API)
    async with running(settings_for(settings, SINK), VERDICT), run_api(served) as api:
        yield api


@pytest.fixture
async def writer(settings: Settings, settings_for: SettingsForRole) -> AsyncIterator[Writer]:
    async with Writer.connect(settings_for(settings, SINK)) as writer:
        yield writer


async def memewatch(api: Api, *arguments: str) -> Answer:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "memewatch", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"MEMEWATCH_API_PORT": str(api.port), "COLUMNS": "120"},
    )
    out, err = await process.communicate()
    return Answer(process.returncode or 0, out.decode(), err.decode())


async def test_verdicts_are_given_shown_and_become_labels(
    api: Api, writer: Writer, tmp_path: Path
) -> None:
    await writer.alerts(*(make_alert(number, score=number / 10) for number in range(6)))
    said = await memewatch(api, "verdict", "alert-00005", "right", "--note", "[b]yes[/]")
    assert (said.code, said.out, said.err) == (0, "", "pump_and_dump, version pump-1: right\n")
    again = (await memewatch(api, "verdict", "alert-00005", "right", "--json")).json
    assert (again["alert_id"], again["note"]) == ("alert-00005", None)
    await api.http.post("/api/v1/alerts/alert-00000/verdict", json={"verdict": "unsure"})
    for number in range(1, 5):
        body = {"verdict": "wrong", "note": "[b]no[/]"}
        await api.http.post(f"/api/v1/alerts/alert-{number:05d}/verdict", json=body)
    await until_count(writer.connection, "verdicts", 6)

    shown = await memewatch(api, "verdicts")
    assert shown.err == ""
    assert "[b]no[/]" in shown.out
    lines = (await memewatch(api, "verdicts", "--json")).out
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [row["given_at"] for row in rows] == sorted(row["given_at"] for row in rows)
    file = tmp_path / "verdicts.ndjson"
    file.write_text(lines)
    labels = [(0.5, True), (0.1, False), (0.2, False), (0.3, False), (0.4, False)]
    assert read_verdict_labels(file) == [
        VerdictLabel("pump_and_dump", score, right) for score, right in labels
    ]

    (detector,) = (await memewatch(api, "detectors", "--json")).json
    assert (detector["judged"], detector["right"], detector["below_floor"]) == (5, 1, True)
    table = await memewatch(api, "detectors")
    assert table.out.splitlines()[1].split() == [
        *("pump_and_dump", "pump-1", "6", "1", "of", "5", "0.20", "(0.04-0.62)", "below", "0.80")
    ]
    assert table.err == "pump_and_dump, version pump-1, is below its floor\n"


async def test_wrong_use_and_unknown_alerts_are_told(api: Api) -> None:
    unknown = await memewatch(api, "verdict", "no such? alert", "right")
    assert (unknown.code, unknown.out) == (1, "")
    assert "no alert of this id" in unknown.err
    for arguments in (("verdict", "A", "maybe"), ("verdict", "A", "right", "--note", "n" * 501)):
        assert (await memewatch(api, *arguments)).code == 2
    nothing = await memewatch(api, "verdicts", "--json")
    assert (nothing.code, nothing.out) == (0, "")
    assert (await memewatch(api, "detectors", "--json")).json == []
