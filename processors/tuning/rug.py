"""Choose the settings of the rug model, and record how: ``python -m processors.tuning.rug``.

Chosen on seven tenths of the labelled tokens, told apart by a hash of their numbers, by the F1 of
the benign class when they come in the file's order and each is scored before it is learned. The
other tokens are looked at once, with the choice, in a run over the whole file. Also recorded: the
means and deviations that the constants in ``processors.rug_model.features`` were rounded from.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processors.evaluation.report import data_hash
from processors.evaluation.rug import RugReport, Token, judge, read_tokens
from processors.rug_model import RugModel
from processors.rug_model.features import SCALES, derive
from processors.rug_model.model import Settings

DEVELOPMENT_SHARE = 0.7
CANDIDATES: Mapping[str, Settings] = {
    "shipped": Settings(),
    "no making up for the rarer class": Settings(forests=(0.0,) * 3, regressions=(0.0,)),
    "regression alone": Settings(forests=(), regressions=(0.0,)),
    "faster regression": Settings(learning_rate=0.05),
    "patient trees": Settings(grace_period=10, delta=0.05, tau=0.5),
}


def main(data: Path, out: Path) -> None:
    """Choose on ``data/rug/tokens.csv.gz`` and write ``out/rug.json``.

    Raises:
        OperatorError: the labelled tokens cannot be read.
    """
    file = data / "rug" / "tokens.csv.gz"
    tokens = list(read_tokens(file))
    record = choose(tokens, CANDIDATES)
    record["data"] = data_hash([file])
    out.mkdir(parents=True, exist_ok=True)
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
    parser.add_argument("--out", type=Path, required=True, help="where rug.json goes")
    arguments = parser.parse_args()
    main(arguments.data, arguments.out)
