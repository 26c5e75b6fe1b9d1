"""The product's anomaly score over the Numenta Anomaly Benchmark, in the benchmark's own layout.

``python -m processors.evaluation.nab DIR --out OUT``

Every series is read with a fresh ``SeriesAnomaly`` and its answers are written as
``OUT/results/memewatch/<folder>/memewatch_<file>.csv`` before the labels are opened; then only
the column ``label`` is filled in. ``OUT/config/thresholds.json`` holds the threshold, fixed
beforehand and the same for all profiles, so that the benchmark's own program can score the same
answers.
"""

from __future__ import annotations

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from memewatch.errors import OperatorError
from processors.evaluation.nab_scoring import PROFILES, FileScore, Profile, normalised, score_file
from processors.evaluation.report import BarPlot, data_hash, write_report
from processors.evaluation.statistics import Interval, bootstrap
from processors.evaluation.watching import Watch, unwatched
from processors.series_anomaly import THRESHOLD, SeriesAnomaly, Settings

DETECTOR = "memewatch"
AIM = 70.0
#: The whole benchmark's published figures, standard profile, thresholds chosen on the labels.
_PUBLISHED = {
    "Windowed Gaussian": 39.6,
    "KNN-CAD": 58.0,
    "Numenta TM": 64.6,
    "CAD OSE": 69.9,
    "ARTime": 74.9,
}
_COLUMNS = ("timestamp", "value", "anomaly_score", "label")
_NOTES = (
    f"An anomaly is a score of at least {THRESHOLD}; the threshold was fixed before any file was "
    "read and is the same for all profiles.",
    "Labels were opened after the answers were written.",
    "Intervals are 95 % bootstrap intervals over files.",
    "Published figures are those of the whole benchmark with thresholds chosen on its labels, so "
    "they compare with a part of it only roughly.",
)


@dataclass(frozen=True, slots=True)
class Series:
    """One file of the benchmark; ``rows`` are its times and values as they were written."""

    name: str
    rows: tuple[tuple[str, str], ...]
    times_ms: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NabReport:
    """All files by name, ``folder/file.csv``. ``cost_us`` is microseconds a value."""

    files: dict[str, FileScore]
    cost_us: float

    def score(self, profile: str) -> float:
        """The normalised score of all files together."""
        chosen = next(known for known in PROFILES if known.name == profile)
        return normalised(list(self.files.values()), chosen)

    def folders(self) -> dict[str, list[FileScore]]:
        found: dict[str, list[FileScore]] = {}
        for name, score in self.files.items():
            found.setdefault(name.partition("/")[0], []).append(score)
        return found

    def table(self) -> str:
        """The report as lines of text."""
        lines = [f"{'file':56} {'windows':>7} {'hits':>5} {'false':>6}"]
        lines += [
            f"{name:56} {score.windows:>7} {len(score.rewards):>5} {score.false_alarms:>6}"
            for name, score in self.files.items()
        ]
        figures = "  ".join(
            f"{profile.name} {self.score(profile.name):.1f}" for profile in PROFILES
        )
        lines.append(f"{figures}  {self.cost_us:.1f} µs a value")
        return "\n".join(lines)


def evaluate(nab_dir: Path, out_dir: Path, watch: Watch = unwatched) -> NabReport:
    """Score every series, write the answers, then open the labels and judge.

    Raises:
        OperatorError: a series or the labels cannot be read.
    """
    series = read_corpus(nab_dir)
    anomalies: dict[str, list[int]] = {}
    spent_s = 0.0
    for one in watch(series, "series"):
        started = perf_counter()
        scores = detect(one)
        spent_s += perf_counter() - started
        anomalies[one.name] = anomalies_of(scores)
        _write_answers(_answers(out_dir, one.name), one, scores)
    windows = read_windows(nab_dir, series)
    files: dict[str, FileScore] = {}
    for one in series:
        files[one.name] = score_file(len(one.rows), windows[one.name], anomalies[one.name])
        _fill_in_labels(_answers(out_dir, one.name), windows[one.name])
    report = NabReport(files, spent_s * 1e6 / max(1, sum(len(one.rows) for one in series)))
    _write_thresholds(out_dir, report)
    _write_report(out_dir, report, data_hash(nab_dir / "data" / one.name for one in series))
    return report


def detect(series: Series, settings: Settings | None = None) -> list[float]:
    """The score of each value, as the product would give it."""
    anomaly = SeriesAnomaly(settings)
    return [
        anomaly.score_and_learn(value, time_ms)
        for value, time_ms in zip(series.values, series.times_ms, strict=True)
    ]


def anomalies_of(scores: Sequence[float]) -> list[int]:
    """The rows that are anomalies."""
    return [row for row, score in enumerate(scores) if score >= THRESHOLD]


def read_corpus(nab_dir: Path) -> list[Series]:
    """Every series of the benchmark's folder ``data``, in the order of their names.

    Raises:
        OperatorError: there are none, or one cannot be read.
    """
    paths = sorted((nab_dir / "data").glob("*/*.csv"))
    if not paths:
        raise OperatorError(f"{nab_dir} holds no series (data/<folder>/<file>.csv)")
    return [_read_series(path) for path in paths]


def read_windows(nab_dir: Path, series: Sequence[Series]) -> dict[str, tuple[tuple[int, int], ...]]:
    """The labelled windows of each series, as first and last row.

    Raises:
        OperatorError: the labels cannot be read, miss a series or name a time that is no row's.
    """
    labels = nab_dir / "labels" / "combined_windows.json"
    windows: dict[str, tuple[tuple[int, int], ...]] = {}
    try:
        labelled = json.loads(labels.read_text(encoding="utf-8"))
        for one in series:
            rows: dict[int, int] = {}
            for row, time_ms in enumerate(one.times_ms):
                rows.setdefault(time_ms, row)
            windows[one.name] = tuple(
                sorted((rows[_time_ms(a)], rows[_time_ms(b)]) for a, b in labelled[one.name])
            )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise OperatorError(f"cannot read the labels in {labels}: {error}") from error
    return windows


def _read_series(path: Path) -> Series:
    name = f"{path.parent.name}/{path.name}"
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = tuple((row["timestamp"], row["value"]) for row in csv.DictReader(lines))
        return Series(
            name=name,
            rows=rows,
            times_ms=tuple(_time_ms(time) for time, _ in rows),
            values=tuple(float(value) for _, value in rows),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise OperatorError(f"cannot read the series {path}: {error}") from error


def _time_ms(text: str) -> int:
    """The benchmark's times name no zone; which one does not matter."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def _answers(out_dir: Path, name: str) -> Path:
    folder, _, file = name.partition("/")
    return out_dir / "results" / DETECTOR / folder / f"{DETECTOR}_{file}"


def _write_answers(path: Path, series: Series, scores: Sequence[float]) -> None:
    """The answers with the label 0 throughout, since labels are not known yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for (time, value), score in zip(series.rows, scores, strict=True):
            writer.writerow((time, value, repr(score), 0))


def _fill_in_labels(path: Path, windows: Sequence[tuple[int, int]]) -> None:
    """Set the last column to 1 inside the windows; the rest of each line stays as it is."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    for first, last in windows:
        for row in range(first, last + 1):
            lines[row] = lines[row].rpartition(",")[0] + ",1"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")


def _write_thresholds(out_dir: Path, report: NabReport) -> None:
    scores = list(report.files.values())
    chosen = {
        profile.name: {
            "score": sum(score.raw(profile) for score in scores),
            "threshold": THRESHOLD,
        }
        for profile in PROFILES
    }
    path = out_dir / "config" / "thresholds.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({DETECTOR: chosen}, indent=2) + "\n", encoding="utf-8")


def _write_report(out_dir: Path, report: NabReport, data: str) -> None:
    scores = list(report.files.values())
    profiles = {profile.name: _interval(scores, profile) for profile in PROFILES}
    standard = PROFILES[0]
    figures = {
        "profiles": profiles,
        "windows": sum(score.windows for score in scores),
        "hits": sum(len(score.rewards) for score in scores),
        "false_alarms": sum(score.false_alarms for score in scores),
        "threshold": THRESHOLD,
        "data_hash": data,
        "folders": {
            folder: {
                "files": len(found),
                "windows": sum(score.windows for score in found),
                "hits": sum(len(score.rewards) for score in found),
                "false_alarms": sum(score.false_alarms for score in found),
                "standard": normalised(found, standard),
            }
            for folder, found in report.folders().items()
        },
        "files": {
            name: {
                "windows": score.windows,
                "hits": len(score.rewards),
                "false_alarms": score.false_alarms,
                "raw": score.raw(standard),
            }
            for name, score in report.files.items()
        },
    }
    plots = [
        BarPlot("Profiles", profiles, aim=AIM),
        BarPlot("Standard profile", {DETECTOR: profiles[standard.name], **_PUBLISHED}, aim=AIM),
    ]
    units = [
        {
            "unit": name,
            "found": len(score.rewards),
            "missed": score.misses,
            "false": score.false_alarms,
            "raw": score.raw(standard),
        }
        for name, score in report.files.items()
    ]
    write_report(out_dir, "Numenta Anomaly Benchmark", figures, plots, _NOTES, units=units)


def _interval(scores: Sequence[FileScore], profile: Profile) -> Interval:
    return bootstrap(len(scores), lambda chosen: normalised([scores[i] for i in chosen], profile))


def main() -> None:
    parser = ArgumentParser(prog="processors.evaluation.nab", description=__doc__)
    parser.add_argument("nab", type=Path, help="folder with data/ and labels/")
    parser.add_argument("--out", type=Path, required=True, help="where results/ goes")
    arguments = parser.parse_args()
    try:
        report = evaluate(arguments.nab, arguments.out)
    except OperatorError as error:
        raise SystemExit(str(error)) from None
    sys.stdout.write(report.table() + "\n")


if __name__ == "__main__":
    main()
