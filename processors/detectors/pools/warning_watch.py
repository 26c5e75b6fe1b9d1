"""What follows a warning of a drain: the drain, or shares that are locked, or nothing."""

from __future__ import annotations

import math
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from processors.detectors.recent import last_price, since
from schemas.alerts import Evidence, Status

#: Part of a pool that must have left, or of its shares that must have been locked, for an end.
_MOST = 0.5
#: A fall of half of the price, as a log return.
_FALL = -math.log(0.5)
#: What the warning is still worth once the shares were locked, and when hours passed in peace.
_LOCKED = 0.2
_EXPIRED = 0.6


class WarningWatch(FollowUp):
    """``warned`` until most of the pool has left (``pulled``) or most shares were locked or burned
    (``locked``: the warning is taken back); ``sold off`` once the price has fallen by half without
    that; ``expired`` at the end.

    Weakness: signals are of the token, so a removal from another pool of it counts too.
    """

    horizon_ms: ClassVar[int] = 21_600_000

    def __init__(self, opening: Opening, time_ms: int) -> None:
        self._opening = opening
        self._phase = opening.phase
        self._score = opening.score
        #: The end of the newest window taken in.
        self._seen_ms = time_ms
        self._price: float | None = None
        #: Of the pool as it was when warned of.
        self._left = 1.0
        self._locked = 0.0

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        self._take_in(view)
        if 1.0 - self._left >= _MOST:
            return self._end("pulled", self._score + (1.0 - self._score) * 0.8, "resolved", now_ms)
        if self._locked >= _MOST:
            return self._end("locked", self._score * _LOCKED, "retracted", now_ms)
        price = last_price(view)
        if price is None:
            return None
        if self._price is None:
            self._price = price
        elif self._phase != "sold off" and math.log(price / self._price) <= -_FALL:
            self._phase = "sold off"
            self._score += (1.0 - self._score) * 0.5
            return self._revision("open", None)
        return None

    def expire(self, now_ms: int) -> Revision:
        if self._phase == "sold off":
            return self._revision("resolved", now_ms)
        return self._end("expired", self._score * _EXPIRED, "resolved", now_ms)

    def _take_in(self, view: TokenView) -> None:
        news = list(since(view, "flow", self._seen_ms))
        for end_ms, signal in news:
            self._seen_ms = max(self._seen_ms, end_ms)
            self._left *= 1.0 - signal.values.get("pool_removed", 0.0)
            self._locked = min(1.0, self._locked + signal.values.get("pool_locked", 0.0))

    def _end(self, phase: str, score: float, status: Status, now_ms: int) -> Revision:
        self._phase, self._score = phase, score
        return self._revision(status, now_ms)

    def _revision(self, status: Status, ended_ms: int | None) -> Revision:
        evidence = self._opening.evidence
        told = []
        for feature, part, words in (
            ("pool_removed_since", 1.0 - self._left, "{:.1%} of it was taken out since."),
            ("pool_locked_since", self._locked, "{:.1%} of its shares were locked since."),
        ):
            if part > 0.0:
                told.append(words.format(part))
                found = Evidence(
                    feature=feature, value=part, baseline=0.0, threshold=_MOST, weight=0.3
                )
                evidence = (*evidence, found)
        return Revision(
            score=self._score,
            impact=self._opening.impact,
            phase=self._phase,
            status=status,
            explanation=" ".join([self._opening.explanation, *told]),
            evidence=evidence,
            ended_ms=ended_ms,
        )
