from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from itertools import chain

from processors.detectors.base import Opening
from processors.detectors.mention_burst import MentionBurst
from processors.detectors.talk.talk_watch import TalkWatch
from schemas.events import Post
from tests.processors.detectors.streams import at_ms, openings, post


def usual_posts(minutes: int, a_minute: float = 1.0, start: int = 0) -> Iterator[Post]:
    """Chance posts by a crowd of a thousand."""
    chance = random.Random(3)
    for minute in range(start, start + minutes):
        for _ in range(int(a_minute) + (chance.random() < a_minute % 1)):
            yield post(minute + chance.random(), "gm", f"author{int(1000 * chance.random())}")


def in_order(posts: Iterator[Post]) -> list[Post]:
    return sorted(posts, key=lambda each: each.event_time)


def burst(start: float, posts: int = 40, authors: int = 40, minutes: float = 4.0) -> list[Post]:
    return [
        post(start + minutes * n / posts, f"look {n}", f"new{start}:{n % authors}")
        for n in range(posts)
    ]


def after_usual(*bursts: list[Post], a_minute: float = 1.0) -> list[tuple[int, Opening]]:
    quiet = in_order(usual_posts(180, a_minute))
    return openings(MentionBurst(), chain(quiet, *bursts))


def test_a_burst_opens_before_it_is_over_and_tells_when_it_began() -> None:
    ((time_ms, opening),) = after_usual(burst(181))

    assert at_ms(181.5) < time_ms < at_ms(184)
    assert at_ms(178) < opening.onset_ms < time_ms
    assert "times as many people as usual" in opening.explanation
    authors = opening.evidence[0]
    assert authors.feature == "distinct_authors"
    assert authors.baseline is not None
    assert authors.threshold is not None
    assert 3 < authors.baseline < 7
    assert authors.value >= authors.threshold


def test_the_usual_talk_opens_nothing() -> None:
    for a_minute in (0.2, 1.0, 5.0):
        assert after_usual(in_order(usual_posts(200, a_minute, 181)), a_minute=a_minute) == []


def test_few_people_who_post_on_and_on_are_no_crowd() -> None:
    assert after_usual(burst(181, posts=200, authors=4)) == []


def test_nothing_opens_before_there_is_a_habit() -> None:
    assert openings(MentionBurst(), chain(in_order(usual_posts(40)), burst(41))) == []


def test_a_busy_token_needs_more() -> None:
    assert after_usual(burst(181), a_minute=8.0) == []
    assert len(after_usual(burst(181, 400, 400), a_minute=8.0)) == 1


def test_a_slow_rise_is_no_burst() -> None:
    chance = random.Random(5)
    rising = [
        post(180 + minute + n / 10, "gm", f"author{int(4000 * chance.random())}")
        for minute in range(720)
        for n in range(1 + minute // 180)
    ]
    assert after_usual(rising) == []


def test_one_burst_is_one_alert_and_after_calm_the_next_is_another() -> None:
    found = after_usual(
        burst(181, 100, 100, 12.0),
        in_order(usual_posts(40, 1.0, 194)),
        burst(240),
    )

    assert len(found) == 2


def test_the_few_posts_of_a_silent_token_are_its_calm() -> None:
    quiet = [post(10 * n, "gm", f"author{n}") for n in range(30)]
    calm = [post(307 + 4 * n, "gm", f"friend{n}") for n in range(3)]
    found = openings(MentionBurst(), chain(quiet, burst(301), calm, burst(317)))

    assert len(found) == 2


def test_earlier_bursts_do_not_hide_the_next() -> None:
    stream: list[list[Post]] = []
    for hour in range(6):
        stream += [burst(181 + 60 * hour), in_order(usual_posts(55, 1.0, 186 + 60 * hour))]

    assert len(after_usual(*stream)) == 6


def test_many_alike_days_of_silence_are_learned_as_silence() -> None:
    detector = MentionBurst()
    openings(detector, in_order(usual_posts(180)))
    openings(detector, [post(180 + 60 * 20, "gm", "author1")])

    assert detector._usual() < 1.0


def test_it_pickles_in_a_few_kilobytes() -> None:
    detector = MentionBurst()
    openings(detector, chain(in_order(usual_posts(180)), burst(181, 3_000, 3_000)))

    assert len(pickle.dumps(detector)) < 8_000


def test_the_talk_is_followed() -> None:
    ((time_ms, opening),) = after_usual(burst(181))

    assert isinstance(MentionBurst().follow(opening, time_ms), TalkWatch)
