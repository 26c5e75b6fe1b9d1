"""The follow-up of a burst of posts: does the price react, and when does the talk calm down?"""

from __future__ import annotations

import math
from typing import ClassVar

from processors.detectors.base import FollowUp, Opening, Revision, TokenView
from processors.detectors.recent import last_price, mentions_a_minute
from schemas.alerts import Evidence, Status

#: Over this many milliseconds the rate of mentions is measured.
_RATE_MS = 300_000


class TalkWatch(FollowUp):
    """Follows mentions and price after an alert about posts, whatever was said in them.

    Use: patterns that open on posts and whose evidence names a ``mention_rate`` (posts a minute)
    with its baseline. Weakness: it sees how much is said, not by whom, so a campaign that
    lasts in a crowd that has calmed down is over for it.
    """

    horizon_ms: ClassVar[int] = 7_200_000
    #: The talk is over when its rate over five minutes is below this share of the burst's excess.
    calm_share: ClassVar[float] = 0.25
    #: A log return this large since the opening is a reaction of the price.
    reaction: ClassVar[float] = 0.03

    def __init__(
        self,
        opening: Opening,
        time_ms: int,
        *,
        followed_score: float = 0.0,
        rising: bool = True,
        words: tuple[str, str] = ("rises", "falls"),
    ) -> None:
        """``followed_score`` is added to the score when the price has gone the talk's way since.

        That is up, or down when not ``rising``; ``words`` tell what it did, its way first.
        """
        rate = next(e for e in opening.evidence if e.feature == "mention_rate")
        self._opening = opening
        self._opened_ms = time_ms
        self._highest_rate = rate.value
        self._usual_rate = rate.baseline or 0.0
        self._followed_score = followed_score
        self._rising = rising
        self._words = words
        self._phase = opening.phase
        self._score = opening.score
        self._evidence = opening.evidence
        self._explanation = opening.explanation
        self._first_price: float | None = None
        self._reacted = False

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        price = last_price(view)
        if self._first_price is None:
            self._first_price = price
        rate = mentions_a_minute(view, now_ms, _RATE_MS)
        self._highest_rate = max(self._highest_rate, rate)
        if now_ms - self._opened_ms >= _RATE_MS and rate <= self._calm_rate():
            return self._revision("resolved", now_ms)
        if self._reacted or price is None or self._first_price is None:
            return None
        change = math.log(price / self._first_price)
        if abs(change) < self.reaction:
            return None
        self._reacted = True
        self._follow_price(change)
        return self._revision("open", None)

    def expire(self, now_ms: int) -> Revision:
        return self._revision("resolved", now_ms)

    def _calm_rate(self) -> float:
        return self._usual_rate + self.calm_share * (self._highest_rate - self._usual_rate)

    def _follow_price(self, change: float) -> None:
        followed = (change > 0) == self._rising
        self._phase = f"{self._opening.phase}, price {self._words[0 if followed else 1]}"
        if followed:
            self._score = min(1.0, self._score + self._followed_score)
        self._explanation += f" The price has moved {math.expm1(change):+.1%} since."
        self._evidence += (
            Evidence(
                feature="price_change",
                value=math.expm1(change),
                baseline=0.0,
                threshold=math.expm1(math.copysign(self.reaction, change)),
                weight=0.1,
            ),
        )

    def _revision(self, status: Status, ended_ms: int | None) -> Revision:
        return Revision(
            score=self._score,
            impact=self._opening.impact,
            phase=self._phase if status == "open" else "calmed",
            status=status,
            explanation=self._explanation,
            evidence=self._evidence,
            ended_ms=ended_ms,
        )
