"""How unusual a window's activity is, by River's online Gaussian scorer."""

from __future__ import annotations

import math

from river.anomaly import GaussianScorer

_WINDOW = 360
_GRACE = 20


class ActivityAnomaly:
    """Score of a non-negative activity against the token's own recent windows, in 0..1.

    Use: volumes and counts, whose logarithm is roughly normal. Weakness: a slow rise is learned
    away. 0 until 20 windows are known, and for activity below the mean; otherwise
    ``2 · (Φ(z) − ½)`` of ``log(1 + x)`` among the last 360 windows. Score before learning.
    """

    def __init__(self) -> None:
        self._scorer = GaussianScorer(window_size=_WINDOW, grace_period=_GRACE)
        self._mean = 0.0
        self._count = 0

    def score(self, activity: float) -> float:
        value = math.log1p(activity)
        return float(self._scorer.score_one({}, value)) if value > self._mean else 0.0

    def learn(self, activity: float) -> None:
        value = math.log1p(activity)
        self._scorer.learn_one({}, value)
        self._count = min(self._count + 1, _WINDOW)
        self._mean += (value - self._mean) / self._count
