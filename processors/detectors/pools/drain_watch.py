"""What follows when a pool was drained: the price gives way, or trading goes on elsewhere."""

from __future__ import annotations

import math
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from processors.detectors.price_sequel import price_sequel
from processors.detectors.recent import last_price
from schemas.alerts import Status

#: A fall of half of the price, as a log return: what is left of the pool bears no sale.
_COLLAPSE = -math.log(0.5)
#: What a drain is still worth if the token trades on as before.
_SURVIVED = 0.7
#: A fall that is no more than a bad day.
_HARDLY = 0.1


class DrainWatch(FollowUp):
    """``draining`` until the price has collapsed; at the end ``collapsed``, ``drained`` when that
    cannot be told, or ``survived``."""

    horizon_ms: ClassVar[int] = 7_200_000

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._phase = opening.phase
        self._score = opening.score
        #: The newest window of trading taken in.
        self._seen: str | None = None
        self._price: float | None = None
        self._change = 0.0
        self._traded = False

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        del now_ms
        price = last_price(view)
        if price is None:
            return None
        seen, self._seen = self._seen, view.signals("trading")[-1].id
        if self._price is None:
            self._price = price
            return None
        if seen == self._seen:
            return None
        self._traded = True
        self._change = math.log(price / self._price)
        if self._phase == "draining" and self._change <= -_COLLAPSE:
            self._phase = "collapsed"
            self._score += (1.0 - self._score) * 0.5
            return self._revision("open", None)
        return None

    def expire(self, now_ms: int) -> Revision:
        if self._phase == "draining":
            survived = self._traded and self._change > -_HARDLY
            self._phase = "survived" if survived else "drained"
            self._score *= _SURVIVED if survived else 1.0
        return self._revision("resolved", now_ms)

    def _revision(self, status: Status, ended_ms: int | None) -> Revision:
        return price_sequel(
            self._opening,
            score=self._score,
            phase=self._phase,
            status=status,
            ended_ms=ended_ms,
            change=self._change if self._traded else None,
            expected=math.expm1(-_COLLAPSE),
        )
