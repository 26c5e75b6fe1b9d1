"""Reposts by their wording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import reposted_author
from tests.producers.cleaning.texts import any_text


@given(st.from_regex(r"[A-Za-z0-9_]{1,15}", fullmatch=True), any_text)
def test_the_author_of_a_repost_is_named(author, text):
    assert reposted_author(f"RT @{author}: {text}") == author


@given(any_text.filter(lambda text: "RT" not in text and "MT" not in text))
def test_other_posts_are_nobodys_repost(text):
    assert reposted_author(text) is None


@pytest.mark.parametrize(
    "text", ["RT if you hold", "ART @a: b", "I RT @a: b", "rt @a: b", "RT @", "RT"]
)
def test_talk_about_reposts_is_none(text):
    assert reposted_author(text) is None


def test_hosts_and_dots_are_part_of_a_name():
    assert reposted_author("RT @ann@example.social: hi") == "ann@example.social"
    assert reposted_author("RT: @ann.bsky.social hi") == "ann.bsky.social"
