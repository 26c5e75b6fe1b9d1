"""What follows a whale's deposit: a sale that the price feels, or nothing."""

from __future__ import annotations

import math
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from processors.detectors.recent import since
from schemas.alerts import Evidence, Status

#: The hour before the deposit says what selling is usual.
_BASELINE_MS = 3_600_000
#: Selling is judged over five minutes: a large sale is sliced over some minutes.
_PRESSURE_MS = 300_000
#: Sales against the usual, and their share of all volume, from which on they are pressure.
_PRESSURE_RATIO = 3.0
_SELL_SHARE = 0.6
#: A fall below the deposit's price that counts, as a log return.
_DROP = 0.02
#: The sale is over when neither pressure nor a new low was seen for this long.
_QUIET_MS = 600_000
#: A rise that no sale of this size would leave, seen this long after the deposit.
_REFUTING_RISE = 0.15
_REFUTED_AFTER_MS = 1_800_000
#: What a deposit that nobody sold is still worth, and how much of it is still at risk.
_UNSOLD = 0.6


class SaleWatch(FollowUp):
    """``deposit`` until sales press on the price, ``selling`` until they stop, then resolved."""

    horizon_ms: ClassVar[int] = 5_400_000

    def __init__(self, opening: Opening, time_ms: int) -> None:
        self._opening = opening
        self._opened_ms = time_ms
        self._reviewed_ms = time_ms
        self._phase = opening.phase
        self._score = opening.score
        self._evidence = opening.evidence
        self._price: float | None = None
        self._usual_sales = 0.0
        self._lowest = math.inf
        self._pressed_ms = time_ms

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        if self._price is None:
            self._take_baseline(view)
        news = list(since(view, "trading", self._reviewed_ms))
        self._reviewed_ms = max(self._reviewed_ms, now_ms)
        if self._price is None or not (news or self._phase == "selling"):
            return None
        last = news[0][1].values["close"] if news else None
        low = min((signal.values["low"] for _, signal in news), default=math.inf)
        if self._phase == "deposit":
            if self._sells(view, low, now_ms):
                return self._revision("open", None)
            if last is not None and self._is_refuted(last, now_ms):
                self._score *= _UNSOLD
                return self._revision("retracted", now_ms)
            return None
        if low < self._lowest or self._pressure(view, now_ms)[0] >= _PRESSURE_RATIO:
            self._pressed_ms = now_ms
        self._lowest = min(self._lowest, low)
        if now_ms - self._pressed_ms >= _QUIET_MS:
            self._phase = "sold"
            return self._revision("resolved", now_ms)
        return None

    def expire(self, now_ms: int) -> Revision:
        if self._phase == "deposit":
            self._phase = "unsold"
            self._score *= _UNSOLD
        elif self._phase == "selling":
            self._phase = "sold"
        return self._revision("resolved", now_ms)

    def _take_baseline(self, view: TokenView) -> None:
        """Price and selling as they were before the deposit."""
        before = [
            (end_ms, signal)
            for end_ms, signal in since(view, "trading", self._opened_ms - _BASELINE_MS)
            if end_ms <= self._opened_ms
        ]
        if before:
            self._price = before[0][1].values["close"]
            sold = sum(s.values["volume"] - s.values["buy_volume"] for _, s in before)
            span_ms = max(self._opened_ms - before[-1][0], _PRESSURE_MS)
            self._usual_sales = sold / span_ms * _PRESSURE_MS

    def _pressure(self, view: TokenView, now_ms: int) -> tuple[float, float]:
        """Sales over the last minutes: as a multiple of the usual, and as a share of volume."""
        from_ms = max(now_ms - _PRESSURE_MS, self._opened_ms)
        volume = bought = 0.0
        for _, signal in since(view, "trading", from_ms):
            volume += signal.values["volume"]
            bought += signal.values["buy_volume"]
        if volume <= 0.0:
            return 0.0, 0.0
        sold = volume - bought
        return (sold / self._usual_sales if self._usual_sales > 0 else math.inf), sold / volume

    def _sells(self, view: TokenView, low: float, now_ms: int) -> bool:
        """Enter ``selling`` when sales are unusual and the price gives way."""
        assert self._price is not None
        drop = math.log(self._price / low)
        if drop < _DROP:
            return False
        ratio, share = self._pressure(view, now_ms)
        if ratio < _PRESSURE_RATIO or share < _SELL_SHARE:
            return False
        self._phase = "selling"
        self._score += (1.0 - self._score) * 0.5
        self._lowest = low
        self._pressed_ms = now_ms
        self._evidence = (
            *self._opening.evidence,
            Evidence(
                feature="price_change",
                value=math.expm1(-drop),
                baseline=0.0,
                threshold=math.expm1(-_DROP),
                weight=0.3,
            ),
            Evidence(
                feature="sell_share",
                value=share,
                baseline=0.5,
                threshold=_SELL_SHARE,
                weight=0.2,
            ),
        )
        return True

    def _is_refuted(self, last: float, now_ms: int) -> bool:
        assert self._price is not None
        return (
            now_ms - self._opened_ms >= _REFUTED_AFTER_MS
            and math.log(last / self._price) >= _REFUTING_RISE
        )

    def _revision(self, status: Status, ended_ms: int | None) -> Revision:
        idle = self._phase in ("deposit", "unsold")
        return Revision(
            score=self._score,
            impact=self._opening.impact * (_UNSOLD if idle else 1.0),
            phase=self._phase,
            status=status,
            explanation=f"{self._opening.explanation} {self._sequel(status)}",
            evidence=self._evidence,
            ended_ms=ended_ms,
        )

    def _sequel(self, status: Status) -> str:
        if status == "retracted":
            return "The price has risen well above that moment since: it was not sold."
        if self._phase in ("deposit", "unsold"):
            return "No sale that moved the price has followed."
        assert self._price is not None
        fall = self._lowest / self._price - 1
        if self._phase == "selling":
            return f"It is being sold: the price has moved {fall:+.1%} since."
        return f"It was sold: the price fell to {fall:+.1%} and the selling has stopped."
