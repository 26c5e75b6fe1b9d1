"""A smooth function of all features at once, learned example by example with its own doubt."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from processors.rug_model.features import SCALES

Floats = NDArray[np.float64]

#: No feature counts as farther from the centre than this many deviations.
_FARTHEST = 4.0
#: How strongly the features themselves count beside the waves, and how far their weights may go.
_STRAIGHT = 0.3
_STRAIGHT_VARIANCE = 0.5
_BIAS_VARIANCE = 1.0
#: An example that was sure tells at least this much; otherwise early certainty would never go.
_LEAST_INFORMATION = 0.02


class KernelRegression:
    """Logistic regression on random waves of the features: near pools get near answers.

    Use: ``score_one`` answers log odds, ``learn_one`` takes an outcome in. Empty it answers 0.

    How: a cosine wave in a random direction is a feature; a few hundred stand for a Gaussian
    kernel. Each weight has a mean and all have a covariance, and an example moves them by Bayes'
    rule, with the likelihood taken as a parabola (the extended Kalman filter). So the first hundred
    examples count in full, where gradient steps would have to be small; and what is little known is
    drawn to nothing, because the variance of the answer shrinks it.

    Weakness: it never forgets, so a market that changes for good is followed ever more slowly.
    Every missing feature counts as an average one. Time and memory go with the square of ``waves``.

    Parameters: ``waves``; ``narrowness`` is one over the kernel's width in deviations;
    ``variance`` is how far it may depart from nothing, in squared log odds; ``seed``.

    Sources: Rahimi and Recht, "Random features for large-scale kernel machines", NIPS 2007; Penny
    and Roberts, "Dynamic logistic regression", IJCNN 1999; MacKay, "The evidence framework applied
    to classification networks", Neural Computation 4 (1992), for the shrinking.
    """

    def __init__(self, *, waves: int, narrowness: float, variance: float, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self._directions: Floats = chance.normal(size=(waves, len(SCALES))) * narrowness
        self._shifts: Floats = chance.uniform(0.0, 2.0 * math.pi, waves)
        self._height = math.sqrt(2.0 / waves)
        variances = [
            _BIAS_VARIANCE,
            *(_STRAIGHT_VARIANCE for _ in SCALES),
            *(variance for _ in range(waves)),
        ]
        self._weights: Floats = np.zeros(len(variances))
        self._covariance: Floats = np.diag(np.array(variances))

    def score_one(self, features: Mapping[str, float]) -> float:
        """The log odds, drawn to nothing as far as they are in doubt."""
        waves = self._waves(features)
        doubt = float(waves @ self._covariance @ waves)
        return float(self._weights @ waves) / math.sqrt(1.0 + math.pi * doubt / 8.0)

    def learn_one(self, features: Mapping[str, float], outcome: bool) -> None:
        """Move the weights by what was not expected, and narrow what is known of them."""
        waves = self._waves(features)
        spread = self._covariance @ waves
        doubt = float(waves @ spread)
        said = 1.0 / (1.0 + math.exp(-min(30.0, max(-30.0, float(self._weights @ waves)))))
        information = max(said * (1.0 - said), _LEAST_INFORMATION)
        told = 1.0 + information * doubt
        # The root on both sides keeps the covariance symmetric to the last bit.
        narrowed = spread * math.sqrt(information / told)
        self._covariance -= np.outer(narrowed, narrowed)
        self._weights += spread * ((outcome - said) / told)

    def _waves(self, features: Mapping[str, float]) -> Floats:
        values = np.array([features.get(name, 0.0) for name in SCALES])
        values = values.clip(-_FARTHEST, _FARTHEST)
        waves = np.cos(self._directions @ values + self._shifts) * self._height
        return np.concatenate(([1.0], values * _STRAIGHT, waves))
