"""The sentiment of labelled posts: accuracy, or correlation where the labels are graded.

``python -m processors.evaluation.sentiment FILE.tsv… --out DIR``

For each file ``<name>.tsv`` with ``row`` (from 0), ``score`` (−1..1) and ``label`` is written
before any label is opened. Accuracy is over all rows, so an answer of neutral is wrong where the
label is not. The shipped model has learned from posts of the same kind: rows that it knows are
told apart by their fingerprints, and the figures about the others stand beside those about all.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from memewatch.errors import OperatorError
from processors.evaluation.labelled_posts import fingerprint, read_labels, read_texts
from processors.evaluation.report import (
    BarPlot,
    Plot,
    PrecisionRecallPlot,
    ReliabilityPlot,
    data_hash,
    write_report,
)
from processors.evaluation.statistics import Interval, bootstrap, brier_score, calibration_error
from processors.sentiment import label, sentiment
from processors.sentiment.learned import LEARNED_FROM, PRINT_BYTES

_NOTES = (
    "Labels were opened after the answers were written.",
    "Accuracy is over all rows: neutral is wrong where the label is positive or negative.",
    "The shipped model has learned from labelled posts; only the rows not learned from tell how "
    "it does on new ones. The record beside the model has the figures of a model that had not "
    "seen the 30 % held back.",
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said about one file; ``learned`` marks the posts that the model has learned from."""

    name: str
    scores: NDArray[np.float64]
    said: NDArray[np.float64]
    learned: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FileScore:
    """``accuracy`` is by sign where labels are graded; then there is a ``correlation`` too."""

    name: str
    rows: int
    accuracy: Interval
    neutral_share: float
    correlation: float | None
    brier: float
    calibration_error: float
    new_rows: int
    accuracy_of_new_rows: Interval

    def figures(self) -> Mapping[str, object]:
        """The file's row in the report."""
        graded = {} if self.correlation is None else {"correlation": self.correlation}
        return {
            "rows": self.rows,
            "accuracy": self.accuracy,
            "said_neutral": self.neutral_share,
            **graded,
            "brier_score": self.brier,
            "calibration_error": self.calibration_error,
            "rows_not_learned_from": self.new_rows,
            "accuracy_not_learned_from": self.accuracy_of_new_rows,
        }


@dataclass(frozen=True, slots=True)
class SentimentReport:
    """Files without labels have answers and no score. ``cost_us`` is processor time a post."""

    files: tuple[FileScore, ...]
    unlabelled: tuple[str, ...]
    cost_us: float

    def table(self) -> str:
        """The report as lines of text."""
        lines = [f"{'file':<24}{'rows':>6}  {'accuracy':<24}{'correlation':>12}  not learned from"]
        for score in self.files:
            graded = "-" if score.correlation is None else f"{score.correlation:.3f}"
            new = f"{score.new_rows} rows"
            if score.new_rows:
                new += f", accuracy {score.accuracy_of_new_rows}"
            lines.append(
                f"{score.name:<24}{score.rows:>6}  {score.accuracy!s:<24}{graded:>12}  {new}"
            )
        lines.extend(f"{name:<24} no labels" for name in self.unlabelled)
        lines.append(f"{self.cost_us:.0f} µs of processor time a post")
        return "\n".join(lines)


def evaluate(paths: Sequence[Path], out: Path) -> SentimentReport:
    """Answer for every post of every file, then open the labels and write the report.

    Raises ``OperatorError`` when a file cannot be read or two have the same name.
    """
    if len({path.stem for path in paths}) < len(paths):
        raise OperatorError("two files have the same name; their answers would overwrite another")
    out.mkdir(parents=True, exist_ok=True)
    known = _learned_from()
    started = process_time()
    answers = [answer(path, out, known) for path in paths]
    cost_us = (process_time() - started) * 1e6 / max(1, sum(said.scores.size for said in answers))
    truths = {said.name: read_labels(path) for said, path in zip(answers, paths, strict=True)}
    judged = {
        said.name: (said, np.array(truth)) for said in answers if (truth := truths[said.name])
    }
    report = SentimentReport(
        files=tuple(judge(said, truth) for said, truth in judged.values()),
        unlabelled=tuple(said.name for said in answers if said.name not in judged),
        cost_us=cost_us,
    )
    figures = {
        "data_hash": data_hash(paths),
        "files": {score.name: score.figures() for score in report.files},
    }
    plots, units = _plots(report, judged), _units(judged)
    write_report(out, "Sentiment of labelled posts", figures, plots, _NOTES, units=units)
    return report


def answer(path: Path, out: Path, known: frozenset[bytes]) -> Answers:
    """Score every post of a file and write the answers."""
    answers = out / f"{path.stem}.tsv"
    if answers.exists() and answers.samefile(path):
        raise OperatorError(f"{path} would be overwritten by its answers; choose another --out")
    texts = read_texts(path)
    scores = [sentiment(text) for text in texts]
    labels = [label(score) for score in scores]
    with answers.open("w", encoding="utf-8") as lines:
        lines.write("row\tscore\tlabel\n")
        for row, (score, said) in enumerate(zip(scores, labels, strict=True)):
            lines.write(f"{row}\t{score:.6f}\t{said}\n")
    return Answers(
        name=path.stem,
        scores=np.array(scores, dtype=np.float64),
        said=np.array([{"negative": -1, "neutral": 0, "positive": 1}[said] for said in labels]),
        learned=np.array([fingerprint(text)[:PRINT_BYTES] in known for text in texts], dtype=bool),
    )


def judge(answers: Answers, truth: NDArray[np.float64]) -> FileScore:
    """The figures of one file."""
    right = answers.said == np.sign(truth)
    new = right[~answers.learned]
    graded = not np.isin(truth, (-1, 0, 1)).all()
    clear = truth != 0
    chances = (answers.scores[clear] + 1) / 2
    good = truth[clear] > 0
    return FileScore(
        name=answers.name,
        rows=truth.size,
        accuracy=_share(right),
        neutral_share=float(np.mean(answers.said == 0)),
        correlation=float(np.corrcoef(answers.scores, truth)[0, 1]) if graded else None,
        brier=brier_score(chances, good),
        calibration_error=calibration_error(chances, good),
        new_rows=new.size,
        accuracy_of_new_rows=_share(new),
    )


def _units(
    judged: Mapping[str, tuple[Answers, NDArray[np.float64]]],
) -> Iterator[dict[str, object]]:
    """Every labelled post and whether its mood was told right."""
    for name, (said, truth) in judged.items():
        for row, right in enumerate(said.said == np.sign(truth)):
            yield {"unit": f"{name} {row}", "accuracy": int(right)}


def _share(right: NDArray[np.bool_]) -> Interval:
    return bootstrap(right.size, lambda chosen: float(right[chosen].mean()))


def _plots(
    report: SentimentReport, judged: Mapping[str, tuple[Answers, NDArray[np.float64]]]
) -> tuple[Plot, ...]:
    return (
        BarPlot("Accuracy", {score.name: score.accuracy for score in report.files}),
        ReliabilityPlot(
            "How often the mood was good",
            {
                name: ((said.scores[truth != 0] + 1) / 2, truth[truth != 0] > 0)
                for name, (said, truth) in judged.items()
            },
        ),
        PrecisionRecallPlot(
            "Good mood: precision over recall",
            {name: (said.scores, truth > 0, None) for name, (said, truth) in judged.items()},
            threshold=0.0,
        ),
    )


def _learned_from() -> frozenset[bytes]:
    prints = files("processors.sentiment").joinpath(LEARNED_FROM).read_bytes()
    return frozenset(
        prints[start : start + PRINT_BYTES] for start in range(0, len(prints), PRINT_BYTES)
    )


def main() -> None:
    parser = ArgumentParser(prog="processors.evaluation.sentiment", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="posts (tab-separated)")
    parser.add_argument("--out", type=Path, required=True, help="where the answers go")
    arguments = parser.parse_args()
    try:
        report = evaluate(arguments.files, arguments.out)
    except OperatorError as error:
        raise SystemExit(str(error)) from None
    sys.stdout.write(report.table() + "\n")


if __name__ == "__main__":
    main()
