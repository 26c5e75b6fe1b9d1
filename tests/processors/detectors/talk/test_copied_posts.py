from __future__ import annotations

import random

from processors.detectors.talk.copied_posts import CopiedPosts, Said
from processors.detectors.talk.near_duplicates import sketch

TEXTS = (
    "the best gem of the year is here so get in before the listing",
    "huge gains in the next hours join our wonderful family for free",
    "where do you all track holders and volume of this one",
)


def posts_of(most_posts: int = 64, most_texts: int = 16) -> CopiedPosts:
    return CopiedPosts(300_000, most_posts, most_texts, alike=0.55, copies=3)


def say(recent: CopiedPosts, text: str, time_ms: int, author: int = 0) -> bool:
    while recent.left(time_ms) is not None:
        pass
    place = recent.place(sketch(text))
    return recent.add(
        Said(time_ms=time_ms, author=author, young=author < 3, invites=author == 0, text=place)
    )


def test_the_third_of_a_kind_is_a_copy() -> None:
    recent = posts_of()
    assert [say(recent, TEXTS[0] + end, n) for n, end in enumerate(("", " now", " guys"))] == [
        False,
        False,
        True,
    ]
    assert not say(recent, TEXTS[2], 4)


def test_a_campaign_is_all_copied_texts_and_who_wrote_them() -> None:
    recent = posts_of()
    for n in range(12):
        say(recent, TEXTS[n % 2], 1_000 + n, author=n % 4)
    say(recent, TEXTS[2], 2_000, author=1)

    campaign = recent.campaign()

    assert campaign is not None
    assert (campaign.posts, campaign.authors, campaign.texts) == (12, 4, 2)
    assert (campaign.others, campaign.young, campaign.aged, campaign.invites) == (1, 9, 12, 3)
    assert campaign.first_ms == 1_000


def test_what_leaves_the_span_is_no_copy_any_more() -> None:
    recent = posts_of()
    for n in range(4):
        say(recent, TEXTS[0], n)
    assert recent.copied == 4

    assert not say(recent, TEXTS[0], 400_000)
    assert recent.copied == 0
    assert recent.campaign() is None


def test_short_posts_resemble_nothing() -> None:
    recent = posts_of()
    assert not any(say(recent, "gm frens", n) for n in range(20))


def test_posts_and_texts_stay_bounded_and_the_count_stays_true() -> None:
    chance = random.Random(1)
    recent = posts_of(most_posts=32, most_texts=8)
    for n in range(2_000):
        text = f"{' '.join(chance.choices('abcdefg', k=8))} {TEXTS[n % 3] if n % 4 else ''}"
        say(recent, text, n * 1_000)
        assert len(recent) <= 33
        assert len(recent._texts) <= 8
        campaign = recent.campaign()
        assert recent.copied >= (campaign.posts if campaign else 0)
