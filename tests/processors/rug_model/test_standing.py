"""What is shipped of a pool's standing: read from its artefact, and the same as it was learned."""

from __future__ import annotations

import json
from hashlib import blake2b
from importlib.resources import files

import pytest

from processors.detectors.rug_pull import RugPull
from processors.rug_model.standing import ARTEFACT, FEATURES, shipped

#: What the artefact holds at this version of the detector: whoever changes it raises both versions.
_DIGESTS = {("2", 1): "430f0c27756cf390"}

ALL_THEIRS: dict[str, float | None] = {
    "lp_avg": 100.0,
    "lp_std": 0.0,
    "lp_creator_holding_ratio": 1.0,
    "lp_lock_ratio": 0.0,
    "token_burn_ratio": 0.0,
    "token_creator_holding_ratio": 0.3,
}


def test_another_artefact_is_another_version() -> None:
    content = (files("processors.rug_model") / ARTEFACT).read_bytes()
    digest = blake2b(content, digest_size=8).hexdigest()
    assert _DIGESTS[(RugPull.version, shipped().version)] == digest


def test_the_artefact_tells_what_it_was_learned_from() -> None:
    told = json.loads((files("processors.rug_model") / ARTEFACT).read_text())
    assert list(told["weights"]) == list(FEATURES)
    assert told["tokens"] > 1000
    assert len(told["data_hash"]) >= 32


def test_a_pool_that_its_maker_holds_looks_more_like_a_rug_than_a_locked_one() -> None:
    model = shipped()
    locked = ALL_THEIRS | {"lp_creator_holding_ratio": 0.0, "lp_lock_ratio": 1.0}
    assert model.score_one(ALL_THEIRS) > 1.0
    assert model.score_one(locked) < -1.0


def test_what_each_number_adds_is_told_and_adds_up() -> None:
    model = shipped()
    added = model.explain_one(ALL_THEIRS)
    assert added["creator_liquidity"] > 0.0
    assert "creator_launches" not in added
    assert model.score_one(ALL_THEIRS) == pytest.approx(model.bias + sum(added.values()))


def test_for_how_long_a_pool_was_watched_says_nothing() -> None:
    rates: dict[str, float | None] = {
        "mint_count_per_week": 0.02,
        "mint_ratio": 0.001,
        "swap_in_per_week": 12.0,
        "swap_out_per_week": 11.0,
        "swap_mean_period": 0.1,
    }
    assert shipped().score_one(ALL_THEIRS | rates) == shipped().score_one(ALL_THEIRS)
