"""What follows when volume was made up: it stops, or it goes on; the price says if it was real."""

from __future__ import annotations

import math
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from processors.detectors.price_sequel import price_sequel
from processors.detectors.recent import last_price, since

#: Trades are counted over this time, and the washing is over when it holds so few of those at the
#: opening.
_COUNTED_MS = 300_000
_STOPPED = 0.4
#: A price that moves this far was moved by trades that were real, at least in part.
_MOVED = math.log(1.1)
_REAL = 0.7


class WashWatch(FollowUp):
    """``washing`` until trades become rare again, then ``stopped``; ``price moved`` at the end if
    it did, which speaks against it."""

    horizon_ms: ClassVar[int] = 3_600_000

    def __init__(self, opening: Opening, time_ms: int) -> None:
        self._opening = opening
        self._opened_ms = time_ms
        self._phase = opening.phase
        self._score = opening.score
        self._price: float | None = None
        self._change = 0.0
        self._trades: float | None = None

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        price = last_price(view)
        if price is None:
            return None
        trades = sum(s.values["trades"] for _, s in since(view, "trading", now_ms - _COUNTED_MS))
        if self._price is None or self._trades is None:
            self._price, self._trades = price, trades
            return None
        self._change = math.log(price / self._price)
        if now_ms - self._opened_ms >= _COUNTED_MS and trades <= _STOPPED * self._trades:
            return self.expire(now_ms)
        return None

    def expire(self, now_ms: int) -> Revision:
        moved = abs(self._change) >= _MOVED
        self._phase = "price moved" if moved else "stopped"
        self._score *= _REAL if moved else 1.0
        return price_sequel(
            self._opening,
            score=self._score,
            phase=self._phase,
            status="resolved",
            ended_ms=now_ms,
            change=None if self._price is None else self._change,
            expected=math.expm1(_MOVED),
        )
