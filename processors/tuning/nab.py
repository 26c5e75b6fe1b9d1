"""Choose the settings of ``SeriesAnomaly``, and record how: ``python -m processors.tuning.nab``.

Chosen on seven tenths of the labelled files, told apart by a hash of their content, and on
generated series; the other files are looked at once, with the choice. The aim is

    (2 · recorded + generated) / 3

of the benchmark's standard profile, as the mean over a strength and its neighbours, so that a
plateau wins over a peak. Also recorded: the figure when each folder of the recorded files is
judged by the settings that the others alone would have chosen, and what is lost without each
expert.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

from memewatch.errors import OperatorError
from processors.evaluation.nab import (
    Series,
    anomalies_of,
    detect,
    read_corpus,
    read_windows,
)
from processors.evaluation.nab_scoring import PROFILES, FileScore, normalised, score_file
from processors.evaluation.report import data_hash
from processors.series_anomaly import EXPERTS, Settings
from processors.tuning.generated_series import generate

SEEDS = 3
DEVELOPMENT_SHARE = 0.7
STRENGTHS = (0.7, 0.75, 0.8, 0.85, 0.9)
HALF_LIVES = (3_000, 6_000, 12_000)
GROWTHS = (1.5, 2.0, 4.0)

_STANDARD = PROFILES[0]

Windows = tuple[tuple[int, int], ...]
Labelled = tuple[Series, Windows]
Scores = dict[str, FileScore]
#: The scores of the development files and of the generated ones.
Tried = dict[Settings, tuple[Scores, Scores]]


def main(data: Path, out: Path) -> None:
    """Choose on ``data/nab`` and write ``out/nab.json``.

    Raises:
        OperatorError: the labelled files cannot be read.
    """
    folder = data / "nab"
    series = read_corpus(folder)
    windows = read_windows(folder, series)
    development: list[Labelled] = []
    held: list[Labelled] = []
    for one in series:
        part = development if is_development(folder / "data" / one.name) else held
        part.append((one, windows[one.name]))
    record = choose(development, held, _generated())
    record["data"] = data_hash(folder / "data" / one.name for one in series)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=2)
    (out / "nab.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def is_development(path: Path) -> bool:
    """Whether a file belongs to the part that settings may be chosen on; by content alone."""
    digest = sha256(path.read_bytes()).digest()
    return int.from_bytes(digest[:4], "big") < DEVELOPMENT_SHARE * 2**32


def choose(
    development: Sequence[Labelled], held: Sequence[Labelled], generated: Sequence[Labelled]
) -> dict[str, object]:
    """The choice and everything that was looked at on the way, for the record."""
    tried: Tried = {
        settings: (_scores(development, settings), _scores(generated, settings))
        for settings in _grid()
    }

    chosen = _best_plateau(_aims(tried))
    left_out: Scores = {}
    for folder in sorted({_folder(one.name) for one, _ in development}):
        recorded, _ = tried[_best_plateau(_aims(tried, without=folder))]
        left_out |= {name: score for name, score in recorded.items() if _folder(name) == folder}
    return {
        "chosen": asdict(chosen),
        "seeds": list(range(SEEDS)),
        "standard_profile": {
            "development": _figure(tried[chosen][0]),
            "development_leaving_each_folder_out": _figure(left_out),
            "generated": _figure(tried[chosen][1]),
            "held_back": _figure(_scores(held, chosen)),
        },
        "without": {
            expert: {
                "development": _figure(_scores(development, _without(chosen, place))),
                "generated": _figure(_scores(generated, _without(chosen, place))),
            }
            for place, expert in enumerate(EXPERTS)
        },
        "tried": [
            {
                "strength": settings.strength,
                "record_half_life": settings.record_half_life,
                "record_growth": settings.record_growth,
                "development": _figure(recorded),
                "generated": _figure(made),
            }
            for settings, (recorded, made) in tried.items()
        ],
    }


def _grid() -> list[Settings]:
    return [
        Settings(strength=strength, record_half_life=half_life, record_growth=growth)
        for half_life in HALF_LIVES
        for growth in GROWTHS
        for strength in STRENGTHS
    ]


def _aims(tried: Tried, without: str | None = None) -> dict[Settings, float]:
    """What each of the settings reaches, one folder of the recorded files left out."""
    return {
        settings: (
            2 * _figure({n: score for n, score in recorded.items() if _folder(n) != without})
            + _figure(made)
        )
        / 3
        for settings, (recorded, made) in tried.items()
    }


def _folder(name: str) -> str:
    return name.partition("/")[0]


def _best_plateau(aims: Mapping[Settings, float]) -> Settings:
    """The settings whose aim is best as the mean over it and its neighbours in strength."""

    def plateau(settings: Settings) -> float:
        place = STRENGTHS.index(settings.strength)
        near = STRENGTHS[place - 1 : place + 2]
        return sum(aims[replace(settings, strength=strength)] for strength in near) / len(near)

    # The outermost strengths have only one neighbour.
    inner = STRENGTHS[1:-1]
    return max((settings for settings in aims if settings.strength in inner), key=plateau)


def _without(settings: Settings, place: int) -> Settings:
    """The settings without one expert; the strength is that of those which remain."""
    weights = tuple(0.0 if i == place else weight for i, weight in enumerate(settings.weights))
    return replace(settings, weights=weights)


def _scores(files: Iterable[Labelled], settings: Settings) -> Scores:
    return {
        series.name: score_file(len(series.rows), windows, anomalies_of(detect(series, settings)))
        for series, windows in files
    }


def _figure(scores: Scores) -> float:
    return normalised(list(scores.values()), _STANDARD)


def _generated() -> list[Labelled]:
    return [
        (
            Series(
                name=one.name,
                rows=tuple(
                    (str(time_ms), repr(value))
                    for time_ms, value in zip(one.times_ms, one.values, strict=True)
                ),
                times_ms=one.times_ms,
                values=one.values,
            ),
            one.windows,
        )
        for one in generate(SEEDS)
    ]


if __name__ == "__main__":
    parser = ArgumentParser(prog="processors.tuning.nab", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled data")
    parser.add_argument("--out", type=Path, required=True, help="where the record goes")
    arguments = parser.parse_args()
    try:
        main(arguments.data, arguments.out)
    except OperatorError as error:
        raise SystemExit(str(error)) from None
