"""Links: one spelling for one page, and nothing that follows people around."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import canonical_links, canonical_url
from tests.producers.cleaning.texts import any_text

_TRACKING = st.sampled_from(
    [
        "utm_source",
        "utm_campaign",
        "UTM_MEDIUM",
        "fbclid",
        "gclid",
        "ref",
        "ref_src",
        "igshid",
        "mc_eid",
    ]
)
_word = st.text("abcXYZ019-_.~", min_size=1, max_size=8).filter(lambda word: word.strip("."))
_fields = st.lists(st.tuples(st.sampled_from(["q", "id", "page", "v"]), _word), max_size=3)


@given(st.text(st.characters()), st.sampled_from(["", "https://", "HTTP://a.b/", "https://a.b/?"]))
def test_any_text_is_an_address_in_its_one_spelling_or_none(text, start):
    url = canonical_url(start + text)
    if url is not None:
        assert canonical_url(url) == url
        assert url.isascii()
        assert len(url) <= 2048


@given(_word, _fields, st.lists(st.tuples(_TRACKING, _word), min_size=1, max_size=3), st.data())
def test_tracking_goes_and_the_rest_stays_in_its_order(path, fields, tracking, data):
    mixed = [*fields]
    for field in tracking:
        mixed.insert(data.draw(st.integers(0, len(mixed))), field)
    query = "&".join("=".join(field) for field in mixed)
    kept = "&".join("=".join(field) for field in fields)
    url = canonical_url(f"https://Example.com:443/{path}?{query}#part")
    assert url == f"https://example.com/{path}" + (f"?{kept}" if kept else "")


@given(any_text)
def test_links_of_a_text_are_those_left_in_it(text):
    cleaned, links = canonical_links(text)
    assert canonical_links(cleaned) == (cleaned, links)
    assert len(set(links)) == len(links) <= 32
    assert all(link in cleaned for link in links)
    assert all(urlsplit(link).scheme in ("http", "https") for link in links)


@given(
    st.sampled_from(["see {}", "({})", "{}.", "“{}”", "<{}>", "{}, and", "{}!?", "**{}**"]), _word
)
def test_punctuation_around_a_link_is_not_part_of_it(around, path):
    link = f"https://example.com/a{path}z"
    text = around.format(link)
    assert canonical_links(text) == (text, [link])


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://t.co/AbC123", "https://t.co/AbC123"),
        ("HTTPS://User:Secret@EXAMPLE.com:8443/A?b=%20c", "https://example.com:8443/A?b=%20c"),
        ("http://example.com", "http://example.com/"),
        ("https://x.com/a/status/1?s=20&t=abc", "https://x.com/a/status/1"),
        ("https://example.com/?s=20", "https://example.com/?s=20"),
        ("https://youtu.be/abc?si=x&t=42", "https://youtu.be/abc?t=42"),
        ("https://app.uniswap.org/#/swap?a=1", "https://app.uniswap.org/#/swap?a=1"),
        ("https://example.com/ä b", "https://example.com/%C3%A4%20b"),
        ("https://münchen.de/", "https://xn--mnchen-3ya.de/"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("https://example.com/?a&&b=", "https://example.com/?a&b="),
    ],
)
def test_spellings(url, canonical):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pepe",
        "javascript:alert(1)",
        "ftp://a.b/",
        "https://",
        "https://a b/",
        "http://[",
        "https://a.b:x/",
        "https://a.b/" + "a" * 3000,
    ],
)
def test_what_is_no_web_address(url):
    assert canonical_url(url) is None


def test_a_bracket_inside_a_link_is_part_of_it():
    text = "(https://en.wikipedia.org/wiki/Pepe_(frog))"
    assert canonical_links(text) == (text, ["https://en.wikipedia.org/wiki/Pepe_(frog)"])


@pytest.mark.parametrize("after", ["🚀", "快看", "。", " ok", "\n"])
def test_a_link_ends_where_emoji_and_scripts_without_spaces_begin(after):
    text = f"https://t.co/abc{after}"
    assert canonical_links(text) == (text, ["https://t.co/abc"])


def test_a_link_that_was_cut_short_is_none():
    assert canonical_links("see https://t.co/ab…") == ("see https://t.co/ab…", [])
