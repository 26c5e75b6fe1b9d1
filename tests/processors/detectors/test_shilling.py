from __future__ import annotations

import pickle
import random
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
import pytest

from processors.detectors.base import Opening
from processors.detectors.shilling import _INVITE, Shilling
from processors.detectors.talk.talk_watch import TalkWatch
from schemas.events import Post
from schemas.times import rfc3339
from tests.processors.detectors.streams import at_ms, openings, post

PITCH = "$TOKEN is the best gem of the year, huge gains before the big listing, get in now"
HEADLINE = "$TOKEN partners with a payment provider and opens its bridge to all wallets today"
INVITE = "https://t.me/+AbCdEf"
DAY_MS = 86_400_000
TOPICS = ("holders", "volume", "charts", "bridges", "wallets", "pools", "memes", "devs", "fees")


def said(minute: float, text: str, author: str, age_days: float | None, **more: Any) -> Post:
    created_at = None if age_days is None else rfc3339(at_ms(minute) - round(age_days * DAY_MS))
    return msgspec.structs.replace(post(minute, text, author), author_created_at=created_at, **more)


def usual_posts(minutes: int = 180) -> Iterator[Post]:
    """A post a minute by people of all ages, and a bot that repeats itself."""
    chance = random.Random(4)
    for minute in range(minutes):
        text = "what do you all think of the " + " and ".join(chance.sample(TOPICS, 3))
        yield said(minute, text, f"author{int(90 * chance.random())}", 20 + 900 * chance.random())
        if minute % 15 == 0:
            yield said(minute + 0.5, "Track $TOKEN holders live on our dashboard", "bot", 400)


def wave(
    start: float,
    posts: int = 20,
    authors: int = 20,
    ages: Sequence[float | None] = (3.0,),
    text: str = PITCH,
    **more: Any,
) -> list[Post]:
    """Copies with a word changed here and there, within four minutes."""
    chance = random.Random(6)
    copies = []
    for n in range(posts):
        words = text.split()
        words.insert(chance.randrange(len(words)), chance.choice(("guys", "fam", "really")))
        copy = " ".join(words) if chance.random() < 0.5 else text
        age = ages[n % authors % len(ages)]
        copies.append(said(start + 4 * n / posts, copy, f"shill{n % authors}", age, **more))
    return copies


def after_usual(*waves: Sequence[Post]) -> list[tuple[int, Opening]]:
    return openings(Shilling(), chain(usual_posts(), *waves))


def test_copies_by_young_accounts_with_invite_links_open_early() -> None:
    ((time_ms, opening),) = after_usual(wave(181, urls=[INVITE]))

    assert at_ms(181) < time_ms < at_ms(183)
    assert opening.onset_ms == at_ms(181)
    assert opening.score > 0.8
    assert "say nearly the same" in opening.explanation
    assert "less than 30 days old" in opening.explanation
    assert "invite into a group" in opening.explanation
    assert [each.feature for each in opening.evidence] == [
        "copied_posts",
        "young_accounts",
        "invite_links",
        "copies_an_author",
        "copies_among_their_posts",
        "mention_rate",
    ]
    assert sum(each.weight for each in opening.evidence) == pytest.approx(1.0)


def test_each_mark_alone_may_do() -> None:
    old = (700.0, 1500.0, 300.0)
    assert len(after_usual(wave(181, ages=(3.0,)))) == 1
    assert len(after_usual(wave(181, ages=old, urls=[INVITE]))) == 1
    assert len(after_usual(wave(181, 40, authors=5, ages=old))) == 1


def test_a_new_token_needs_no_history() -> None:
    assert len(openings(Shilling(), wave(1, urls=[INVITE]))) == 1


def test_a_headline_that_people_of_all_ages_pass_on_is_none() -> None:
    ages = (12.0, 400.0, 2000.0, 90.0, 1100.0)
    link = "https://news.example/token"
    assert after_usual(wave(181, 80, 80, ages, HEADLINE, urls=[link])) == []
    message = "https://t.me/newsroom/4711"
    assert after_usual(wave(181, 80, 80, ages, HEADLINE, urls=[message])) == []


def test_reposts_of_one_old_account_are_none() -> None:
    reposts = wave(181, 200, 200, ages=(3.0,), repost=True, repost_of="1")
    assert after_usual([said(180.9, PITCH, "famous", 3000)], reposts) == []


def test_a_quarrel_of_few_is_none() -> None:
    chance = random.Random(8)
    quarrel = [
        said(181 + n / 20, " ".join(chance.choices(TOPICS, k=9)), f"shill{n % 3}", 500)
        for n in range(80)
    ]
    assert after_usual(quarrel) == []


def test_one_account_that_repeats_itself_is_none() -> None:
    assert after_usual(wave(181, 60, authors=1, urls=[INVITE])) == []


def test_young_accounts_with_words_of_their_own_are_none() -> None:
    chance = random.Random(9)
    posts = [
        said(181 + n / 20, " ".join(chance.choices(TOPICS, k=9)), f"new{n}", 2) for n in range(80)
    ]
    assert after_usual(posts) == []


def test_unknown_ages_are_no_mark() -> None:
    assert after_usual(wave(181, ages=(None,))) == []
    assert len(after_usual(wave(181, ages=(None,), urls=[INVITE]))) == 1


def test_what_is_usual_for_a_token_is_no_campaign() -> None:
    greeting = "good morning $TOKEN family have a wonderful day all of you"
    habit = [said(n / 3, greeting, f"friend{n % 50}", 10 if n % 2 else 600) for n in range(3 * 180)]
    assert [t for t, _ in openings(Shilling(), habit) if t > at_ms(60)] == []


def test_one_wave_is_one_alert_and_after_calm_the_next_is_another() -> None:
    calm = [each for each in usual_posts(230) if each.event_time > rfc3339(at_ms(190))]
    found = after_usual(wave(181, 60, 60), wave(186, 60, 60), calm, wave(231, urls=[INVITE]))

    assert len(found) == 2


def test_the_talk_is_followed_and_the_state_is_small() -> None:
    detector = Shilling()
    found = openings(detector, chain(usual_posts(), wave(181, 600, 600, urls=[INVITE])))

    assert isinstance(detector.follow(found[0][1], found[0][0]), TalkWatch)
    assert len(pickle.dumps(detector)) < 24_000


@pytest.mark.parametrize(
    "text",
    [
        INVITE,
        "join t.me/joinchat/abc now",
        "https://discord.gg/abc",
        "https://discord.com/invite/abc",
        "http://t.me.example/+abc",
        "https://t.me/frogcallers",
    ],
)
def test_invitations_are_told(text: str) -> None:
    assert _INVITE.search(text)


@pytest.mark.parametrize(
    "text",
    ["https://t.me/newsroom/4711", "https://t.me/s/newsroom", "https://chat.me/x", "bit.me/a", ""],
)
def test_other_links_are_no_invitations(text: str) -> None:
    assert not _INVITE.search(text)
