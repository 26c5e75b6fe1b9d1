"""Look whether the pump detector's floors stand well: ``python -m processors.tuning.pump``.

The floors of ``PumpSettings`` (``crowd``, ``unanimous``) were chosen by five folds over recorded
pumps and on simulated markets, for the F1 that remains when every strength is some 15 % larger or
smaller than it was (a plain F1 puts floors just beside single recordings). This searches a grid
around what is shipped, on the earlier seven tenths of the recordings by announced date: every way
to open an alert scaled as a whole, in all combinations, every single floor by itself, and the
crowd without the floor of how far orders climb the offers. A candidate is better only if its F1 is
higher by more than chance: the paired bootstrap over recordings has to exclude zero, and the F1 of
settings that were chosen without the recording they are judged on has to be higher too. Then the
later recordings are looked at, once, with the shipped settings and, if one is better, with that.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np

from memewatch.errors import OperatorError
from processors.detectors.pump_and_dump import SETTINGS, PumpSettings
from processors.evaluation.pump import (
    LEARNED_SHARE,
    FileScore,
    detect,
    read_onsets,
    read_trades,
    score_file,
)
from processors.evaluation.report import data_hash
from processors.evaluation.statistics import Indices, Interval, bootstrap
from schemas.events import Tick
from schemas.times import parse_rfc3339

RECORD = "pump.json"
FOLDS = 5
SHIPPED = "shipped"
WITHOUT_SWEEP = "crowd.sweep x 0"
WAYS = ("crowd", "unanimous")
#: A way as a whole, in all combinations of the two, ...
TOGETHER = (0.8, 1.0, 1.25)
#: ... and one floor of one way.
ALONE = (0.8, 1.25)
FLOORS = ("rush", "lifts", "volume", "sweep", "total")
SHARES = ("buy_share", "lift_share")
#: ``total`` adds up the logarithms of so many strengths that grow with a pump.
_STRENGTHS = 4
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording, read once for all candidates."""

    name: str
    onset_ms: int
    ticks: tuple[tuple[Tick, int], ...]

    @property
    def coin_days(self) -> float:
        return (self.ticks[-1][1] - self.ticks[0][1]) / _DAY_MS if self.ticks else 0.0


def main(data: Path, out: Path) -> None:
    """Search on ``data/pump`` and write ``out/pump.json``.

    Raises:
        OperatorError: the recordings or their labels cannot be read.
    """
    folder = data / "pump"
    labels = folder / "events.csv"
    files = by_announcement(sorted(folder.glob("trades/*.csv*")), labels)
    if len(files) < 2 * FOLDS:
        raise OperatorError(f"{folder} holds {len(files)} recordings: too few to choose on")
    cut = math.ceil(LEARNED_SHARE * len(files))
    onsets = read_onsets(labels)
    record = {
        "made_by": "processors.tuning.pump",
        "data_hash": data_hash([*sorted(files), labels]),
        "seed": "none: nothing is by chance but the intervals, whose seed is fixed",
        **choose(_read(files[:cut], onsets), _read(files[cut:], onsets), candidates()),
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=2) + "\n"
    (out / RECORD).write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def candidates(shipped: PumpSettings = SETTINGS) -> dict[str, PumpSettings]:
    """The shipped settings, first, and those around them, by what is changed."""
    found = {SHIPPED: shipped}
    for factors in product(TOGETHER, repeat=len(WAYS)):
        scaled = shipped
        changes = []
        for way, factor in zip(WAYS, factors, strict=True):
            if factor != 1.0:
                scaled = _scaled(scaled, way, FLOORS, factor)
                changes.append(f"{way} x {factor:g}")
        if changes:
            found[", ".join(changes)] = scaled
    for way, floor, factor in product(WAYS, (*FLOORS, *SHARES), ALONE):
        if getattr(getattr(shipped, way), floor) > 0.0:
            found[f"{way}.{floor} x {factor:g}"] = _scaled(shipped, way, (floor,), factor)
    found[WITHOUT_SWEEP] = _scaled(shipped, "crowd", ("sweep",), 0.0)
    return found


def by_announcement(files: Sequence[Path], labels: Path) -> list[Path]:
    """The recordings in the order in which their pumps were announced."""
    try:
        with labels.open(encoding="utf-8") as lines:
            announced = {
                row["file"]: parse_rfc3339(row["announced_at"]) for row in csv.DictReader(lines)
            }
        return sorted(files, key=lambda file: (announced[file.name], file.name))
    except (OSError, KeyError, ValueError) as error:
        raise OperatorError(f"cannot read the labels in {labels}: {error}") from error


def choose(
    development: Sequence[Recorded],
    held: Sequence[Recorded],
    tried: Mapping[str, PumpSettings],
) -> dict[str, object]:
    """All candidates on the earlier recordings, what is chosen, and that on the later ones."""
    scores = {name: _scores(development, settings) for name, settings in tried.items()}
    best = _best(scores, range(len(development)))
    ahead = _ahead(scores[best], scores[SHIPPED])
    by_folds = _chosen_by_folds(scores)
    is_better = ahead.low > 0.0 and _f1(by_folds) > _f1(scores[SHIPPED])
    chosen = best if is_better else SHIPPED
    return {
        "chosen": chosen,
        "settings": {way: asdict(getattr(tried[chosen], way)) for way in WAYS},
        "shipped_is_within_noise_of_the_best": not is_better,
        "best": best,
        "f1_of_the_best_less_shipped": asdict(ahead),
        "earlier_70_percent": {
            SHIPPED: _figures(scores[SHIPPED], development),
            best: _figures(scores[best], development),
            "chosen_on_the_other_folds": _figures(by_folds, development),
        },
        "later_30_percent": {
            name: _figures(_scores(held, tried[name]), held)
            for name in dict.fromkeys((SHIPPED, chosen))
        },
        "tried_on_the_earlier_70_percent": {
            name: _figures(found, development) for name, found in scores.items()
        },
    }


def _scaled(settings: PumpSettings, way: str, floors: Sequence[str], factor: float) -> PumpSettings:
    """``total`` is a sum of logarithms, so a factor on what it adds up is a shift of it."""
    before = getattr(settings, way)
    changes = {
        floor: before.total + _STRENGTHS * math.log(factor)
        if floor == "total"
        else getattr(before, floor) * factor
        for floor in floors
    }
    return replace(settings, **{way: replace(before, **changes)})


def _read(files: Sequence[Path], onsets: Mapping[str, int]) -> list[Recorded]:
    try:
        return [Recorded(file.name, onsets[file.name], tuple(read_trades(file))) for file in files]
    except KeyError as error:
        raise OperatorError(f"the labels have no onset for {error}") from error


def _scores(recordings: Sequence[Recorded], settings: PumpSettings) -> list[FileScore]:
    return [score_file(one.name, detect(one.ticks, settings), one.onset_ms) for one in recordings]


def _best(scores: Mapping[str, Sequence[FileScore]], among: Sequence[int]) -> str:
    """The highest F1, then the smallest median delay; shipped, which is first, where all is
    equal."""

    def merit(name: str) -> tuple[float, float]:
        chosen = [scores[name][place] for place in among]
        delays = [score.delay_s for score in chosen if score.delay_s is not None]
        return _f1(chosen), -median(delays) if delays else -math.inf

    return max(scores, key=merit)


def _chosen_by_folds(scores: Mapping[str, Sequence[FileScore]]) -> list[FileScore]:
    """Each recording as the settings do that the other folds alone would have chosen."""
    number = len(scores[SHIPPED])
    found: dict[int, FileScore] = {}
    for fold in range(FOLDS):
        best = _best(scores, [place for place in range(number) if place % FOLDS != fold])
        found |= {place: scores[best][place] for place in range(fold, number, FOLDS)}
    return [found[place] for place in range(number)]


def _ahead(first: Sequence[FileScore], second: Sequence[FileScore]) -> Interval:
    """The first one's F1 less the second one's, over the same recordings drawn again."""

    def difference(chosen: Indices) -> float:
        return _f1([first[place] for place in chosen]) - _f1([second[place] for place in chosen])

    return bootstrap(len(first), difference)


def _f1(scores: Sequence[FileScore]) -> float:
    found = sum(score.delay_s is not None for score in scores)
    false = sum(len(score.false_alerts_s) for score in scores)
    return 2 * found / max(1, found + false + len(scores))


def _figures(
    scores: Sequence[FileScore], recordings: Sequence[Recorded]
) -> dict[str, float | int | None]:
    delays = [score.delay_s for score in scores if score.delay_s is not None]
    false = sum(len(score.false_alerts_s) for score in scores)
    days = sum(one.coin_days for one in recordings)
    return {
        "recordings": len(scores),
        "f1": round(_f1(scores), 4),
        "found": len(delays),
        "false_alerts": false,
        "false_alerts_per_coin_day": round(false / days, 5) if days else None,
        "delay_median_s": round(median(delays), 2) if delays else None,
        "delay_p90_s": round(float(np.quantile(delays, 0.9)), 2) if delays else None,
    }


if __name__ == "__main__":
    parser = ArgumentParser(prog="processors.tuning.pump", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled data")
    parser.add_argument("--out", type=Path, required=True, help="where the record goes")
    arguments = parser.parse_args()
    try:
        main(arguments.data, arguments.out)
    except OperatorError as error:
        raise SystemExit(str(error)) from None
