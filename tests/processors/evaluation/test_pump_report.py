"""The report on recorded pumps: intervals over recordings, and what each alert was worth."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from processors.detectors.base import Opening
from processors.evaluation.pump import judged
from processors.evaluation.pump_report import Recording, intervals, write_pump_report

ONSET_MS = 1_600_000_000_000


def recording(delay_s: float | None, false: int = 0) -> Recording:
    hit = () if delay_s is None else ((0.9, True),)
    return Recording("x", delay_s, (*hit, *((0.4, False),) * false), coin_days=2.0)


def opening(score: float) -> Opening:
    return Opening(
        score=score,
        impact=0.2,
        onset_ms=ONSET_MS,
        phase="ignition",
        explanation="",
        evidence=(),
    )


def test_figures_are_those_of_the_data_sets_rules() -> None:
    found = intervals([recording(2.0), recording(8.0, 1), recording(None)])
    assert found["f1"].estimate == pytest.approx(4 / 6)
    assert found["precision"].estimate == pytest.approx(2 / 3)
    assert found["recall"].estimate == pytest.approx(2 / 3)
    assert found["delay_median_s"].estimate == pytest.approx(5.0)
    assert found["false_alerts_per_coin_day"].estimate == pytest.approx(1 / 6)
    assert found["recall"].low < found["recall"].estimate < found["recall"].high


def test_only_the_first_hit_and_false_alerts_are_judged() -> None:
    seconds = {-200: 0.1, -10: 0.5, 30: 0.6, 900: 0.7, 4000: 0.8}
    alerts = [(ONSET_MS + s * 1000, opening(score)) for s, score in seconds.items()]
    assert judged(alerts, ONSET_MS) == ((0.5, True), (0.1, False), (0.8, False))


def test_the_report_is_written_even_when_nothing_was_found(tmp_path: Path) -> None:
    write_pump_report([recording(None)], "abc", tmp_path)
    figures = json.loads((tmp_path / "report.json").read_text())["figures"]
    assert figures["data_hash"] == "abc"
    assert figures["recall"]["estimate"] == 0.0
    assert figures["delay_median_s"]["estimate"] is None
    assert (tmp_path / "report.html").exists()
    assert math.isnan(intervals([])["f1"].estimate)
