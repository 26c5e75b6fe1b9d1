"""The rug model learns from an empty start, the same way each time, and says why."""

from __future__ import annotations

import pickle

import pytest

from processors.evaluation.statistics import area_under_roc
from processors.rug_model import RugModel
from processors.rug_model.model import Settings
from tests.processors.rug_model.made_tokens import made_tokens

SMALL = Settings(trees=2, waves=60)
TOKENS = tuple(made_tokens(300))


def learned(settings: Settings = SMALL) -> RugModel:
    model = RugModel(settings)
    for inputs, is_rug in TOKENS:
        model.learn_one(inputs, is_rug)
    return model


def test_an_empty_model_answers_one_half() -> None:
    assert RugModel().score_one(TOKENS[0][0]) == pytest.approx(0.5)


def test_it_tells_rugs_from_others_after_a_few_hundred() -> None:
    model = learned()
    fresh = list(made_tokens(200, seed=2))
    scores = [model.score_one(inputs) for inputs, _ in fresh]
    assert area_under_roc(scores, [rug for _, rug in fresh]) > 0.95
    assert all(0.0 < score < 1.0 for score in scores)


def test_scoring_changes_nothing_and_two_runs_agree() -> None:
    first, second = learned(), RugModel(SMALL)
    for inputs, is_rug in TOKENS:
        second.score_one(inputs)
        second.explain_one(inputs)
        second.learn_one(inputs, is_rug)
    for inputs, _ in TOKENS[:50]:
        assert first.score_one(inputs) == second.score_one(inputs)


def test_a_copy_by_pickle_goes_on_alike() -> None:
    model = learned()
    copy = pickle.loads(pickle.dumps(model))
    for inputs, is_rug in made_tokens(60, seed=3):
        assert model.score_one(inputs) == copy.score_one(inputs)
        model.learn_one(inputs, is_rug)
        copy.learn_one(inputs, is_rug)


def test_what_speaks_for_a_rug_is_named_with_its_sign() -> None:
    model = learned()
    short = dict(TOKENS[0][0]) | {"mint_count_per_week": 0.999, "lp_lock_ratio": 1e-12}
    weights = dict(model.explain_one(short))
    assert abs(next(iter(weights.values()))) == max(map(abs, weights.values()))
    lives = {rug: [] for rug in (True, False)}  # type: dict[bool, list[float]]
    for inputs, rug in TOKENS:
        lives[rug].append(dict(model.explain_one(inputs))["life"])
    assert sum(lives[True]) / len(lives[True]) > sum(lives[False]) / len(lives[False])


def test_missing_numbers_are_borne() -> None:
    model = learned()
    model.learn_one({}, True)
    assert 0.0 < model.score_one({}) < 1.0
    assert 0.0 < model.score_one({"lp_lock_ratio": 1.0, "lp_avg": None}) < 1.0


def test_a_model_without_regressions_explains_nothing() -> None:
    assert learned(Settings(trees=2, regressions=(), waves=60)).explain_one(TOKENS[0][0]) == ()


def test_the_cut_moves_to_where_the_benign_are_found_best() -> None:
    moved, still = (
        learned(Settings(forests=(), waves=60)),
        learned(Settings(forests=(), waves=60, cut_prior=1e9)),
    )
    for inputs, _ in TOKENS[:50]:
        # Some benign pools were missed, so the next are called benign a little sooner.
        assert moved.score_one(inputs) < still.score_one(inputs)
