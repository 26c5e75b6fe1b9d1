"""What else is going on about a token, weighed into the score of the alert that leads its event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from processors.risk.calibration import log_odds, sigmoid
from schemas.alerts import Evidence

#: Evidence of the flagger is told apart from the detector's own by these.
OWN = "detector_probability"
PREFIX = "also_"


class Fused(NamedTuple):
    """A score and where it comes from."""

    score: float
    evidence: tuple[Evidence, ...]


class Fusion(Struct, frozen=True):
    """Log odds are added up: the detector's own, and a weight times each thing else that is seen.

    Use: corroboration raises a score and contradiction lowers it, by numbers that stand in the
    alert. Weakness: it takes what else is seen for independent (naive Bayes), so two patterns that
    see the same posts count twice; learning them together keeps their weights small. Good 1950,
    "Probability and the Weighing of Evidence", chapter 6, for log odds as weights of evidence.
    Learned online with River's logistic regression by ``processors.tuning.risk``.
    """

    weights: dict[str, float]

    def fuse(self, own: float, seen: Mapping[str, float]) -> Fused:
        """``own`` is the detector's probability; ``seen`` are things by name in −1..1, negative
        where they contradict."""
        evidence = [
            Evidence(
                feature=PREFIX + name,
                value=round(value, 6),
                baseline=0.0,
                threshold=None,
                weight=round(self.weights.get(name, 0.0) * value, 6),
            )
            for name, value in sorted(seen.items())
            if value
        ]
        if not evidence:
            return Fused(own, ())
        total = log_odds(own) + sum(item.weight for item in evidence)
        first = Evidence(
            feature=OWN, value=round(own, 6), baseline=None, threshold=None, weight=log_odds(own)
        )
        return Fused(sigmoid(total), (first, *evidence))
