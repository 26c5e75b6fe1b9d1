"""The report on a simulated market: which alerts were right, and what is written about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from memewatch.cli.simulated_report import judged, write_simulated_report
from producers.simulated.scoring import score
from producers.simulated.truth import Truth
from schemas.alerts import Alert
from schemas.times import rfc3339

ONSET_MS = 1_760_000_000_000
MINUTE_MS = 60_000


def truth(scenario: str, minutes: int, *, required: bool = True) -> Truth:
    onset_ms = ONSET_MS + minutes * MINUTE_MS
    return Truth(
        scenario=scenario,
        token="DOGE",
        symbol="DOGE",
        kind="pump",
        honest=not required,
        pattern="pump_and_dump" if required else None,
        also=() if required else ("pump_and_dump",),
        starts_ms=onset_ms,
        onset_ms=onset_ms,
        ends_ms=onset_ms + MINUTE_MS,
        strength="weak",
        numbers={},
    )


def alert(minutes: int, points: float) -> Alert:
    time = rfc3339(ONSET_MS + minutes * MINUTE_MS)
    return Alert(
        id=f"a{minutes}",
        revision=1,
        token="DOGE",
        symbol="DOGE",
        pattern="pump_and_dump",
        phase="ignition",
        severity="high",
        score=points,
        status="open",
        event_time=time,
        onset_estimate=time,
        ended_at=None,
        detected_at=time,
        explanation="",
        evidence=[],
        inputs=[],
        detector_version="1",
    )


TRUTHS = (truth("cheat", 0), truth("look-alike", 60, required=False), truth("missed", 180))
ALERTS = (alert(2, 0.7), alert(1, 0.9), alert(60, 0.6), alert(120, 0.3))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_first_alert_is_right_an_allowed_one_does_not_count_and_others_are_false() -> None:
    assert judged(ALERTS, TRUTHS) == [(0.9, True), (0.3, False)]


def test_recall_is_told_by_strength_too(tmp_path: Path) -> None:
    scores = score(ALERTS, TRUTHS)
    write_simulated_report({"seed": 1}, scores, ALERTS, TRUTHS, tmp_path)
    figures = json.loads((tmp_path / "report.json").read_text())["figures"]
    pump = figures["by_pattern"]["pump_and_dump"]
    assert (pump["recall"]["estimate"], pump["precision"]["estimate"]) == (0.5, 0.5)
    assert figures["recall_by_strength"]["pump_and_dump"]["weak"]["estimate"] == 0.5
    assert figures["by_pattern"]["whale_dump"]["recall"]["estimate"] is None
    assert figures["false_alerts_by_what_they_fell_on"] == {"pump_and_dump": {"background": 1}}
    units = {unit.pop("unit"): unit for unit in lines(tmp_path / "units.ndjson")}
    assert units["pump_and_dump cheat"] == {"found": 1, "missed": 0, "false": 0}
    assert units["pump_and_dump missed"] == {"found": 0, "missed": 1, "false": 0}
    assert units["pump_and_dump on DOGE"] == {"found": 0, "missed": 0, "false": 1}
    assert "A simulated market" in (tmp_path / "report.html").read_text()
