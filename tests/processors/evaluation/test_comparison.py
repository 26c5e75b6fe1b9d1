"""Two versions on the same units: what differs, and whether that is more than chance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from memewatch.cli.main import app
from memewatch.errors import OperatorError
from processors.detectors.pump_and_dump import SETTINGS, PumpAndDump, PumpSettings
from processors.evaluation import nab, sentiment
from processors.evaluation.comparison import compare
from processors.evaluation.pump import evaluate
from processors.evaluation.report import write_report
from processors.evaluation.statistics import Interval
from processors.patterns import PatternSet
from producers.recorded.reading import read_events
from tests.processors.evaluation.test_nab import corpus
from tests.processors.evaluation.test_pump import write_labels, write_recording


def run(folder: Path, right: list[int], f1: float = 0.5, data: str = "abc") -> Path:
    lines: list[Mapping[str, object]] = [
        {"unit": place, "right": value, "found": value, "missed": 1 - value, "false": 0}
        for place, value in enumerate(right)
    ]
    figures = {"data_hash": data, "f1": Interval(f1, 0.4, 0.6), "deep": {"rows": len(right)}}
    write_report(folder, "A run", figures, (), (), units=lines)
    return folder


def test_a_better_version_is_better_beyond_chance(tmp_path: Path) -> None:
    first = run(tmp_path / "a", [0, 1] * 40, f1=0.5)
    second = run(tmp_path / "b", [1, 1] * 40, f1=0.75)
    found = compare(first, second, tmp_path / "out")
    assert found.figures == {"f1": (0.5, 0.75), "deep.rows": (80.0, 80.0)}
    assert found.units == 80
    assert found.differences["right"].estimate == pytest.approx(0.5)
    assert found.differences["right"].low > 0.3
    assert found.differences["f1"].estimate == pytest.approx(1 - 2 / 3)
    assert "paired over 80 units" in found.table()
    assert json.loads((tmp_path / "out" / "report.json").read_text())["figures"]["units"] == 80


def test_two_versions_of_a_detector_are_compared_by_what_they_say_of_recordings(
    tmp_path: Path,
) -> None:
    """A detector that wants a larger crowd than there is misses what the shipped one finds."""

    class Demanding(PumpAndDump):
        version = "demanding"

        def __init__(self) -> None:
            crowd = replace(SETTINGS.crowd, rush=1e6)
            super().__init__(PumpSettings(crowd=crowd, unanimous=crowd))

    write_recording(tmp_path / "trades" / "a.csv.gz")
    labels = write_labels(tmp_path / "events.csv", "a.csv.gz")
    for name, detector in (("shipped", PumpAndDump), ("demanding", Demanding)):
        patterns = PatternSet(leading=(detector,), joined=())
        evaluate(tmp_path / "trades", labels, tmp_path / name, read_events, patterns)
    found = compare(tmp_path / "demanding", tmp_path / "shipped", tmp_path / "out")
    assert found.units == 1
    assert found.figures["f1"] == (0.0, 1.0)
    assert found.differences["f1"].estimate == 1.0
    assert found.differences["false_alerts_per_coin_day"].estimate == 0.0


def test_series_and_posts_are_paired_one_by_one(tmp_path: Path) -> None:
    series = corpus(tmp_path / "nab")
    posts = tmp_path / "posts.tsv"
    posts.write_text("text\tlabel\nto the moon\tpositive\nscam, sold all\tnegative\n")
    for name in ("a", "b"):
        nab.evaluate(series, tmp_path / "nab" / name)
        sentiment.evaluate([posts], tmp_path / "posts" / name)
    found = compare(tmp_path / "nab" / "a", tmp_path / "nab" / "b", tmp_path / "out")
    assert (found.units, found.differences.keys()) == (1, {"f1", "raw"})
    found = compare(tmp_path / "posts" / "a", tmp_path / "posts" / "b", tmp_path / "out")
    assert (found.units, found.differences.keys()) == (2, {"accuracy"})


def test_a_version_compared_with_itself_differs_by_nothing(tmp_path: Path) -> None:
    one = run(tmp_path / "a", [0, 1, 1])
    for difference in compare(one, one, tmp_path / "out").differences.values():
        assert (difference.low, difference.estimate, difference.high) == (0.0, 0.0, 0.0)


def test_reports_on_different_data_or_none_are_refused(tmp_path: Path) -> None:
    first, second = run(tmp_path / "a", [1]), run(tmp_path / "b", [1], data="other")
    with pytest.raises(OperatorError, match="different data"):
        compare(first, second, tmp_path / "out")
    with pytest.raises(OperatorError, match="no report"):
        compare(first, tmp_path / "none", tmp_path / "out")


def test_without_units_the_figures_alone_are_compared(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, "A run", {"f1": 0.5}, (), ())
    options = ["evaluate", "compare", str(tmp_path / "a"), str(tmp_path / "b")]
    answer = CliRunner().invoke(app, [*options, "--out", str(tmp_path / "out")])
    assert answer.exit_code == 0, answer.output
    assert "+0.0000" in answer.stdout
