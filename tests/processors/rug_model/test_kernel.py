"""The regression on random waves: learns what comes together, and is as sure as it may be."""

from __future__ import annotations

import pickle
import random

from processors.rug_model.features import SCALES
from processors.rug_model.kernel import KernelRegression

ONE, OTHER = list(SCALES)[:2]


def made(count: int, seed: int) -> list[tuple[dict[str, float], bool]]:
    """Two features that tell nothing alone, and together all."""
    chance = random.Random(seed)
    examples = []
    for _ in range(count):
        one, other = chance.uniform(-2.0, 2.0), chance.uniform(-2.0, 2.0)
        examples.append(({ONE: one, OTHER: other}, one * other > 0.0))
    return examples


def learned(examples: list[tuple[dict[str, float], bool]]) -> KernelRegression:
    model = KernelRegression(waves=120, narrowness=0.6, variance=8.0, seed=1)
    for features, outcome in examples:
        model.learn_one(features, outcome)
    return model


def test_an_empty_one_answers_even_odds() -> None:
    assert learned([]).score_one({ONE: 1.0}) == 0.0


def test_what_only_comes_together_is_learned_from_few() -> None:
    model = learned(made(200, seed=1))
    fresh = made(200, seed=2)
    right = sum((model.score_one(features) > 0.0) == outcome for features, outcome in fresh)
    assert right >= 180


def test_the_same_again_makes_it_surer() -> None:
    features = {ONE: 1.0}
    answers = [learned([(features, True)] * times).score_one(features) for times in (1, 5, 50)]
    assert 0.0 < answers[0] < answers[1] < answers[2]


def test_what_is_far_beyond_all_counts_as_far_and_not_as_more() -> None:
    model = learned(made(50, seed=3))
    assert model.score_one({ONE: 50.0}) == model.score_one({ONE: 4.0})


def test_a_copy_by_pickle_goes_on_alike() -> None:
    model = learned(made(50, seed=4))
    copy = pickle.loads(pickle.dumps(model))
    for features, outcome in made(50, seed=5):
        assert model.score_one(features) == copy.score_one(features)
        model.learn_one(features, outcome)
        copy.learn_one(features, outcome)
