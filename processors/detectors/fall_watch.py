"""What follows when something is wrong with a token's holders: they sell, or they wait."""

from __future__ import annotations

import math
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from processors.detectors.recent import last_price
from schemas.alerts import Evidence, Status

#: A fall from the highest price since the alert, as a log return: half of it is gone.
_FALL = -math.log(0.5)
#: What an alert is worth when hours passed and nobody sold.
_HELD = 0.8


class FallWatch(FollowUp):
    """The opening's phase until the price has fallen by half from its highest, ``sold off`` then;
    ``held`` when it trades on without such a fall, and as it stands when nobody trades."""

    horizon_ms: ClassVar[int] = 21_600_000

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._phase = opening.phase
        self._score = opening.score
        self._highest: float | None = None
        #: Log return from the highest price.
        self._change: float | None = None

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        del now_ms
        price = last_price(view)
        if price is None:
            return None
        if self._highest is None:
            self._highest = price
            return None
        self._highest = max(self._highest, price)
        self._change = math.log(price / self._highest)
        if self._phase == "sold off" or self._change > -_FALL:
            return None
        self._phase = "sold off"
        self._score += (1.0 - self._score) * 0.5
        return self._revision("open", None)

    def expire(self, now_ms: int) -> Revision:
        if self._phase != "sold off" and self._change is not None:
            self._phase = "held"
            self._score *= _HELD
        return self._revision("resolved", now_ms)

    def _revision(self, status: Status, ended_ms: int | None) -> Revision:
        explanation, evidence = self._opening.explanation, self._opening.evidence
        if self._change is not None:
            change = math.expm1(self._change)
            explanation = f"{explanation} The price is {-change:.1%} below its highest since."
            fall = Evidence(
                feature="price_change_from_highest",
                value=change,
                baseline=0.0,
                threshold=math.expm1(-_FALL),
                weight=0.3,
            )
            evidence = (*evidence, fall)
        return Revision(
            score=self._score,
            impact=self._opening.impact,
            phase=self._phase,
            status=status,
            explanation=explanation,
            evidence=evidence,
            ended_ms=ended_ms,
        )
