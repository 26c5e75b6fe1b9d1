"""`memewatch evaluate` on what is there."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from memewatch.cli.main import app


def test_a_simulated_market_is_scored_and_its_raw_answers_written(tmp_path: Path) -> None:
    options = ["--seed", "9", "--tokens", "4", "--hours", "3", "--out", str(tmp_path)]
    answer = CliRunner().invoke(app, ["evaluate", "simulated", *options])
    assert answer.exit_code == 0, answer.output
    assert "whale_dump" in answer.stdout
    alerts = [json.loads(line) for line in (tmp_path / "alerts.ndjson").read_text().splitlines()]
    truths = [json.loads(line) for line in (tmp_path / "truth.ndjson").read_text().splitlines()]
    assert {truth["honest"] for truth in truths} == {True, False}
    assert alerts
    assert (tmp_path / "report.html").exists()


def test_absent_recordings_are_skipped_with_a_message(tmp_path: Path) -> None:
    options = ["--trades", str(tmp_path), "--events", str(tmp_path / "none.csv")]
    answer = CliRunner().invoke(app, ["evaluate", "pump", *options, "--out", str(tmp_path)])
    assert answer.exit_code == 1


def test_no_detector_knows_the_future_and_each_is_put_to_the_test(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        app, ["evaluate", "lookahead", "--cuts", "2", "--out", str(tmp_path)]
    )
    assert answer.exit_code == 0, answer.output
    assert "no violations" in answer.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["figures"]["violations"] == 0
    assert report["figures"]["patterns_not_put_to_the_test"] == []


def test_patterns_that_raised_no_alert_are_named_and_fail_the_check(tmp_path: Path) -> None:
    options = ["--tokens", "1", "--hours", "1", "--markets", "1", "--out", str(tmp_path)]
    answer = CliRunner().invoke(app, ["evaluate", "lookahead", *options])
    assert answer.exit_code == 1
    assert "no violations" in answer.stdout
    assert "not put to the test" in answer.stderr
    assert "rug_pull" in answer.stderr
