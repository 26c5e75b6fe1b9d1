"""How well the anomaly of live windows tells pumps: ``python -m processors.tuning.windows``.

The volumes of ten-second windows of recorded trades are scored by what runs live
(``ActivityAnomaly``), by the whole ``SeriesAnomaly``, which has more experts, and by River's
``GaussianScorer`` of logarithms. Of each is said at which threshold a part of the onsets is told
(within 120 s), and how many alarms that threshold costs elsewhere, alarms within half an hour
counted once. The way live windows are scored was chosen on the earlier 70 % of the recordings by
announced date; the settings of ``ActivityAnomaly`` are those that ``processors.tuning.nab`` chose.
"""

from __future__ import annotations

import json
import math
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from river.anomaly import GaussianScorer

from memewatch.errors import OperatorError
from processors.anomaly import ActivityAnomaly
from processors.evaluation.pump import (
    IGNORED_AFTER_MS,
    LEARNED_SHARE,
    TOLERANCE_MS,
    read_onsets,
    read_trades,
)
from processors.evaluation.report import data_hash
from processors.features.base import WINDOW_MS
from processors.series_anomaly import SeriesAnomaly, Settings
from processors.tuning.pump import by_announcement

RECORD = "windows.json"
PARTS = (0.5, 0.75, 0.9)
_DAY_MS = 86_400_000

#: Scores a window's activity that ended at this time, then learns it.
Scorer = Callable[[float, int], float]


def main(data: Path, out: Path) -> None:
    """Judge on ``data/pump`` and write ``out/windows.json``.

    Raises:
        OperatorError: the recordings or their labels cannot be read.
    """
    folder = data / "pump"
    labels = folder / "events.csv"
    files = by_announcement(sorted(folder.glob("trades/*.csv*")), labels)
    if not files:
        raise OperatorError(f"{folder} holds no recordings")
    onsets = read_onsets(labels)
    cut = math.ceil(LEARNED_SHARE * len(files))
    record = {
        "made_by": "processors.tuning.windows",
        "data_hash": data_hash([*sorted(files), labels]),
        "seed": "none: nothing is by chance",
        "chosen": "live",
        "earlier_70_percent": judge(files[:cut], onsets),
        "later_30_percent": judge(files[cut:], onsets),
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=2) + "\n"
    (out / RECORD).write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def judge(files: Sequence[Path], onsets: Mapping[str, int]) -> dict[str, dict[str, object]]:
    """For each way to score, what it costs to tell each part of the onsets."""
    told: dict[str, list[_Told]] = {name: [] for name in WAYS}
    for file in files:
        windows = list(volumes(file))
        for name, scorer in WAYS.items():
            told[name].append(_told(windows, scorer(), onsets[file.name]))
    return {
        name: {f"{part:.0%}_of_onsets": _cost(found, part) for part in PARTS}
        for name, found in told.items()
        if found
    }


def volumes(file: Path) -> Iterator[tuple[int, float]]:
    """The end and the quote volume of each window with trades."""
    end_ms, volume = 0, 0.0
    for tick, time_ms in read_trades(file):
        ends_ms = (time_ms // WINDOW_MS + 1) * WINDOW_MS
        if ends_ms != end_ms:
            if end_ms:
                yield end_ms, volume
            end_ms, volume = ends_ms, 0.0
        volume += float(tick.price) * float(tick.amount or 0.0)
    if end_ms:
        yield end_ms, volume


def _live() -> Scorer:
    anomaly = ActivityAnomaly()

    def score(activity: float, time_ms: int) -> float:
        del time_ms
        told = anomaly.score(activity)
        anomaly.learn(activity)
        return told

    return score


def _series() -> Scorer:
    # It rests after an anomaly, which would hide an onset that an honest burst precedes.
    return SeriesAnomaly(Settings(rest=0)).score_and_learn


def _gaussian() -> Scorer:
    scorer: Any = GaussianScorer(window_size=360, grace_period=20)

    def score(activity: float, time_ms: int) -> float:
        del time_ms
        value = math.log1p(activity)
        told = float(scorer.score_one(None, value)) if value > scorer.gaussian.mu else 0.0
        scorer.learn_one(None, value)
        return told

    return score


WAYS: Mapping[str, Callable[[], Scorer]] = {
    "live": _live,
    "all_experts": _series,
    "gaussian": _gaussian,
}


@dataclass(frozen=True, slots=True)
class _Told:
    """The highest score at the onset, and all scores with their times elsewhere."""

    at_onset: float
    elsewhere: tuple[tuple[int, float], ...]
    coin_days: float


def _told(windows: Sequence[tuple[int, float]], score: Scorer, onset_ms: int) -> _Told:
    at_onset = 0.0
    elsewhere = []
    for end_ms, volume in windows:
        told = score(volume, end_ms)
        if abs(end_ms - WINDOW_MS - onset_ms) <= TOLERANCE_MS:
            at_onset = max(at_onset, told)
        elif not -TOLERANCE_MS <= end_ms - onset_ms <= IGNORED_AFTER_MS:
            elsewhere.append((end_ms, told))
    span_ms = windows[-1][0] - windows[0][0] if windows else 0
    return _Told(at_onset, tuple(elsewhere), span_ms / _DAY_MS)


def _cost(told: Sequence[_Told], part: float) -> dict[str, float | None]:
    """The highest threshold that this part of the onsets reaches, and its alarms elsewhere."""
    reached = sorted((one.at_onset for one in told), reverse=True)
    threshold = reached[math.ceil(part * len(reached)) - 1]
    alarms = 0
    for one in told:
        last_ms = -IGNORED_AFTER_MS
        for time_ms, score in one.elsewhere:
            if score >= threshold and time_ms - last_ms > IGNORED_AFTER_MS:
                alarms += 1
                last_ms = time_ms
    days = sum(one.coin_days for one in told)
    return {
        "threshold": round(threshold, 4),
        "alarms_per_coin_day": round(alarms / days, 3) if days else None,
    }


if __name__ == "__main__":
    parser = ArgumentParser(prog="processors.tuning.windows", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled data")
    parser.add_argument("--out", type=Path, required=True, help="where the record goes")
    arguments = parser.parse_args()
    try:
        main(arguments.data, arguments.out)
    except OperatorError as error:
        raise SystemExit(str(error)) from None
