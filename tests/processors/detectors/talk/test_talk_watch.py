from __future__ import annotations

from processors.detectors.base import Opening
from processors.detectors.talk.talk_watch import TalkWatch
from schemas.alerts import Evidence
from tests.processors.detectors.streams import ViewFeed, at_ms, talk, trading


def opening(score: float = 0.7) -> Opening:
    return Opening(
        score=score,
        impact=0.5,
        onset_ms=at_ms(0),
        phase="burst",
        explanation="Many talk.",
        evidence=(
            Evidence(feature="mention_rate", value=8.0, baseline=1.0, threshold=None, weight=1.0),
        ),
    )


def test_it_ends_when_the_talk_calms_down_even_without_posts() -> None:
    watch, feed = TalkWatch(opening(), at_ms(1)), ViewFeed()
    assert watch.review(feed.add(talk(2, 40, 0.0)), at_ms(2)) is None

    revision = watch.review(feed.add(trading(8, 1.0)), at_ms(8))

    assert revision is not None
    assert (revision.status, revision.phase) == ("resolved", "calmed")
    assert revision.ended_ms == at_ms(8)


def test_it_goes_on_while_the_talk_does() -> None:
    watch, feed = TalkWatch(opening(), at_ms(1)), ViewFeed()
    for minute in range(2, 40):
        assert watch.review(feed.add(talk(minute, 8, 0.0)), at_ms(minute)) is None


def test_calm_is_measured_by_the_loudest_moment() -> None:
    watch, feed = TalkWatch(opening(), at_ms(1)), ViewFeed()
    for minute in range(2, 8):
        assert watch.review(feed.add(talk(minute, 40, 0.0)), at_ms(minute)) is None
    revisions = [
        watch.review(feed.add(talk(minute, 6, 0.0)), at_ms(minute)) for minute in range(8, 14)
    ]
    assert revisions[-1] is not None
    assert revisions[-1].status == "resolved"


def test_a_price_that_rises_is_told_once_and_may_raise_the_score() -> None:
    watch, feed = TalkWatch(opening(), at_ms(1), followed_score=0.1), ViewFeed()
    assert watch.review(feed.add(trading(1, 1.0)), at_ms(1)) is None

    revision = watch.review(feed.add(trading(2, 1.08)), at_ms(2))

    assert revision is not None
    assert revision.phase == "burst, price rises"
    assert revision.score == 0.7 + 0.1
    assert revision.evidence[-1].feature == "price_change"
    assert "+8.0%" in revision.explanation
    assert watch.review(feed.add(trading(3, 1.2)), at_ms(3)) is None


def test_a_price_that_falls_is_told_and_raises_nothing() -> None:
    watch, feed = TalkWatch(opening(), at_ms(1), followed_score=0.1), ViewFeed()
    watch.review(feed.add(trading(1, 1.0)), at_ms(1))

    revision = watch.review(feed.add(trading(2, 0.9)), at_ms(2))

    assert revision is not None
    assert (revision.phase, revision.score) == ("burst, price falls", 0.7)


def test_it_ends_at_the_horizon_at_the_latest() -> None:
    watch = TalkWatch(opening(), at_ms(1))

    end = watch.expire(at_ms(121))

    assert (end.status, end.ended_ms) == ("resolved", at_ms(121))
