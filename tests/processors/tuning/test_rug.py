"""Choosing the rug model's settings: a fixed split by content, and a record of what was tried."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from processors.evaluation.rug import Token
from processors.rug_model.features import INPUTS
from processors.rug_model.model import Settings
from processors.rug_model.standing import FEATURES
from processors.tuning.rug import choose, is_development, learn_standing, main
from tests.processors.rug_model.made_tokens import made_tokens

TOKENS = tuple(Token(inputs=inputs, is_rug=rug) for inputs, rug in made_tokens(200))


def test_seven_tenths_are_for_choosing_whatever_their_label() -> None:
    chosen = [is_development(token) for token in TOKENS]
    assert 0.6 < sum(chosen) / len(chosen) < 0.8
    flipped = [Token(inputs=token.inputs, is_rug=not token.is_rug) for token in TOKENS]
    assert [is_development(token) for token in flipped] == chosen


def test_the_best_on_the_development_part_is_chosen_and_all_is_recorded() -> None:
    candidates = {
        "regression": Settings(forests=(), regressions=(0.0,), kernels=0),
        "still": Settings(forests=(), regressions=(0.0,), kernels=0, learning_rate=0.0),
    }
    record = choose(TOKENS, candidates)
    assert record["chosen"] == "regression"
    assert record["development_tokens"] == sum(map(is_development, TOKENS))
    for part in ("development", "held_back", "whole_file", "scales", "settings"):
        assert record[part]


def test_a_pools_standing_is_learned_with_the_frequency_of_rugs_taken_out() -> None:
    model, figures = learn_standing(TOKENS, "hash")
    again, _ = learn_standing(TOKENS, "hash")
    assert model == again
    assert list(model.weights) == list(FEATURES)
    assert (model.tokens, model.data_hash) == (len(TOKENS), "hash")
    assert figures["held_back"]["area_under_roc"] > 0.7
    # Twice as many rugs change what is usual, and not what speaks for one.
    rugs = [token for token in TOKENS if token.is_rug]
    more, _ = learn_standing([*TOKENS, *rugs], "hash")
    assert more.bias == pytest.approx(model.bias, abs=0.5)


def test_the_records_and_the_artefact_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = {"still": Settings(forests=(), regressions=(0.0,), kernels=0, learning_rate=0.0)}
    monkeypatch.setattr("processors.tuning.rug.CANDIDATES", still)
    (tmp_path / "rug").mkdir()
    with gzip.open(tmp_path / "rug" / "tokens.csv.gz", "wt") as lines:
        writer = csv.writer(lines)
        writer.writerow(["id", "Label", *INPUTS])
        for row, token in enumerate(TOKENS):
            values = (token.inputs[name] for name in INPUTS)
            writer.writerow([row, str(token.is_rug).upper(), *values])
    main(tmp_path, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "rug.json").read_text())
    artefact = json.loads((tmp_path / "out" / "standing.json").read_text())
    assert record["data"] == artefact["data_hash"]
    assert record["seed"] == Settings().seed
    assert set(record["standing"]) == {"development", "held_back"}
