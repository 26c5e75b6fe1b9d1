"""Choosing the rug model's settings: a fixed split by content, and a record of what was tried."""

from __future__ import annotations

from processors.evaluation.rug import Token
from processors.rug_model.model import Settings
from processors.tuning.rug import choose, is_development
from tests.processors.rug_model.made_tokens import made_tokens

TOKENS = tuple(Token(inputs=inputs, is_rug=rug) for inputs, rug in made_tokens(200))


def test_seven_tenths_are_for_choosing_whatever_their_label() -> None:
    chosen = [is_development(token) for token in TOKENS]
    assert 0.6 < sum(chosen) / len(chosen) < 0.8
    flipped = [Token(inputs=token.inputs, is_rug=not token.is_rug) for token in TOKENS]
    assert [is_development(token) for token in flipped] == chosen


def test_the_best_on_the_development_part_is_chosen_and_all_is_recorded() -> None:
    candidates = {
        "regression": Settings(forests=(), regressions=(0.0,)),
        "still": Settings(forests=(), regressions=(0.0,), learning_rate=0.0),
    }
    record = choose(TOKENS, candidates)
    assert record["chosen"] == "regression"
    assert record["development_tokens"] == sum(map(is_development, TOKENS))
    for part in ("development", "held_back", "whole_file", "scales", "settings"):
        assert record[part]
