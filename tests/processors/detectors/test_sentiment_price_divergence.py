from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from processors.detectors.base import Opening
from processors.detectors.sentiment_price_divergence import SentimentPriceDivergence
from tests.processors.detectors.streams import ViewFeed, at_ms, talk, trading

Course = Callable[[float], float]
_USUAL_MINUTES = 180


class Market:
    """Three usual hours, then moods and log prices as the given courses say, minute by minute."""

    def __init__(self) -> None:
        self.feed = ViewFeed()
        self.detector = SentimentPriceDivergence()
        self.found: list[tuple[int, Opening]] = []
        self._chance = random.Random(3)
        self._minute = 0
        self._walk = 0.0

    def run(
        self,
        minutes: int,
        mood: Course = lambda _: 0.0,
        price: Course = lambda _: 0.0,
        posts: int = 1,
        buys: int = 2,
    ) -> None:
        """``buys`` of the three trades of a minute are purchases."""
        base = self._walk
        for minute in range(minutes):
            self._minute += 1
            noise = self._chance.gauss(0.0, 0.35)
            feeling = max(-1.0, min(1.0, mood(minute) + noise))
            self._observe(talk(self._minute, posts, feeling))
            self._walk = base + price(minute) + self._chance.gauss(0.0, 0.001)
            trades = trading(self._minute, math.exp(self._walk))
            trades.values["buys"] = float(buys)
            self._observe(trades)

    def _observe(self, signal: Any) -> None:
        time_ms = at_ms(self._minute)
        opening = self.detector.observe(self.feed.add(signal), signal, time_ms)
        if opening is not None:
            self.found.append((time_ms, opening))


def usual() -> Market:
    market = Market()
    market.run(_USUAL_MINUTES)
    assert market.found == []
    return market


def test_hype_over_a_falling_price_opens() -> None:
    market = usual()
    market.run(20, mood=lambda _: 0.7, price=lambda minute: -0.004 * minute, posts=3)

    ((time_ms, opening),) = market.found
    assert at_ms(_USUAL_MINUTES + 5) < time_ms <= at_ms(_USUAL_MINUTES + 20)
    assert opening.phase == "price falls, talk cheers"
    assert "positive" in opening.explanation


def test_fear_under_a_rising_price_opens() -> None:
    market = usual()
    market.run(20, mood=lambda _: -0.7, price=lambda minute: 0.004 * minute, posts=3)

    ((_, opening),) = market.found
    assert opening.phase == "price rises, talk sours"


def test_joy_in_a_usually_happy_crowd_opens_too() -> None:
    market = Market()
    market.run(_USUAL_MINUTES, mood=lambda _: 0.45)
    market.run(20, mood=lambda _: 0.8, price=lambda minute: -0.004 * minute, posts=6)
    assert len(market.found) == 1


def test_joy_that_is_no_louder_than_usual_opens_nothing() -> None:
    market = usual()
    market.run(20, mood=lambda _: 0.7, price=lambda minute: -0.006 * minute)
    assert market.found == []


def test_who_sells_makes_up_for_a_fall_that_is_not_rare_and_who_buys_does_not() -> None:
    found = []
    for buys in (1, 3):
        market = Market()
        market.run(_USUAL_MINUTES, price=lambda minute: 0.006 * (minute // 2 % 2))
        market.run(20, mood=lambda _: 0.7, price=lambda m: -0.0022 * m, posts=3, buys=buys)
        found.append(len(market.found))
    assert found == [1, 0]


def test_a_venue_that_tells_no_buyers_takes_nothing_away() -> None:
    market = Market()
    market.run(_USUAL_MINUTES, buys=0)
    market.run(20, mood=lambda _: 0.7, price=lambda minute: -0.004 * minute, posts=3, buys=0)
    assert len(market.found) == 1


def test_joy_over_a_rising_price_is_no_divergence() -> None:
    market = usual()
    market.run(20, mood=lambda _: 0.7, price=lambda minute: 0.004 * minute, posts=3)
    assert market.found == []


def test_a_falling_price_alone_opens_nothing() -> None:
    market = usual()
    market.run(20, price=lambda minute: -0.006 * minute)
    assert market.found == []


def test_a_short_burst_of_joy_in_a_falling_price_opens_nothing() -> None:
    market = usual()
    market.run(
        20,
        mood=lambda minute: 0.8 if 8 <= minute < 12 else -0.1,
        price=lambda minute: -0.004 * minute,
        posts=4,
    )
    assert market.found == []


def test_a_campaign_is_told_although_the_talk_was_mixed_for_a_moment() -> None:
    market = usual()
    market.run(
        24,
        mood=lambda minute: -0.2 if minute == 15 else 0.7,
        price=lambda minute: -0.004 * minute,
        posts=3,
    )
    assert len(market.found) == 1


def test_the_opening_tells_how_much_is_said() -> None:
    market = usual()
    market.run(20, mood=lambda _: 0.7, price=lambda minute: -0.004 * minute, posts=3)

    ((_, opening),) = market.found
    posts = opening.evidence[-1]
    assert posts.feature == "posts"
    assert posts.baseline is not None
    assert posts.threshold is not None
    assert posts.baseline < posts.threshold <= posts.value


def test_nothing_opens_before_there_is_a_history() -> None:
    market = Market()
    market.run(20, mood=lambda _: 0.7, price=lambda minute: -0.004 * minute, posts=3)
    assert market.found == []


def test_gaps_without_posts_or_trades_do_no_harm() -> None:
    market = usual()
    market._minute += 120
    market.run(20, mood=lambda _: 0.7, price=lambda minute: -0.004 * minute, posts=3)
    assert len(market.found) == 1


def follow_up() -> tuple[Market, Any, int]:
    market = usual()
    market.run(16, mood=lambda _: 0.7, price=lambda minute: -0.004 * minute, posts=3)
    ((time_ms, opening),) = market.found
    watch = market.detector.follow(opening, time_ms)
    assert watch.review(market.feed.view, time_ms) is None
    return market, watch, market._minute


def test_it_ends_when_the_price_comes_back() -> None:
    market, watch, minute = follow_up()
    price = market.feed.view.signals("trading")[-1].values["close"]

    view = market.feed.add(trading(minute + 1, price * 1.05))
    revision = watch.review(view, at_ms(minute + 1))

    assert (revision.status, revision.phase) == ("resolved", "price converged")


def test_it_ends_when_the_talk_comes_round() -> None:
    market, watch, minute = follow_up()
    revisions = [
        watch.review(market.feed.add(talk(minute + n, 6, -0.6)), at_ms(minute + n))
        for n in range(1, 16)
    ]

    ended = next(revision for revision in revisions if revision is not None)
    assert (ended.status, ended.phase) == ("resolved", "talk converged")


def test_it_is_resolved_at_the_horizon_as_it_stands() -> None:
    _, watch, minute = follow_up()
    end = watch.expire(at_ms(minute) + watch.horizon_ms)
    assert end.status == "resolved"
    assert end.ended_ms == at_ms(minute) + watch.horizon_ms
