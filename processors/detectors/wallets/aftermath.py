"""What the price does after tokens moved: it bears it out, speaks against it, or neither."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from processors.detectors.price_sequel import price_sequel
from processors.detectors.recent import last_price
from schemas.alerts import Status

#: What an alert is still worth when the price went the other way.
_REFUTED = 0.7


@dataclass(frozen=True, slots=True)
class Course:
    """The phases, and the change of the price that leads from one to the next."""

    begun: str
    #: When the price moved as expected, against it, or neither until the end.
    confirmed: str
    refuted: str
    ended: str
    #: Whether a rise is what bears the alert out; else a fall is.
    rising: bool
    #: As a fraction of the price at the beginning.
    change: float


class Aftermath(FollowUp):
    """From ``begun`` to ``confirmed`` once the price has moved as expected; resolved at the end."""

    horizon_ms: ClassVar[int] = 7_200_000

    def __init__(self, course: Course, opening: Opening) -> None:
        self._course = course
        self._opening = opening
        self._phase = opening.phase
        self._score = opening.score
        self._price: float | None = None
        self._change = 0.0

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        del now_ms
        price = last_price(view)
        if price is None:
            return None
        if self._price is None:
            self._price = price
            return None
        self._change = math.log(price / self._price)
        if self._phase == self._course.begun and self._towards() >= self._course.change:
            self._phase = self._course.confirmed
            self._score += (1.0 - self._score) * 0.4
            return self._revision("open", None)
        return None

    def expire(self, now_ms: int) -> Revision:
        if self._phase == self._course.begun:
            refuted = self._towards() <= -self._course.change
            self._phase = self._course.refuted if refuted else self._course.ended
            self._score *= _REFUTED if refuted else 1.0
        return self._revision("resolved", now_ms)

    def _towards(self) -> float:
        """How far the price went in the direction that bears the alert out, as a log return."""
        return self._change if self._course.rising else -self._change

    def _revision(self, status: Status, ended_ms: int | None) -> Revision:
        course = self._course
        return price_sequel(
            self._opening,
            score=self._score,
            phase=self._phase,
            status=status,
            ended_ms=ended_ms,
            change=None if self._price is None else self._change,
            expected=course.change if course.rising else -course.change,
        )
