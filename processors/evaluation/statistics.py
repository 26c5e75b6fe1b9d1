"""The arithmetic of honest figures: intervals, curves and calibration, in plain numpy.

Everything here is a pure function of its arguments; where chance is needed, the seed is fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SEED = 20_180_613


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the bounds between which it lies with probability ``level``."""

    estimate: float
    low: float
    high: float
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self.estimate:.3f} ({self.low:.3f} to {self.high:.3f})"


def bootstrap(
    units: int,
    statistic: Callable[[Indices], float],
    *,
    resamples: int = 2_000,
    level: float = 0.95,
    seed: int = SEED,
) -> Interval:
    """The percentile bootstrap interval of a statistic over ``units`` independent units.

    Use: how far a figure could have come out otherwise with other recordings, posts or tokens of
    the same kind. For a paired comparison let the statistic be the difference of two versions
    over the same units. Weakness: too narrow below about twenty units, and blind to whatever
    all units share.

    Args:
        units: how many independent units there are; an event, not a row, where rows hang together.
        statistic: the figure over the units with these indices; NaN where it is not defined.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3.
    """
    if units <= 0:
        return Interval(float("nan"), float("nan"), float("nan"), level)
    generator = np.random.default_rng(seed)
    drawn = np.array(
        [statistic(generator.integers(0, units, units)) for _ in range(resamples)], dtype=np.float64
    )
    drawn = drawn[np.isfinite(drawn)]
    estimate = float(statistic(np.arange(units)))
    if not drawn.size:
        return Interval(estimate, float("nan"), float("nan"), level)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), level)


@dataclass(frozen=True, slots=True)
class PrecisionRecallCurve:
    """Precision and recall when everything scored at least ``thresholds[i]`` is told."""

    thresholds: Floats
    precision: Floats
    recall: Floats

    @property
    def average_precision(self) -> float:
        """The area under the curve as a sum of steps; NaN without positives."""
        if not self.recall.size or not np.isfinite(self.recall).all():
            return float("nan")
        steps = np.diff(self.recall, prepend=0.0)
        return float(np.sum(steps * self.precision))


def precision_recall(
    scores: ArrayLike, hits: ArrayLike, positives: int | None = None
) -> PrecisionRecallCurve:
    """The curve over all thresholds, from the highest score down; equal scores fall together.

    Args:
        hits: whether each scored thing is a positive.
        positives: how many positives there are, those never scored among them.
    """
    score, hit = _aligned(scores, hits)
    order = np.argsort(-score, kind="stable")
    score, hit = score[order], hit[order]
    ends = np.flatnonzero(np.diff(score, append=-np.inf)) if score.size else np.array([], int)
    found = np.cumsum(hit)[ends]
    wanted = int(hit.sum()) if positives is None else positives
    recall = found / wanted if wanted else np.full(found.shape, np.nan)
    return PrecisionRecallCurve(score[ends], found / (ends + 1), recall)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts of about the same probability: their mean, and how often it came true."""

    forecast: float
    observed: float
    count: int


def reliability(
    probabilities: ArrayLike, outcomes: ArrayLike, bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Forecasts in bins of equal width, empty ones left out.

    Source: Murphy and Winkler, "Reliability of subjective probability forecasts" (1977).
    """
    forecast, outcome = _aligned(probabilities, outcomes)
    place = np.clip((forecast * bins).astype(int), 0, bins - 1)
    return tuple(
        ReliabilityBin(
            float(forecast[inside].mean()), float(outcome[inside].mean()), int(inside.sum())
        )
        for inside in (place == number for number in range(bins))
        if inside.any()
    )


def calibration_error(probabilities: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> float:
    """The mean distance between forecast and what came true, bins weighted by their counts."""
    groups = reliability(probabilities, outcomes, bins)
    total = sum(group.count for group in groups)
    if not total:
        return float("nan")
    return sum(abs(group.forecast - group.observed) * group.count for group in groups) / total


def brier_score(probabilities: ArrayLike, outcomes: ArrayLike) -> float:
    """The mean squared distance of forecast and outcome: 0 is perfect, NaN without forecasts.

    Source: Brier, "Verification of forecasts expressed in terms of probability" (1950).
    """
    forecast, outcome = _aligned(probabilities, outcomes)
    return float(np.mean((forecast - outcome) ** 2)) if forecast.size else float("nan")


def area_under_roc(scores: ArrayLike, outcomes: ArrayLike) -> float:
    """The chance that a positive scores above a negative, ties counting half; NaN without both."""
    score, outcome = _aligned(scores, outcomes)
    positives = int(outcome.sum())
    negatives = outcome.size - positives
    if not positives or not negatives:
        return float("nan")
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place]
    above = float(ranks[outcome == 1].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def f1(outcomes: ArrayLike, answers: ArrayLike) -> float:
    """The harmonic mean of precision and recall of the class true; NaN where neither side has it.

    Args:
        outcomes: what is so.
        answers: what was said.
    """
    is_so = np.asarray(outcomes, dtype=bool)
    said = np.asarray(answers, dtype=bool)
    both = int((is_so & said).sum())
    either = int(is_so.sum()) + int(said.sum())
    return 2 * both / either if either else float("nan")


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed, interpolated; NaN without any."""
    return float(np.quantile(np.asarray(values, dtype=np.float64), share)) if values else np.nan


def _aligned(scores: ArrayLike, outcomes: ArrayLike) -> tuple[Floats, Floats]:
    score = np.asarray(scores, dtype=np.float64)
    outcome = np.asarray(outcomes, dtype=np.float64)
    if score.shape != outcome.shape or score.ndim != 1:
        raise ValueError("scores and outcomes are two lists of one length")
    return score, outcome
