"""Two versions side by side: their figures, and the paired difference over the same units.

An evaluation leaves ``units.ndjson`` beside its report: one line for each independent unit (a
recording, a post, a token) with its name and numbers. Numbers called ``found``, ``missed`` and
``false`` are added up to an F1; of all others the mean is compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memewatch.errors import OperatorError
from processors.evaluation.report import BarPlot, write_report
from processors.evaluation.statistics import Floats, Indices, Interval, bootstrap

_COUNTS = ("found", "missed", "false")
_NOTES = (
    "A difference is the second version's figure less the first one's, over the same units; its "
    "interval is by drawing units again, the same ones for both.",
    "An interval on both sides of zero says that the two cannot be told apart on this data.",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Figures by name as (first, second), and paired differences with their intervals."""

    figures: Mapping[str, tuple[float, float]]
    differences: Mapping[str, Interval]
    units: int

    def table(self) -> str:
        """The comparison as lines of text."""
        lines = [f"{'figure':<44}{'first':>11}{'second':>11}{'difference':>12}"]
        lines += [
            f"{name:<44}{first:>11.4f}{second:>11.4f}{second - first:>+12.4f}"
            for name, (first, second) in self.figures.items()
        ]
        lines += [
            f"paired over {self.units} units: {name} {difference.estimate:+.4f} "
            f"({difference.low:+.4f} to {difference.high:+.4f})"
            for name, difference in self.differences.items()
        ]
        return "\n".join(lines)


def compare(first: Path, second: Path, out: Path) -> Comparison:
    """Compare what two runs of one evaluation left in their folders, and write a report.

    Raises ``OperatorError`` when a report is missing or they are not about the same data.
    """
    reports = [_read_report(folder) for folder in (first, second)]
    hashes = [report.get("data_hash") for report in reports]
    if hashes[0] != hashes[1]:
        raise OperatorError(f"{first} and {second} are reports on different data")
    flat = [dict(_numbers(report)) for report in reports]
    figures = {name: (flat[0][name], flat[1][name]) for name in flat[0] if name in flat[1]}
    units = [_read_units(folder) for folder in (first, second)]
    common = [unit for unit in units[0] if unit in units[1]]
    comparison = Comparison(
        figures=figures,
        differences=_differences(*([each[unit] for unit in common] for each in units)),
        units=len(common),
    )
    write_report(
        out,
        "Two versions side by side",
        {
            "units": len(common),
            "difference": comparison.differences,
            "figures": {
                name: {"first": one, "second": other, "difference": other - one}
                for name, (one, other) in figures.items()
            },
        },
        (BarPlot("Second less first, paired", comparison.differences, aim=0.0),),
        _NOTES,
    )
    return comparison


def _differences(
    first: list[dict[str, float]], second: list[dict[str, float]]
) -> dict[str, Interval]:
    if not first:
        return {}
    names = [name for name in first[0] if all(name in unit for unit in (*first, *second))]
    columns = {
        name: tuple(np.array([unit[name] for unit in units]) for units in (first, second))
        for name in names
    }
    found: dict[str, Interval] = {}
    if set(_COUNTS) <= set(names):
        one, other = (np.stack([columns[name][side] for name in _COUNTS]) for side in (0, 1))
        found["f1"] = bootstrap(len(first), _difference(one, other, _f1))
    for name in names:
        if name not in _COUNTS:
            one, other = columns[name]
            found[name] = bootstrap(
                len(first), _difference(one[None], other[None], lambda chosen: float(chosen.mean()))
            )
    return found


def _difference(
    first: Floats, second: Floats, figure: Callable[[Floats], float]
) -> Callable[[Indices], float]:
    return lambda chosen: figure(second[:, chosen]) - figure(first[:, chosen])


def _f1(counts: Floats) -> float:
    found, missed, false = counts.sum(axis=1)
    either = 2 * found + missed + false
    return float(2 * found / either) if either else float("nan")


def _read_report(folder: Path) -> dict[str, object]:
    try:
        figures = json.loads((folder / "report.json").read_text(encoding="utf-8"))["figures"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OperatorError(f"{folder} holds no report of an evaluation: {error}") from error
    return dict(figures)


def _read_units(folder: Path) -> dict[str, dict[str, float]]:
    """The units by name; none if the evaluation left none."""
    file = folder / "units.ndjson"
    if not file.exists():
        return {}
    units: dict[str, dict[str, float]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        unit = json.loads(line)
        name = str(unit.pop("unit"))
        units[name] = {key: float(value) for key, value in unit.items() if value is not None}
    return units


def _numbers(figures: object, name: str = "") -> Iterator[tuple[str, float]]:
    """All numbers of nested figures, by their path; of an interval its estimate."""
    if isinstance(figures, dict):
        if "estimate" in figures:
            yield from _numbers(figures["estimate"], name)
            return
        for key, value in figures.items():
            yield from _numbers(value, f"{name}.{key}" if name else str(key))
    elif isinstance(figures, int | float) and not isinstance(figures, bool):
        yield name, float(figures)
