"""The scoring of recorded pumps: what is a hit, what is ignored, what is false."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from memewatch.errors import OperatorError
from processors.detectors.base import Opening
from processors.evaluation.pump import FileScore, PumpReport, evaluate, score_file
from producers.recorded.reading import read_events
from schemas.alerts import Alert
from schemas.times import rfc3339
from tests.processors.detectors.trades import HOUR_MS, START_MS, pump, quiet, ticks

ONSET_MS = 1_600_000_000_000


def opening(onset_ms: int = ONSET_MS) -> Opening:
    return Opening(
        score=0.7, impact=0.5, onset_ms=onset_ms, phase="ignition", explanation="", evidence=()
    )


def alerts(*seconds: float) -> list[tuple[int, Opening]]:
    return [(ONSET_MS + round(second * 1000), opening()) for second in seconds]


def test_an_alert_two_minutes_around_the_onset_hits_and_the_first_one_counts() -> None:
    score = score_file("a", alerts(-119, 5, 119), ONSET_MS)
    assert (score.delay_s, score.false_alerts_s) == (-119.0, ())


def test_alerts_until_half_an_hour_after_the_onset_are_ignored() -> None:
    score = score_file("a", alerts(121, 1800), ONSET_MS)
    assert (score.delay_s, score.false_alerts_s) == (None, ())


def test_all_other_alerts_are_false() -> None:
    score = score_file("a", alerts(-121, 3, 1801), ONSET_MS)
    assert (score.delay_s, score.false_alerts_s) == (3.0, (-121.0, 1801.0))


def test_figures_come_from_all_files() -> None:
    report = PumpReport(
        files=(
            FileScore("a", 2.0, 0.0, ()),
            FileScore("b", 4.0, 0.0, (900.0,)),
            FileScore("c", None, None, ()),
        ),
        coin_days=8.0,
        cost_us=3.0,
    )
    assert report.precision == pytest.approx(2 / 3)
    assert report.recall == pytest.approx(2 / 3)
    assert report.f1 == pytest.approx(2 / 3)
    assert report.delay_s(0.5) == 3.0
    assert report.false_alerts_a_day == 0.125
    assert "F1 0.667" in report.table()


def test_answers_are_written_before_the_labels_are_opened(tmp_path: Path) -> None:
    write_recording(tmp_path / "trades" / "x.csv.gz")
    out = tmp_path / "out"
    with pytest.raises(OperatorError, match="labels"):
        evaluate(tmp_path / "trades", tmp_path / "missing.csv", out, read_events)
    [line] = (out / "alerts.ndjson").read_text().splitlines()
    assert json.loads(line)["file"] == "x.csv.gz"


def test_a_recorded_pump_is_found_and_its_file_name_does_not_matter(tmp_path: Path) -> None:
    reports = []
    for name in ("x.csv.gz", "another-name.csv.gz"):
        folder = tmp_path / name / "trades"
        write_recording(folder / name)
        labels = tmp_path / name / "events.csv"
        onset = rfc3339(START_MS + 9 * HOUR_MS)
        labels.write_text(f"file,onset_at\n{name},{onset}\n")
        reports.append(evaluate(folder, labels, tmp_path / name / "out", read_events))
    first, second = reports
    assert first.f1 == second.f1 == 1.0
    assert first.files[0].delay_s == second.files[0].delay_s
    assert first.coin_days == pytest.approx(10 / 24, abs=0.01)


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no recorded trades"):
        evaluate(tmp_path, tmp_path / "events.csv", tmp_path / "out", read_events)


def test_every_revision_is_written_as_it_stands_in_the_topic(tmp_path: Path) -> None:
    write_recording(tmp_path / "trades" / "x.csv.gz")
    labels = write_labels(tmp_path / "events.csv", "x.csv.gz")
    evaluate(tmp_path / "trades", labels, tmp_path / "out", read_events)
    full = read_lines(tmp_path / "out" / "alerts_full.ndjson")
    alerts = [msgspec.convert(line, Alert) for line in full]
    assert [alert.revision for alert in alerts] == list(range(1, len(alerts) + 1))
    assert alerts[-1].status == "resolved"
    [answer] = read_lines(tmp_path / "out" / "alerts.ndjson")
    assert (answer["score"], answer["phase"]) == (alerts[0].score, alerts[0].phase)
    assert (tmp_path / "out" / "several_files.ndjson").read_bytes() == b""


def test_what_a_second_file_of_the_same_token_changes_is_listed(tmp_path: Path) -> None:
    """The first file ends in the midst of the pump, the second begins there: too little is known
    of the token when that one is read by itself."""
    names = ("first.csv.gz", "second.csv.gz")
    for name, hours in zip(names, ((0, 8.9), (8.9, 10)), strict=True):
        write_recording(tmp_path / "trades" / name, hours)
    labels = write_labels(tmp_path / "events.csv", *names)
    report = evaluate(tmp_path / "trades", labels, tmp_path / "out", read_events)
    assert report.hits == 0
    listed = read_lines(tmp_path / "out" / "several_files.ndjson")
    assert {(one["token"], one["pattern"], one["file"]) for one in listed} == {
        ("TOKEN", "pump_and_dump", None)
    }
    assert "differ" in report.table()


def write_labels(path: Path, *names: str) -> Path:
    onset = rfc3339(START_MS + 9 * HOUR_MS)
    path.write_text("".join(["file,onset_at\n", *(f"{name},{onset}\n" for name in names)]))
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_recording(path: Path, hours: tuple[float, float] = (0, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("symbol", "timestamp", "datetime", "side", "price", "amount"))
        for tick, time_ms in ticks(quiet(10), pump(9 * HOUR_MS)):
            if hours[0] <= (time_ms - START_MS) / HOUR_MS < hours[1]:
                price = (tick.event_time, tick.side, tick.price, tick.amount)
                writer.writerow(("TOKEN/BTC", time_ms, *price))
