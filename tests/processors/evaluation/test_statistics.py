"""Intervals, curves and calibration: what must hold whatever the numbers are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.evaluation.statistics import (
    area_under_roc,
    bootstrap,
    brier_score,
    calibration_error,
    f1,
    precision_recall,
    quantile,
    reliability,
)

scored = st.lists(
    st.tuples(st.integers(0, 20).map(lambda step: step / 20), st.booleans()), min_size=1
)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_an_interval_lies_among_the_values_and_is_the_same_again(values: list[float]) -> None:
    array = np.array(values)
    interval = bootstrap(len(values), lambda i: float(array[i].mean()), resamples=50)
    assert min(values) - 1e-3 <= interval.low <= interval.high <= max(values) + 1e-3
    assert interval == bootstrap(len(values), lambda i: float(array[i].mean()), resamples=50)


def test_an_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    interval = bootstrap(400, lambda i: float(values[i].mean()))
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 2.0 / 20, rel=0.15)


def test_nothing_to_draw_from_gives_no_figure() -> None:
    assert math.isnan(bootstrap(0, lambda i: 1.0).estimate)
    undefined = bootstrap(3, lambda i: float("nan"), resamples=5)
    assert math.isnan(undefined.low)
    assert math.isnan(undefined.estimate)


@given(scored)
def test_every_point_of_the_curve_is_what_counting_gives(pairs: list[tuple[float, bool]]) -> None:
    scores = [score for score, _ in pairs]
    hits = [hit for _, hit in pairs]
    curve = precision_recall(scores, hits, positives=sum(hits) + 2)
    assert list(curve.thresholds) == sorted(set(scores), reverse=True)
    for threshold, precision, recall in zip(
        curve.thresholds, curve.precision, curve.recall, strict=True
    ):
        told = [hit for score, hit in pairs if score >= threshold]
        assert precision == pytest.approx(sum(told) / len(told))
        assert recall == pytest.approx(sum(told) / (sum(hits) + 2))


def test_a_perfect_order_has_the_whole_area() -> None:
    assert precision_recall([0.9, 0.8, 0.1], [1, 1, 0]).average_precision == pytest.approx(1.0)
    assert math.isnan(precision_recall([], []).average_precision)
    assert math.isnan(precision_recall([0.5], [False]).average_precision)


@given(scored)
def test_the_area_under_roc_is_the_share_of_rightly_ordered_pairs(
    pairs: list[tuple[float, bool]],
) -> None:
    positive = [score for score, hit in pairs if hit]
    negative = [score for score, hit in pairs if not hit]
    area = area_under_roc([score for score, _ in pairs], [hit for _, hit in pairs])
    if not positive or not negative:
        assert math.isnan(area)
        return
    ordered = [(a > b) + 0.5 * (a == b) for a in positive for b in negative]
    assert area == pytest.approx(sum(ordered) / len(ordered))


@given(scored)
def test_bins_hold_all_forecasts_and_explain_the_calibration(
    pairs: list[tuple[float, bool]],
) -> None:
    forecasts = [score for score, _ in pairs]
    outcomes = [hit for _, hit in pairs]
    groups = reliability(forecasts, outcomes)
    assert sum(group.count for group in groups) == len(pairs)
    assert sum(group.forecast * group.count for group in groups) == pytest.approx(sum(forecasts))
    assert sum(group.observed * group.count for group in groups) == pytest.approx(sum(outcomes))
    # Two ways to be wrong: no bin can be further off than the forecasts in it, on average.
    assert calibration_error(forecasts, outcomes) ** 2 <= brier_score(forecasts, outcomes) + 1e-9


def test_an_edge_of_the_last_bin_belongs_to_it() -> None:
    (group,) = reliability([1.0], [True])
    assert (group.forecast, group.observed, group.count) == (1.0, 1.0, 1)


def test_known_figures() -> None:
    assert brier_score([0.5, 1.0], [True, True]) == pytest.approx(0.125)
    assert f1([1, 1, 0, 0], [1, 0, 1, 0]) == pytest.approx(0.5)
    assert math.isnan(f1([0], [0]))
    assert quantile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert math.isnan(quantile([], 0.5))
    assert math.isnan(brier_score([], []))
    assert math.isnan(calibration_error([], []))


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        brier_score([0.5], [])
