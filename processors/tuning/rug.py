"""Choose the settings of the rug model, and record how: ``python -m processors.tuning.rug``.

Chosen on seven tenths of the labelled tokens, told apart by a hash of their numbers, by the F1 of
the benign class when they come in the file's order and each is scored before it is learned. The
other tokens are looked at once, with the choice, in a run over the whole file. Also recorded: the
means and deviations that the constants in ``processors.rug_model.features`` were rounded from.

Then the model of a pool's standing is learned, for warnings before a pull: on the development part
its figures are those of the tokens held back, and what is shipped is learned from all of them.
"""

from __future__ import annotations

import json
import math
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from processors.evaluation.report import data_hash
from processors.evaluation.rug import RugReport, Token, judge, read_tokens
from processors.evaluation.statistics import area_under_roc
from processors.rug_model import RugModel
from processors.rug_model.features import SCALES, derive
from processors.rug_model.model import Settings
from processors.rug_model.standing import ARTEFACT, FEATURES, StandingModel

DEVELOPMENT_SHARE = 0.7
#: How strongly the standing's weights are drawn to nothing; with thousands of tokens it hardly is.
RIDGE = 1.0
#: Rises with everything that changes the standing's answers.
STANDING_VERSION = 1
#: How many of those that somebody watches are rugs, as warnings presume.
RARE = 0.05
_MOST_STEPS = 50
_SMALLEST_STEP = 1e-9
CANDIDATES: Mapping[str, Settings] = {
    "shipped": Settings(),
    "no making up for the rarer class": Settings(forests=(0.0,) * 3, regressions=(0.0,)),
    "regression alone": Settings(forests=(), regressions=(0.0,), kernels=0),
    "no kernels": Settings(kernels=0),
    "the cut stays at even odds": Settings(cut_prior=1e9),
    "no kernels, the cut stays": Settings(kernels=0, cut_prior=1e9),
    "wider kernels": Settings(narrowness=0.2),
    "faster regression": Settings(learning_rate=0.05),
    "patient trees": Settings(grace_period=10, delta=0.05, tau=0.5),
}


def main(data: Path, out: Path) -> None:
    """Choose on ``data/rug/tokens.csv.gz``; write ``out/rug.json`` and ``out/standing.json``.

    The latter is what ``processors/rug_model`` ships.

    Raises:
        OperatorError: the labelled tokens cannot be read.
    """
    file = data / "rug" / "tokens.csv.gz"
    tokens = list(read_tokens(file))
    record = choose(tokens, CANDIDATES)
    record["data"] = data_hash([file])
    record["seed"] = Settings().seed
    standing, record["standing"] = learn_standing(tokens, data_hash([file]))
    out.mkdir(parents=True, exist_ok=True)
    (out / ARTEFACT).write_bytes(msgspec.json.format(msgspec.json.encode(standing)) + b"\n")
    text = json.dumps(record, indent=2)
    (out / "rug.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def choose(tokens: Sequence[Token], candidates: Mapping[str, Settings]) -> dict[str, object]:
    """Every candidate on the development part, the best one on the tokens held back."""
    chosen_on = [token for token in tokens if is_development(token)]
    tried = {name: _figures(_judged(chosen_on, settings)) for name, settings in candidates.items()}
    best = max(candidates, key=lambda name: tried[name]["f1_benign"])
    held = [place for place, token in enumerate(tokens) if not is_development(token)]
    whole = _probabilities(tokens, candidates[best])
    return {
        "development_tokens": len(chosen_on),
        "held_back_tokens": len(held),
        "development": tried,
        "chosen": best,
        "settings": asdict(candidates[best]),
        "held_back": _figures(
            judge(np.array([whole[place] for place in held]), _rugs([tokens[i] for i in held]), 0.0)
        ),
        "whole_file": _figures(judge(np.array(whole), _rugs(tokens), 0.0)),
        "scales": _scales(chosen_on),
    }


def learn_standing(
    tokens: Sequence[Token], digest: str
) -> tuple[StandingModel, dict[str, dict[str, float]]]:
    """The model to ship, and the figures of one that saw the development part alone."""
    seen = [is_development(token) for token in tokens]
    chosen_on = [token for token, is_seen in zip(tokens, seen, strict=True) if is_seen]
    held = [token for token, is_seen in zip(tokens, seen, strict=True) if not is_seen]
    trial = _standing_of(chosen_on, digest)
    figures = {
        "development": _standing_figures(trial, chosen_on),
        "held_back": _standing_figures(trial, held),
    }
    return _standing_of(tokens, digest), figures


def is_development(token: Token) -> bool:
    """Whether a token belongs to the part that settings may be chosen on; by content alone."""
    digest = sha256(repr(sorted(token.inputs.items())).encode()).digest()
    return int.from_bytes(digest[:4], "big") < DEVELOPMENT_SHARE * 2**32


def _judged(tokens: Sequence[Token], settings: Settings) -> RugReport:
    return judge(np.array(_probabilities(tokens, settings)), _rugs(tokens), 0.0)


def _probabilities(tokens: Sequence[Token], settings: Settings) -> list[float]:
    model = RugModel(settings)
    probabilities = []
    for token in tokens:
        probabilities.append(model.score_one(token.inputs))
        model.learn_one(token.inputs, token.is_rug)
    return probabilities


def _rugs(tokens: Sequence[Token]) -> NDArray[np.bool_]:
    return np.array([token.is_rug for token in tokens], dtype=bool)


def _figures(report: RugReport) -> dict[str, float]:
    return {
        "f1_benign": round(report.f1.estimate, 4),
        "low": round(report.f1.low, 4),
        "high": round(report.f1.high, 4),
        "area_under_roc": round(report.area_under_roc, 4),
        "brier": round(report.brier, 4),
    }


def _standing_of(tokens: Sequence[Token], digest: str) -> StandingModel:
    """The one optimum of the penalised likelihood, by Newton's method: nothing is by chance."""
    rugs = _rugs(tokens).astype(float)
    derived = [derive(token.inputs) for token in tokens]
    numbers = np.array([[1.0, *(one.get(name, 0.0) for name in FEATURES)] for one in derived])
    penalty = np.eye(numbers.shape[1]) * RIDGE
    penalty[0, 0] = 0.0
    weights = np.zeros(numbers.shape[1])
    for _ in range(_MOST_STEPS):
        said = 1.0 / (1.0 + np.exp(-numbers @ weights))
        slope = numbers.T @ (said - rugs) + penalty @ weights
        curvature = (numbers * (said * (1.0 - said))[:, None]).T @ numbers + penalty
        step = np.linalg.solve(curvature, slope)
        weights -= step
        if float(np.abs(step).max()) < _SMALLEST_STEP:
            break
    rate = float(rugs.mean())
    return StandingModel(
        version=STANDING_VERSION,
        bias=round(float(weights[0]) - math.log(rate / (1.0 - rate)), 4),
        weights={
            name: round(float(weight), 4)
            for name, weight in zip(FEATURES, weights[1:], strict=True)
        },
        data_hash=digest,
        tokens=len(tokens),
    )


def _standing_figures(model: StandingModel, tokens: Sequence[Token]) -> dict[str, float]:
    """How well it tells rugs from others, and what it would be worth by itself where one in
    twenty is a rug: the part of warnings that are right, at the cut with the best F1."""
    scores = np.array([model.score_one(token.inputs) for token in tokens])
    rugs = _rugs(tokens)
    best = (0.0, 0.0, 0.0)
    for cut in np.unique(scores.round(2)):
        found, wrong = float((scores[rugs] > cut).mean()), float((scores[~rugs] > cut).mean())
        if found > 0.0:
            precision = found / (found + wrong * (1.0 - RARE) / RARE)
            best = max(best, (2 * precision * found / (precision + found), precision, found))
    return {
        "area_under_roc": round(area_under_roc(scores, rugs), 4),
        "precision_where_rare": round(best[1], 4),
        "recall_where_rare": round(best[2], 4),
        "median_of_rugs": round(float(np.median(scores[rugs])), 3),
        "median_of_others": round(float(np.median(scores[~rugs])), 3),
    }


def _scales(tokens: Sequence[Token]) -> dict[str, tuple[float, float]]:
    """Mean and deviation of each derived number, as it is before it is brought to scale."""
    derived = [derive(token.inputs) for token in tokens]
    scales = {}
    for name, (centre, scale) in SCALES.items():
        values = [one[name] * scale + centre for one in derived if name in one]
        if values:
            scales[name] = (round(float(np.mean(values)), 3), round(float(np.std(values)), 3))
    return scales


if __name__ == "__main__":
    parser = ArgumentParser(prog="processors.tuning.rug", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled data")
    parser.add_argument("--out", type=Path, required=True, help="where the records go")
    arguments = parser.parse_args()
    main(arguments.data, arguments.out)
