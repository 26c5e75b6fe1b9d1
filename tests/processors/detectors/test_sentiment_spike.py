from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from typing import Any

from processors.detectors.base import Opening
from processors.detectors.sentiment_spike import SentimentSpike
from schemas.events import Post
from tests.processors.detectors.streams import (
    ViewFeed,
    at_ms,
    openings,
    post,
    signal,
    talk,
    trading,
)

USUAL = ("where do I find the chart", "good day for it", "looks weak today", "gm", "any news")
HAPPY = ("I love this, amazing win", "best coin ever, great", "so happy, wonderful gains")
ANGRY = ("this is a scam, I hate it", "terrible fraud, awful", "horrible loss, I am so angry")


def usual_posts(minutes: int) -> Iterator[Post]:
    """About one post a minute by a crowd of sixty."""
    chance = random.Random(2)
    for minute in range(minutes):
        text = USUAL[int(chance.random() * len(USUAL))]
        yield post(minute + chance.random(), text, f"author{int(60 * chance.random())}")


def burst(start: float, texts: tuple[str, ...], posts: int = 30, authors: int = 30) -> list[Post]:
    """``posts`` within four minutes."""
    return [
        post(start + 4 * n / posts, texts[n % len(texts)], f"fan{n % authors}")
        for n in range(posts)
    ]


def after_usual(*bursts: list[Post]) -> list[tuple[int, Opening]]:
    return openings(SentimentSpike(), chain(usual_posts(180), *bursts))


def test_a_burst_of_joy_opens_as_hype_before_it_is_over() -> None:
    ((time_ms, opening),) = after_usual(burst(181, HAPPY))

    assert at_ms(181) < time_ms < at_ms(184)
    assert opening.phase == "hype"
    assert opening.onset_ms <= time_ms
    assert "positive" in opening.explanation


def test_a_burst_of_anger_opens_as_panic() -> None:
    ((_, opening),) = after_usual(burst(181, ANGRY))

    assert opening.phase == "panic"
    assert "negative" in opening.explanation


def test_a_usually_happy_crowd_can_be_beside_itself() -> None:
    mild = ("good day for it", "decent day, nice", "where do I find the chart", "looks fine")
    chance = random.Random(7)
    happy = [
        post(n + chance.random(), mild[n % 4], f"author{int(60 * chance.random())}")
        for n in range(180)
    ]
    ((_, opening),) = openings(SentimentSpike(), chain(happy, burst(181, HAPPY, 60, 60)))

    assert opening.phase == "hype"


def test_good_news_passed_on_opens_nothing() -> None:
    news = ("solid progress on the wallet", "where do I find the chart", "any news", "good to see")
    assert after_usual(burst(181, news, posts=60, authors=60)) == []


def test_the_usual_talk_opens_nothing() -> None:
    assert after_usual() == []


def test_a_viral_post_with_mixed_answers_opens_nothing() -> None:
    assert after_usual(burst(181, HAPPY[:1] + ANGRY[:1] + USUAL, posts=60, authors=60)) == []


def test_one_loud_person_is_no_crowd() -> None:
    assert after_usual(burst(181, HAPPY, authors=1)) == []


def test_a_happy_crowd_that_posts_as_often_as_ever_opens_nothing() -> None:
    steady = [post(181 + n, HAPPY[n % 3], f"fan{n}") for n in range(30)]
    assert after_usual(steady) == []


def test_nothing_opens_before_there_is_a_history() -> None:
    assert openings(SentimentSpike(), chain(usual_posts(10), burst(11, HAPPY))) == []


def test_one_burst_opens_one_alert_and_the_next_another() -> None:
    calm = [post(191 + n, USUAL[n % 5], f"author{n}") for n in range(25)]
    found = after_usual(
        burst(181, HAPPY, 60, 60), burst(186, HAPPY, 60, 60), calm, burst(217, ANGRY)
    )

    assert [opening.phase for _, opening in found] == ["hype", "panic"]


def test_a_denser_burst_scores_higher() -> None:
    """Scores are taken at the opening, so the burst is made to come at once."""

    def score(posts: int) -> float:
        instant = [post(181, HAPPY[n % 3], f"fan{n}") for n in range(posts)]
        detector = SentimentSpike()
        openings(detector, usual_posts(180))
        detector._parameters = type(detector._parameters)(posts=posts)
        ((_, opening),) = openings(detector, instant)
        return opening.score

    scores = [score(posts) for posts in (20, 40, 80)]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1] <= 1.0


def follow_up() -> tuple[Any, ViewFeed, int]:
    ((time_ms, opening),) = after_usual(burst(181, HAPPY))
    feed = ViewFeed()
    feed.add(trading(181, 1.0))
    return SentimentSpike().follow(opening, time_ms), feed, time_ms


def test_a_price_that_follows_is_evidence() -> None:
    watch, feed, time_ms = follow_up()
    assert watch.review(feed.view, time_ms) is None

    revision = watch.review(feed.add(trading(184, 1.06)), at_ms(184))

    assert revision.status == "open"
    assert revision.phase == "hype, price follows"
    assert revision.evidence[-1].feature == "price_change"
    assert revision.score > watch._opening.score


def test_it_ends_when_the_talk_calms_down_even_without_posts() -> None:
    watch, feed, _ = follow_up()
    assert watch.review(feed.add(talk(185, 30, 0.8)), at_ms(185)) is None

    revision = watch.review(feed.add(trading(196, 1.0)), at_ms(196))

    assert (revision.status, revision.phase) == ("resolved", "calmed")
    assert revision.ended_ms == at_ms(196)


def test_talk_that_is_mostly_bots_is_told_once_and_leaves_the_score() -> None:
    watch, feed, time_ms = follow_up()
    watch.review(feed.view, time_ms)
    few, many = {"mentions": 9.0, "bot_share": 0.3}, {"mentions": 9.0, "bot_share": 0.8}
    assert watch.review(feed.add(signal(183.5, "sentiment", few)), at_ms(183.5)) is None

    revision = watch.review(feed.add(signal(184, "sentiment", many)), at_ms(184))

    assert revision.evidence[-1].feature == "bot_share"
    assert "80% of the talk is copies" in revision.explanation
    assert revision.score == watch._opening.score
    assert watch.review(feed.add(signal(184.5, "sentiment", many)), at_ms(184.5)) is None
