"""Sentiment beside what campaigns make of it."""

from __future__ import annotations

import pickle
import random

import msgspec
import pytest

from processors.features.sentiment import SentimentHistory
from processors.features.voices import Voices, voice_of
from schemas.codec import event_time_ms
from schemas.events import Post
from schemas.times import rfc3339
from tests.processors.detectors.streams import at_ms, post

_DAY_MS = 86_400_000
_PRAISE = "this is the best gem of the year so buy it now before the big listing"
_DOUBTS = (
    "the chart looks terrible and nobody is buying this anymore",
    "sold all of it yesterday, what a horrible project this has become",
    "worthless, the team is gone and the group has been silent for days",
    "lost a lot of money with this one, never again with such scams",
    "they rugged everybody and now the website is down too",
    "holders get dumped on every single day, avoid",
    "I hate what the developers did to this coin",
    "another ponzi that will crash to zero, stay away from it",
)


def _aged(said: Post, days: float | None, followers: int | None = None) -> Post:
    made = None if days is None else rfc3339(event_time_ms(said) - round(days * _DAY_MS))
    return msgspec.structs.replace(said, author_created_at=made, author_followers=followers)


def _doubters(days: float | None = 900) -> list[Post]:
    return [_aged(post(n / 4, text, f"person{n}"), days) for n, text in enumerate(_DOUBTS)]


def _campaign(posts: int = 40, days: float | None = 3) -> list[Post]:
    chance = random.Random(1)
    return [
        _aged(
            post(2 + n / posts, f"{_PRAISE} {chance.choice(('guys', 'now', '🚀'))}", f"bot{n}"),
            days,
        )
        for n in range(posts)
    ]


def _signal(posts: list[Post]) -> dict[str, float]:
    """The values of the last of the windows that posts fall into."""
    history = SentimentHistory()
    ends: dict[int, list[Post]] = {}
    for said in sorted(posts, key=event_time_ms):
        time_ms = event_time_ms(said)
        ends.setdefault(time_ms - time_ms % 10_000 + 10_000, []).append(said)
    values: dict[str, float] = {}
    for end_ms, within in ends.items():
        window = history.window()
        for said in within:
            window.add(said, event_time_ms(said))
        values = history.score(window, end_ms)
        history.learn(window)
    return values


def test_a_campaign_of_copies_by_young_accounts_moves_the_plain_mood_and_not_the_adjusted() -> None:
    before, after = _signal(_doubters()), _signal(_doubters() + _campaign())

    assert before["rolling_sentiment"] < -0.3
    assert after["rolling_sentiment"] > 0.2
    assert after["adjusted_sentiment"] == pytest.approx(before["adjusted_sentiment"], abs=0.05)
    assert before["bot_share"] == pytest.approx(0.0, abs=0.01)
    assert after["bot_share"] > 0.8


def test_copies_of_accounts_that_nothing_is_known_of_share_one_voice() -> None:
    values = _signal(_doubters(None) + _campaign(days=None))

    assert values["adjusted_sentiment"] < -0.2
    assert values["bot_share"] == pytest.approx(1 - 9 / 48, abs=0.05)


def test_a_crowd_in_its_own_words_is_not_adjusted() -> None:
    values = _signal(_doubters())

    assert values["adjusted_sentiment"] == pytest.approx(values["rolling_sentiment"])


def test_one_author_has_one_voice_however_much_is_posted() -> None:
    loud = [post(2.1 + n / 100, f"love it {n} times more", "loud") for n in range(30)]
    values = _signal(_doubters() + loud)

    assert values["rolling_sentiment"] > 0
    assert values["adjusted_sentiment"] < -0.2


def test_reposts_that_say_so_are_no_copies() -> None:
    honest = [msgspec.structs.replace(said, repost=True) for said in _campaign(days=900)]

    assert _signal(honest)["bot_share"] == pytest.approx(0.0)


def test_who_is_followed_weighs_more_in_the_creators_mood() -> None:
    known = _aged(post(2, "love it, to the moon 🚀", "known"), 900, followers=2_000_000)
    others = [_aged(said, 900, followers=0) for said in _doubters()[:6]]
    famous, equal = _signal([*others, known]), _signal([*_doubters()[:6], _aged(known, None)])

    assert famous["creator_sentiment"] > famous["rolling_sentiment"] + 0.2
    assert equal["creator_sentiment"] == pytest.approx(equal["rolling_sentiment"])


def test_the_order_of_a_window_does_not_matter() -> None:
    said = _campaign() + _doubters()
    voices = [voice_of(each, event_time_ms(each)) for each in said]
    one, other = Voices(300_000), Voices(300_000)
    one.add(voices, at_ms(4))
    other.add(reversed(voices), at_ms(4))

    assert one.weighed() == other.weighed()


def test_the_span_is_bounded_and_pickles() -> None:
    voices = Voices(300_000)
    for minute in range(60):
        said = [post(minute, f"{n} {_PRAISE} {n * 'x '}", f"bot{n}") for n in range(200)]
        voices.add([voice_of(each, event_time_ms(each)) for each in said], at_ms(minute))

    again = pickle.loads(pickle.dumps(voices))
    assert again.weighed() == voices.weighed()
    assert len(pickle.dumps(voices)) < 100_000


def test_what_has_left_the_span_weighs_nothing() -> None:
    late = post(20, "love it, to the moon 🚀", "late")
    values = _signal([*_doubters(), *_campaign(), late])

    assert values["adjusted_sentiment"] == pytest.approx(values["sentiment"])
    assert values["bot_share"] == 0.0
