from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.risk.calibration import Calibration, log_odds, sigmoid

SCORES = st.floats(0.0, 1.0)


@given(SCORES, st.floats(-8.0, 8.0), st.floats(0.0, 8.0))
def test_a_probability_lies_between_none_and_all(score: float, intercept: float, slope: float):
    assert 0.0 <= Calibration(intercept, slope).probability(score) <= 1.0


@given(SCORES, SCORES, st.floats(-4.0, 4.0), st.floats(0.0, 4.0))
def test_of_two_scores_the_higher_never_means_less(
    one: float, other: float, intercept: float, slope: float
):
    calibration = Calibration(intercept, slope)
    low, high = sorted((one, other))
    assert calibration.probability(low) <= calibration.probability(high)


def test_what_nothing_is_known_of_stays_as_it_is():
    assert Calibration().probability(0.73) == pytest.approx(0.73)
    assert Calibration().probability(1.0) == pytest.approx(0.99)


@given(st.floats(0.02, 0.98))
def test_log_odds_and_probability_are_each_others_inverse(probability: float):
    assert sigmoid(log_odds(probability)) == pytest.approx(probability)


def test_large_odds_overflow_nothing():
    assert sigmoid(1e4) == 1.0
    assert sigmoid(-1e4) == 0.0
