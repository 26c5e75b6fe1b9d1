"""What became of an alert about a token's holders: they sold, or they did not."""

from __future__ import annotations

from processors.detectors.base import Opening
from processors.detectors.fall_watch import FallWatch
from schemas.alerts import Evidence
from tests.processors.detectors.streams import ViewFeed, at_ms, trading

OPENING = Opening(
    score=0.5,
    impact=0.5,
    onset_ms=at_ms(0),
    phase="bundled",
    explanation="Something is wrong.",
    evidence=(Evidence(feature="x", value=1.0, baseline=0.0, threshold=None, weight=1.0),),
)


def watched(*prices: float) -> list[tuple[str, float]]:
    watch, view, told = FallWatch(OPENING), ViewFeed(), []
    for minute, price in enumerate(prices):
        if (revision := watch.review(view.add(trading(minute, price)), at_ms(minute))) is not None:
            told.append((revision.phase, revision.score))
    end = watch.expire(at_ms(360))
    assert (end.status, end.ended_ms) == ("resolved", at_ms(360))
    return [*told, (end.phase, end.score)]


def test_a_fall_by_half_from_the_highest_price_is_a_sale():
    assert watched(1.0, 4.0, 2.1, 1.9, 0.5) == [("sold off", 0.75), ("sold off", 0.75)]


def test_who_does_not_sell_has_held():
    assert watched(1.0, 4.0, 2.1) == [("held", 0.4)]


def test_without_trades_nothing_can_be_said():
    assert watched() == [("bundled", 0.5)]
    assert watched(1.0) == [("bundled", 0.5)]
