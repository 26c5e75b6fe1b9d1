"""What a post is taken apart into."""

from __future__ import annotations

from processors.sentiment.phrases import phrases
from processors.sentiment.words import words


def test_what_is_spoken_of_becomes_a_placeholder() -> None:
    assert words("@bob $WIF bitcoin and Tesla: https://a.example/x?y=1") == [
        "<mention>",
        "<ticker>",
        "<ticker>",
        "and",
        "<ticker>",
        ":",
        "<link>",
    ]


def test_numbers_keep_their_sign_and_unit_only() -> None:
    assert words("+5% -3 40% $1.20 77") == ["<rise>", "<fall>", "<percent>", "<money>", "<number>"]


def test_emoji_stand_alone_whatever_skin_or_sex_they_have() -> None:
    assert words("🚀🚀 👍🏽🤷‍♂️") == ["🚀", "🚀", "👍", "🤷"]


def test_another_coin_in_the_same_sentence_has_the_same_phrases() -> None:
    assert phrases("$WIF to the moon", {}) == phrases("$BONK to the moon", {})


def test_a_negation_changes_the_meanings_after_it() -> None:
    found = phrases("not selling", {})
    assert "#sell!" in found
    assert "#sell" not in found


def test_who_is_hurt_is_one_pattern_whatever_the_words() -> None:
    assert "#bear hurt" in phrases("bears are crying", {})
    assert "#bear hurt" in phrases("shorts got burned", {})


def test_a_long_post_has_a_bounded_number_of_patterns() -> None:
    endless = phrases("up down buy sell moon rug " * 400, {})
    assert len(endless) < 1_000
