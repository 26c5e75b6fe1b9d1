"""What is said about recorded pumps beside the bare figures: intervals, curves and plots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from processors.evaluation.report import (
    BarPlot,
    DelayPlot,
    Plot,
    PrecisionRecallPlot,
    ReliabilityPlot,
    write_report,
)
from processors.evaluation.statistics import (
    Indices,
    Interval,
    bootstrap,
    brier_score,
    calibration_error,
    quantile,
)

_NOTES = (
    "Each recording is read with fresh state; the labels were opened after the answers were "
    "written.",
    "An alert within 120 s of the onset is a hit; further ones up to 30 minutes after it are "
    "ignored; every other one is false.",
    "Intervals are by drawing whole recordings again, so they know of nothing that all recordings "
    "have in common.",
)
_AIM_F1 = 0.95
_AIMS_DELAY_S = {"aim, median": 5.0, "aim, p90": 30.0}


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording's outcome: the delay of its hit (None: missed), and what was said how surely.

    ``judged`` holds (score, whether it hit) of each alert that counts. ``later`` marks the last
    30 % of the recordings by date, from which nothing is chosen or learned.
    """

    file: str
    delay_s: float | None
    judged: tuple[tuple[float, bool], ...]
    coin_days: float
    later: bool = False

    @property
    def false_alerts(self) -> int:
        return sum(not hit for _, hit in self.judged)


def write_pump_report(recordings: Sequence[Recording], data: str, out: Path) -> None:
    """Write the report on these recordings; ``data`` is the hash of what was read."""
    later = [recording for recording in recordings if recording.later]
    figures = {
        "data_hash": data,
        **_figures(recordings),
        **({"later_30_percent": _figures(later)} if later else {}),
        "by_recording": [
            {
                "file": recording.file,
                "delay_s": float("nan") if recording.delay_s is None else recording.delay_s,
                "false_alerts": recording.false_alerts,
            }
            for recording in recordings
        ],
    }
    units = [
        {
            "unit": recording.file,
            "found": int(recording.delay_s is not None),
            "missed": int(recording.delay_s is None),
            "false": recording.false_alerts,
            "false_alerts_per_coin_day": _ratio(recording.false_alerts, recording.coin_days),
        }
        for recording in recordings
    ]
    title = "Pump-and-dump on recorded trades"
    write_report(out, title, figures, _plots(recordings), _NOTES, units=units)


def intervals(recordings: Sequence[Recording]) -> dict[str, Interval]:
    """Each figure with its interval over the recordings."""
    found = np.array([recording.delay_s is not None for recording in recordings], dtype=float)
    false = np.array([recording.false_alerts for recording in recordings], dtype=float)
    days = np.array([recording.coin_days for recording in recordings], dtype=float)
    delays = np.array(
        [np.nan if recording.delay_s is None else recording.delay_s for recording in recordings]
    )

    def delay(share: float) -> Callable[[Indices], float]:
        return lambda chosen: quantile(list(delays[chosen][found[chosen] > 0]), share)

    statistics: Mapping[str, Callable[[Indices], float]] = {
        "f1": lambda i: _ratio(2 * found[i].sum(), found[i].sum() + false[i].sum() + len(i)),
        "precision": lambda i: _ratio(found[i].sum(), found[i].sum() + false[i].sum()),
        "recall": lambda i: _ratio(found[i].sum(), len(i)),
        "delay_median_s": delay(0.5),
        "delay_p90_s": delay(0.9),
        "false_alerts_per_coin_day": lambda i: _ratio(false[i].sum(), days[i].sum()),
    }
    return {name: bootstrap(len(recordings), value) for name, value in statistics.items()}


def _figures(recordings: Sequence[Recording]) -> dict[str, object]:
    return {
        "recordings": len(recordings),
        "coin_days": sum(recording.coin_days for recording in recordings),
        **intervals(recordings),
        **_calibration(recordings),
    }


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _calibration(recordings: Sequence[Recording]) -> dict[str, float]:
    scores, hits = _judged(recordings)
    return {
        "brier_score": brier_score(scores, hits),
        "calibration_error": calibration_error(scores, hits),
    }


def _judged(recordings: Sequence[Recording]) -> tuple[list[float], list[bool]]:
    pairs = [pair for recording in recordings for pair in recording.judged]
    return [score for score, _ in pairs], [hit for _, hit in pairs]


def _plots(recordings: Sequence[Recording]) -> tuple[Plot, ...]:
    scores, hits = _judged(recordings)
    delays = [recording.delay_s for recording in recordings if recording.delay_s is not None]
    found = intervals(recordings)
    return (
        PrecisionRecallPlot(
            "Precision over recall, by the alerts' score",
            {"pump and dump": (scores, hits, len(recordings))},
            threshold=0.0,
        ),
        ReliabilityPlot(
            "How often an alert was right",
            {
                "all recordings": (scores, hits),
                "the later 30 %": _judged([each for each in recordings if each.later]),
            },
        ),
        DelayPlot(
            "Delay from the onset",
            {"pump and dump": (delays, len(recordings))},
            aims=_AIMS_DELAY_S,
        ),
        BarPlot(
            "Figures with 95 % intervals",
            {name: found[name] for name in ("f1", "precision", "recall")},
            aim=_AIM_F1,
        ),
        BarPlot(
            "False alerts",
            {"all recordings": found["false_alerts_per_coin_day"]},
            unit="a coin-day",
            aim=0.005,
        ),
    )
