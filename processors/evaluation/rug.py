"""The rug model on labelled tokens, each scored before its label is learned, from an empty model.

``python -m processors.evaluation.rug FILE --out DIR``

Nearly all tokens are rugs, so the benign ones are the class that is judged.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from memewatch.errors import OperatorError
from processors.evaluation.report import (
    BarPlot,
    Plot,
    PrecisionRecallPlot,
    ReliabilityPlot,
    data_hash,
    write_report,
)
from processors.evaluation.statistics import (
    Floats,
    Interval,
    area_under_roc,
    bootstrap,
    brier_score,
    calibration_error,
    f1,
)
from processors.evaluation.watching import Watch, unwatched
from processors.rug_model import RugModel
from processors.rug_model.features import INPUTS

LABEL = "Label"
#: From this probability on a token is called a rug.
CUT = 0.5
_AIM = 0.92
_NOTES = (
    "Each token is scored before its label is learned; the model is empty at the first row.",
    "The benign class is judged, because calling everything a rug is right nine times in ten.",
    "Intervals are over the rows; they do not know that the model would have learned otherwise.",
    "The rows lie in the file's order; where it is sorted, the model meets one kind of pool after "
    "the other, and its figures by thirds differ accordingly.",
)


@dataclass(frozen=True, slots=True)
class Token:
    """One row: the model's inputs, a missing one as None, and whether it was a rug."""

    inputs: dict[str, float | None]
    is_rug: bool


@dataclass(frozen=True, slots=True)
class RugReport:
    """The figures about the benign class and the probabilities; thirds are of the file's rows."""

    rows: int
    benign: int
    f1: Interval
    precision: float
    recall: float
    by_third: tuple[float, ...]
    area_under_roc: float
    brier: float
    calibration_error: float
    cost_us: float

    def table(self) -> str:
        """The report as lines of text."""
        thirds = " / ".join(f"{third:.3f}" for third in self.by_third)
        return (
            f"{self.rows} tokens, {self.benign} benign\n"
            f"benign class: F1 {self.f1}, precision {self.precision:.3f}, "
            f"recall {self.recall:.3f}, F1 by thirds {thirds}\n"
            f"AUC {self.area_under_roc:.3f}  Brier {self.brier:.4f}  "
            f"calibration error {self.calibration_error:.4f}  "
            f"{self.cost_us:.0f} µs a token"
        )


def evaluate(file: Path, out: Path, watch: Watch = unwatched) -> RugReport:
    """Score every token, then learn it; write ``scores.ndjson`` and the report.

    Raises ``OperatorError`` when the file cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    scores: list[float] = []
    labels: list[bool] = []
    started = perf_counter()
    with (out / "scores.ndjson").open("w", encoding="utf-8") as answers:
        for token, score in predict(watch(list(read_tokens(file)), "tokens")):
            answers.write(json.dumps({"row": len(scores), "score": score}) + "\n")
            scores.append(score)
            labels.append(token.is_rug)
    if not scores:
        raise OperatorError(f"{file} holds no tokens")
    cost_us = (perf_counter() - started) * 1e6 / len(scores)
    rugs = np.array(labels)
    probabilities = np.array(scores)
    report = judge(probabilities, rugs, cost_us)
    figures = {
        "data_hash": data_hash([file]),
        "rows": report.rows,
        "benign": report.benign,
        "f1_benign": report.f1,
        "precision_benign": report.precision,
        "recall_benign": report.recall,
        "f1_benign_by_third": list(report.by_third),
        "area_under_roc": report.area_under_roc,
        "brier_score": report.brier,
        "calibration_error": report.calibration_error,
    }
    plots = _plots(probabilities, rugs, report)
    title = "Rug pulls from pool features"
    write_report(out, title, figures, plots, _NOTES, units=_units(probabilities, rugs))
    return report


def predict(tokens: Iterable[Token]) -> Iterator[tuple[Token, float]]:
    """Each token with the probability that was said before its label was known."""
    model = RugModel()
    for token in tokens:
        yield token, model.score_one(token.inputs)
        model.learn_one(token.inputs, token.is_rug)


def judge(probabilities: Floats, rugs: NDArray[np.bool_], cost_us: float) -> RugReport:
    """The figures of these answers."""
    benign = ~rugs
    said = probabilities < CUT
    found = int((benign & said).sum())
    thirds = np.array_split(np.arange(rugs.size), 3)
    return RugReport(
        rows=rugs.size,
        benign=int(benign.sum()),
        f1=bootstrap(rugs.size, lambda chosen: f1(benign[chosen], said[chosen])),
        precision=found / int(said.sum()) if said.any() else float("nan"),
        recall=found / int(benign.sum()) if benign.any() else float("nan"),
        by_third=tuple(f1(benign[third], said[third]) for third in thirds),
        area_under_roc=area_under_roc(probabilities, rugs),
        brier=brier_score(probabilities, rugs),
        calibration_error=calibration_error(probabilities, rugs),
        cost_us=cost_us,
    )


def read_tokens(file: Path) -> Iterator[Token]:
    """The tokens of a CSV file (gzip too) in its order.

    Raises ``OperatorError`` when the file cannot be read or a column is missing.
    """
    try:
        with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
            for row in csv.DictReader(lines):
                yield Token(
                    inputs={name: float(row[name]) if row[name] else None for name in INPUTS},
                    is_rug=row[LABEL].strip().upper() == "TRUE",
                )
    except KeyError as error:
        raise OperatorError(f"{file} has no column {error}") from error
    except (OSError, ValueError) as error:
        raise OperatorError(f"cannot read the tokens in {file}: {error}") from error


def _units(probabilities: Floats, rugs: NDArray[np.bool_]) -> Iterator[dict[str, float]]:
    """What each row adds to the benign class's F1 and to the Brier score."""
    for row, (probability, is_rug) in enumerate(zip(probabilities, rugs, strict=True)):
        said_benign = probability < CUT
        yield {
            "unit": row,
            "found": int(said_benign and not is_rug),
            "missed": int(not said_benign and not is_rug),
            "false": int(said_benign and is_rug),
            "brier_score": float((probability - is_rug) ** 2),
        }


def _plots(probabilities: Floats, rugs: NDArray[np.bool_], report: RugReport) -> tuple[Plot, ...]:
    return (
        PrecisionRecallPlot(
            "Benign tokens: precision over recall",
            {"benign": (1 - probabilities, ~rugs, None)},
            threshold=1 - CUT,
        ),
        ReliabilityPlot("How often a token was a rug", {"rug": (probabilities, rugs)}),
        BarPlot(
            "F1 of the benign class",
            {
                "whole file": report.f1,
                **{f"third {place}": third for place, third in enumerate(report.by_third, 1)},
            },
            aim=_AIM,
        ),
    )


def main() -> None:
    parser = ArgumentParser(prog="processors.evaluation.rug", description=__doc__)
    parser.add_argument("file", type=Path, help="labelled tokens (CSV, gzip too)")
    parser.add_argument("--out", type=Path, required=True, help="where the answers go")
    arguments = parser.parse_args()
    try:
        report = evaluate(arguments.file, arguments.out)
    except OperatorError as error:
        raise SystemExit(str(error)) from None
    sys.stdout.write(report.table() + "\n")


if __name__ == "__main__":
    main()
