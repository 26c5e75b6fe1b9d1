"""The benchmark's folders in, its result layout out; the labels are opened last."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from memewatch.cli.main import app
from memewatch.errors import OperatorError
from processors.evaluation.nab import evaluate

ROWS = 1_000
JUMP = 700
FIRST = datetime(2020, 1, 1, tzinfo=UTC)


def time_of(row: int) -> str:
    return (FIRST + timedelta(minutes=5 * row)).strftime("%Y-%m-%d %H:%M:%S")


def corpus(folder: Path, name: str = "some/series.csv", *, labels: bool = True) -> Path:
    generator = random.Random(4)
    path = folder / "data" / name
    path.parent.mkdir(parents=True)
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("timestamp", "value"))
        for row in range(ROWS):
            value = generator.gauss(100, 5) + (200 if JUMP <= row < JUMP + 30 else 0)
            writer.writerow((time_of(row), round(value, 3)))
    if labels:
        label(folder, {name: [[time_of(650) + ".000000", time_of(749) + ".000000"]]})
    return folder


def label(folder: Path, windows: dict[str, list[list[str]]]) -> None:
    path = folder / "labels" / "combined_windows.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(windows))


def answers(out: Path, name: str = "some/memewatch_series.csv") -> list[dict[str, str]]:
    with (out / "results" / "memewatch" / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_jump_is_found_and_told_in_the_benchmarks_layout(tmp_path: Path) -> None:
    report = evaluate(corpus(tmp_path / "nab"), tmp_path / "out")

    rows = answers(tmp_path / "out")
    assert list(rows[0]) == ["timestamp", "value", "anomaly_score", "label"]
    assert [row["timestamp"] for row in rows] == [time_of(row) for row in range(ROWS)]
    assert [row for row, answer in enumerate(rows) if answer["label"] == "1"] == [*range(650, 750)]
    found = [row for row, answer in enumerate(rows) if float(answer["anomaly_score"]) >= 0.5]
    assert JUMP in found
    assert report.score("standard") > 80
    assert "standard" in report.table()


def test_answers_are_written_before_the_labels_are_opened(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "nab", labels=False)
    with pytest.raises(OperatorError, match="labels"):
        evaluate(folder, tmp_path / "out")
    unlabelled = answers(tmp_path / "out")
    assert {row["label"] for row in unlabelled} == {"0"}

    label(folder, {"some/series.csv": [[time_of(10), time_of(900)]]})
    evaluate(folder, tmp_path / "out")
    scores = [row["anomaly_score"] for row in answers(tmp_path / "out")]
    assert scores == [row["anomaly_score"] for row in unlabelled]


def test_the_name_of_a_file_and_its_date_do_not_matter(tmp_path: Path) -> None:
    evaluate(corpus(tmp_path / "a"), tmp_path / "a-out")
    evaluate(corpus(tmp_path / "b", "other/name.csv"), tmp_path / "b-out")
    assert answers(tmp_path / "a-out") == answers(tmp_path / "b-out", "other/memewatch_name.csv")


def test_the_threshold_is_left_for_the_benchmarks_own_program(tmp_path: Path) -> None:
    report = evaluate(corpus(tmp_path / "nab"), tmp_path / "out")
    thresholds = json.loads((tmp_path / "out" / "config" / "thresholds.json").read_text())
    assert {profile["threshold"] for profile in thresholds["memewatch"].values()} == {0.5}
    said = json.loads((tmp_path / "out" / "report.json").read_text())
    assert said["figures"]["profiles"]["standard"]["estimate"] == report.score("standard")
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize(
    "windows",
    [
        pytest.param({}, id="a series is not labelled"),
        pytest.param({"some/series.csv": [["2019-01-01", "2019-01-02"]]}, id="no such row"),
        pytest.param({"some/series.csv": [["soon", "later"]]}, id="no time"),
    ],
)
def test_bad_labels_are_named(tmp_path: Path, windows: dict[str, list[list[str]]]) -> None:
    folder = corpus(tmp_path / "nab", labels=False)
    label(folder, windows)
    with pytest.raises(OperatorError, match=r"combined_windows\.json"):
        evaluate(folder, tmp_path / "out")


def test_bad_series_are_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no series"):
        evaluate(tmp_path, tmp_path / "out")
    folder = corpus(tmp_path / "nab")
    bad = folder / "data" / "some" / "bad.csv"
    bad.write_text("timestamp,value\n2020-01-01 00:00:00,much\n")
    with pytest.raises(OperatorError, match=r"bad\.csv"):
        evaluate(folder, tmp_path / "out")


def test_the_command_prints_the_figures(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "nab")
    options = [str(folder), "--out", str(tmp_path / "out")]
    answer = CliRunner().invoke(app, ["evaluate", "nab", *options])
    assert answer.exit_code == 0, answer.output
    assert "reward_low_FP_rate" in answer.stdout
