"""How an alert goes on to tell what the price has done since it opened."""

from __future__ import annotations

import math

from processors.detectors.base import Opening, Revision
from schemas.alerts import Evidence, Status


def price_sequel(
    opening: Opening,
    *,
    score: float,
    phase: str,
    status: Status,
    ended_ms: int | None,
    change: float | None,
    expected: float,
) -> Revision:
    """The opening's words and evidence, and how far the price has moved beside what was expected.

    ``change`` is a log return, None when there was no price; ``expected`` is a fraction.
    """
    explanation, evidence = opening.explanation, opening.evidence
    if change is not None:
        moved = math.expm1(change)
        explanation = f"{explanation} The price has moved {moved:+.1%} since."
        price = Evidence(
            feature="price_change",
            value=moved,
            baseline=0.0,
            threshold=expected,
            weight=0.3,
        )
        evidence = (*evidence, price)
    return Revision(
        score=score,
        impact=opening.impact,
        phase=phase,
        status=status,
        explanation=explanation,
        evidence=evidence,
        ended_ms=ended_ms,
    )
