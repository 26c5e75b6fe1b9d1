"""From a detector's own score to the probability that its alert is right."""

from __future__ import annotations

import math

from msgspec import Struct

#: Scores beyond these are as good as certain; log odds grow without bound there.
_LEAST = 0.01


class Calibration(Struct, frozen=True):
    """Log odds as a line over the log odds of the detector's score.

    Use: makes scores of detectors comparable, each by two numbers a reader can check. Weakness: a
    detector that is right where it is unsure and wrong where it is sure cannot be mended by a line
    (the slope is never negative). Platt 1999, "Probabilistic outputs for support vector machines",
    section 2, on log odds as in Kull, Silva Filho and Flach 2017 ("Beta calibration", section 3).
    Learned by ``processors.tuning.risk``.
    """

    intercept: float = 0.0
    slope: float = 1.0

    def probability(self, score: float) -> float:
        """What a score in 0..1 means."""
        return sigmoid(self.intercept + self.slope * log_odds(score))


def log_odds(probability: float) -> float:
    """The logit, of probabilities that are kept away from 0 and 1."""
    kept = min(max(probability, _LEAST), 1.0 - _LEAST)
    return math.log(kept / (1.0 - kept))


def sigmoid(odds: float) -> float:
    """The probability of log odds."""
    if odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-odds))
    grown = math.exp(odds)
    return grown / (1.0 + grown)
