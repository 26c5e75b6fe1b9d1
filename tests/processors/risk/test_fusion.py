from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.risk.fusion import OWN, Fusion

FUSION = Fusion({"shilling": 0.8, "sentiment_anomaly": 0.4, "whale_accumulation": 0.5})
SEEN = st.dictionaries(st.sampled_from(sorted(FUSION.weights)), st.floats(-1.0, 1.0))


def test_alone_a_detectors_word_stands():
    assert FUSION.fuse(0.7, {}) == (0.7, ())
    assert FUSION.fuse(0.7, {"shilling": 0.0}) == (0.7, ())


def test_corroboration_raises_and_contradiction_lowers():
    raised = FUSION.fuse(0.7, {"shilling": 0.9})
    lowered = FUSION.fuse(0.7, {"whale_accumulation": -0.9})
    assert raised.score > 0.7 > lowered.score


@given(st.floats(0.02, 0.98), SEEN)
def test_the_evidence_adds_up_to_the_score(own: float, seen: dict[str, float]):
    score, evidence = FUSION.fuse(own, seen)
    if evidence:
        assert evidence[0].feature == OWN
        total = sum(item.weight for item in evidence)
        assert score == pytest.approx(1.0 / (1.0 + math.exp(-total)))


def test_what_nobody_has_learned_of_weighs_nothing():
    score, evidence = FUSION.fuse(0.7, {"dormant_wallet": 1.0})
    assert score == pytest.approx(0.7)
    assert [item.weight for item in evidence[1:]] == [0.0]
