"""What every source of posts calls: any text in, posts of the contract out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.live.posts import posts_of
from producers.registry import RegisteredToken, TokenRegistry, registry_of
from schemas.codec import decode_post, encode, event_time_ms
from schemas.times import EARLIEST_MS, LATEST_MS
from tests.producers.cleaning.texts import any_text

TOKENS = registry_of([])
NOW_MS = 1_700_000_000_000
_odd = st.text(st.characters(), max_size=30)


def posts(text, **fields):
    given_fields = {"source": "bluesky", "post_id": "p1", "author": "ann", "time_ms": NOW_MS}
    return posts_of(TOKENS, text=text, **{**given_fields, **fields})


@given(
    st.data(),
    any_text.map(lambda text: "$PEPE " + text),
    st.fixed_dictionaries(
        {
            "post_id": _odd.filter(len),
            "author": _odd,
            "time_ms": st.integers(EARLIEST_MS, LATEST_MS - 1),
        },
        optional={
            "html": st.booleans(),
            "urls": st.lists(_odd | st.just("https://t.co/x"), max_size=3),
            "cashtags": st.lists(_odd, max_size=3),
            "contracts": st.lists(_odd, max_size=3),
            "language": st.none() | _odd,
            "group": st.none() | _odd,
            "author_created_ms": st.none() | st.integers(),
            "author_followers": st.none() | st.integers(-5, 2**62),
            "repost": st.booleans(),
            "repost_of": st.none() | _odd,
        },
    ),
)
@settings(deadline=None)
def test_any_post_is_one_the_contract_takes(data, text, fields):
    found = posts(text, **fields)
    assert "html" in fields or found
    for post in found:
        encoded = encode(post)
        assert decode_post(encoded) == post
        assert event_time_ms(post) == fields["time_ms"]
        assert b"\\u0000" not in encoded
    assert len({post.id for post in found}) == len(found)


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "а",
        "\u200b",
        "$a",
        "#",
        "0x",
        "1",
        "https://a.b/)",
        ")",
        "a ",
        "<a '",
        "&#9",
        "🚀\u200d",
        "e\u0301",
        "\n ",
        "RT @a: ",
        "on ",
        "_",
        "a@",
        ".a",
        "é",
    ],
)
def test_hostile_text_takes_no_longer_than_other(piece, html):
    started = time.perf_counter()
    posts("$PEPE ж " + piece * (100_000 // len(piece)), html=html)
    posts("$PEPE ж https://a.b/" + piece * (100_000 // len(piece)), html=html)
    assert time.perf_counter() - started < 3


@given(any_text)
@settings(deadline=None)
def test_what_was_cleaned_is_read_the_same_again(text):
    for post in posts("$PEPE " + text):
        (again,) = (p for p in posts(post.text, cashtags=post.cashtags) if p.token == post.token)
        assert (again.text, again.urls, again.confidence) == (post.text, post.urls, post.confidence)


def test_a_post_is_one_record_for_each_token_it_names():
    first, second = posts("$PEPE beats dogwifhat", group="r/pepe", author_followers=3)
    assert (first.symbol, first.confidence) == ("PEPE", 0.9)
    assert (second.symbol, second.confidence) == ("WIF", 0.6)
    assert first.id == f"bluesky:p1:{first.token}"
    assert first.post_id == second.post_id == "p1"
    assert (first.text, first.group, first.author_followers) == (
        "$PEPE beats dogwifhat",
        "r/pepe",
        3,
    )
    assert first.event_time == "2023-11-14T22:13:20.000Z"


def test_a_post_that_names_no_token_is_none():
    assert posts("good morning, it costs $5") == []
    assert (
        posts_of(TokenRegistry(), source="s", post_id="1", author="a", text="pepe", time_ms=NOW_MS)
        == []
    )


def test_html_links_and_invisible_characters_are_cleaned():
    (post,) = posts(
        "<p>$PE\u200bPE &amp; 🚀<br>see <a href='https://A.b/?utm_source=x&id=1'>this</a></p>"
        "https://c.d/?fbclid=2",
        html=True,
        urls=["https://e.f/?ref=3", "no link"],
    )
    assert post.text == "$PEPE & 🚀\nsee this\nhttps://c.d/"
    assert post.urls == ["https://e.f/", "https://a.b/?id=1", "https://c.d/"]
    assert post.cashtags == ["PEPE"]


def test_contracts_and_cashtags_of_the_feed_are_taken():
    address = "0x" + "Ab" * 20
    (post,) = posts("gm", contracts=[address], cashtags=["$gem"])
    assert (post.token, post.symbol) == (f"ethereum:{address.lower()}", "GEM")
    assert (post.contracts, post.cashtags) == ([address.lower()], ["GEM"])


def test_reposts_are_marked():
    assert [p.repost for p in posts("RT @bob: $PEPE")] == [True]
    assert [p.repost for p in posts("$PEPE", repost_of="p0")] == [True]
    assert [(p.repost, p.repost_of) for p in posts("$PEPE")] == [(False, None)]


def test_the_language_is_the_feeds_or_guessed():
    text = "Just bought more $PEPE because the chart looks amazing"
    assert [p.language for p in posts(text, language="pt-BR")] == ["pt"]
    assert [p.language for p in posts(text, language="und")] == ["en"]
    assert [p.language for p in posts("$PEPE")] == [None]


def test_long_texts_are_cut_and_long_ids_stay_distinct():
    (post,) = posts("$PEPE " + "word " * 10_000)
    assert len(post.text) <= 20_000
    ids = [posts("$PEPE", post_id="https://a.b/" + "x" * 600 + end)[0].id for end in "ab"]
    assert ids[0] != ids[1]
    assert max(map(len, ids)) <= 512


def test_an_author_nobody_names_is_unknown():
    assert posts("$PEPE", author=" ")[0].author == "unknown"


@pytest.mark.parametrize("fields", [{"post_id": ""}, {"time_ms": 0}, {"time_ms": LATEST_MS}])
def test_a_post_without_id_or_time_is_refused(fields):
    with pytest.raises(ValueError, match="a post"):
        posts("$PEPE", **fields)


def test_a_registry_that_learned_a_token_is_used_at_once():
    tokens = TokenRegistry()
    tokens.replace([RegisteredToken(token="FROG", symbol="FROG", name="Froggy Style")])
    (post,) = posts_of(
        tokens, source="s", post_id="1", author="a", text="froggy style", time_ms=NOW_MS
    )
    assert (post.token, post.confidence) == ("FROG", 0.6)
