"""Reddit, against a server that lists as it does."""

from __future__ import annotations

import logging

import msgspec
import pytest
from aiohttp import ClientError, web
from hypothesis import given, settings
from hypothesis import strategies as st

from memewatch.clock import ManualClock
from memewatch.settings import Settings
from producers.live.base import (
    AccessRefusedError,
    Alive,
    NoHistoryError,
    Payload,
    RateLimitedError,
    Rejected,
)
from producers.live.http import UnreadableAnswerError
from producers.live.reddit import Reddit
from schemas.watch import WatchEntry
from tests.producers.live.hearing import (
    NOW_MS,
    PEPE,
    all_of,
    all_until,
    caught_up,
    cursor_after,
    everything,
    make,
    post_ids,
)
from tests.producers.live.servers.reddit import RedditServer

NOW = NOW_MS / 1000


def reddit(server, clock=None, **more):
    return make(Reddit, server.settings(), clock, **more)


def parse_thing(thing):
    body = msgspec.json.encode({"kind": "Listing", "data": {"children": [thing]}})
    payload = Payload(body=body, cursor="", kind="listing", received_ms=NOW_MS)
    return list(make(Reddit, {}).parse(payload))


async def first_round(server, source=None):
    return await all_of((source or reddit(server)).catch_up(None, NOW_MS))


async def test_without_a_cursor_it_begins_with_the_last_day():
    async with RedditServer() as server:
        server.submit("$DOGE last week", NOW - 600_000)
        yesterday = server.submit("$DOGE yesterday", NOW - 80_000)
        comment = server.comment("$DOGE now", NOW - 5)
        source = reddit(server)
        assert post_ids(source, await first_round(server, source)) == [yesterday, comment]


async def test_nothing_is_lost_between_two_rounds_that_are_many_pages_apart():
    async with RedditServer() as server:
        source = reddit(server)
        known = server.submit("$DOGE", NOW - 700)
        following = source.follow(None)
        assert post_ids(source, await caught_up(following)) == [known]
        names = [server.submit("$DOGE", NOW - 600 + i) for i in range(350)]
        assert post_ids(source, await caught_up(following)) == names
        assert post_ids(source, await caught_up(following)) == []
        await following.aclose()


async def test_any_cursor_resumes_in_another_process_with_exactly_the_rest():
    async with RedditServer() as server:
        cursor = cursor_after(await first_round(server))
        names = [server.submit("$DOGE", NOW - 600 + i / 2) for i in range(250)]
        names += [server.comment("$DOGE", NOW - 600 + i) for i in range(150)]
        source = reddit(server)
        sounds = await all_of(source.catch_up(cursor, NOW_MS))
        assert sorted(post_ids(source, sounds)) == sorted(names)
        assert len(sounds) == 5
        for cut in range(1, len(sounds) + 1):
            before = post_ids(source, sounds[:cut])
            rest = await all_of(reddit(server).catch_up(cursor_after(sounds[:cut]), NOW_MS))
            assert before + post_ids(source, rest) == post_ids(source, sounds)


async def test_what_appears_a_minute_late_in_its_place_is_still_heard():
    async with RedditServer() as server:
        server.submit("$DOGE", NOW - 10)
        cursor = cursor_after(await first_round(server))
        late = server.submit("$DOGE approved by a moderator", NOW - 70)
        source = reddit(server)
        assert post_ids(source, await all_of(source.catch_up(cursor, NOW_MS))) == [late]


async def test_a_page_whose_anchor_was_deleted_is_asked_for_by_another():
    async with RedditServer() as server:
        server.submit("$DOGE", NOW - 900)
        cursor = cursor_after(await first_round(server))
        names = [server.submit("$DOGE", NOW - 600 + i) for i in range(250)]

        def delete_last(page):
            if len(server.requests) > 2 and len(page) == 100 and len(server.things) > 250:
                server.delete(page[-1]["data"]["name"])

        server.after_page = delete_last
        source = reddit(server)
        assert post_ids(source, await all_of(source.catch_up(cursor, NOW_MS))) == names


async def gap_of_two_subreddits(server):
    """Too much for one joint listing; the cursor before it, and what came."""
    cursor = cursor_after(await first_round(server))
    names = [
        server.submit("$DOGE", NOW - 3000 + i, subreddit=name)
        for i in range(700)
        for name in server.subreddits
    ]
    return cursor, names


async def test_what_a_joint_listing_cannot_reach_is_read_one_subreddit_after_the_other():
    async with RedditServer(subreddits=("dogecoin", "memecoins")) as server:
        cursor, names = await gap_of_two_subreddits(server)
        source = reddit(server)
        sounds = await all_of(source.catch_up(cursor, NOW_MS))
        assert sorted(post_ids(source, sounds)) == sorted(names)
        later = [server.submit("$DOGE", NOW + i, subreddit="dogecoin") for i in range(3)]
        sounds = await all_of(source.catch_up(cursor_after(sounds), NOW_MS))
        assert post_ids(source, sounds) == later


async def test_a_rate_limit_does_not_make_a_long_gap_begin_again():
    async with RedditServer(subreddits=("dogecoin", "memecoins")) as server:
        cursor, names = await gap_of_two_subreddits(server)
        source, found = reddit(server), []
        catching_up = source.catch_up(cursor, NOW_MS)
        async for sound in catching_up:
            cursor = sound.cursor or cursor
            found += post_ids(source, [sound])
            if isinstance(sound, Alive):
                server.answers = [web.Response(status=429, headers={"Retry-After": "9"})]
                with pytest.raises(RateLimitedError):
                    await anext(catching_up)
                break
        assert len(found) == 700
        before = len(server.requests)
        rest = await all_of(reddit(server).catch_up(cursor, NOW_MS))
        assert sorted(found + post_ids(source, rest)) == sorted(names)
        assert len(server.requests) - before < 12


async def test_more_than_reddit_lists_is_said_to_be_lost(caplog):
    async with RedditServer() as server:
        cursor = cursor_after(await first_round(server))
        names = [server.submit("$DOGE", NOW - 3000 + i) for i in range(1100)]
        source = reddit(server)
        sounds = await all_of(source.catch_up(cursor, NOW_MS))
        assert post_ids(source, sounds) == names[-1000:]
        assert "r/memecoins/new lists only its newest thousand" in caplog.text


async def test_429_is_a_rate_limit_for_as_long_as_the_server_says():
    async with RedditServer() as server:
        server.answers = [web.Response(status=429, headers={"Retry-After": "33"})]
        with pytest.raises(RateLimitedError) as error:
            await first_round(server)
        assert error.value.retry_after_s == 33


async def test_the_rate_limit_of_the_headers_is_told_and_paces_the_rounds():
    told = []
    async with RedditServer() as server:
        server.headers = {
            "x-ratelimit-remaining": "4.0",
            "x-ratelimit-used": "96",
            "x-ratelimit-reset": "100",
        }
        source = reddit(server, budget=lambda remaining, limit: told.append((remaining, limit)))
        await first_round(server, source)
        assert told == [(4.0, 100.0)] * 2
        assert source.pause_s() == pytest.approx(50)
        server.headers["x-ratelimit-remaining"] = "0.0"
        with pytest.raises(RateLimitedError) as error:
            await first_round(server, source)
        assert error.value.retry_after_s == pytest.approx(100)


async def test_an_app_reads_with_a_token_that_is_renewed_before_it_expires():
    async with RedditServer(with_app=True) as server:
        clock = ManualClock(NOW_MS)
        name = server.submit("$DOGE", NOW - 5)
        source = reddit(server, clock)
        assert post_ids(source, await first_round(server, source)) == [name]
        await first_round(server, source)
        assert len(server.tokens) == 1
        clock.advance(server.token_lasts_s - 30)
        await first_round(server, source)
        assert len(server.tokens) == 2


async def test_a_withdrawn_token_is_renewed_once():
    async with RedditServer(with_app=True) as server:
        source = reddit(server)
        await first_round(server, source)
        server.tokens.append("somebody else's")
        await first_round(server, source)
        assert len(server.tokens) == 3


async def test_a_wrong_secret_is_refused_access_by_name_and_never_repeated():
    async with RedditServer(with_app=True) as server:
        wrong = server.settings() | {"reddit_client_secret": "wrong-secret"}
        with pytest.raises(AccessRefusedError, match="REDDIT_CLIENT_ID") as error:
            await all_of(make(Reddit, wrong).catch_up(None, NOW_MS))
        assert "wrong-secret" not in str(error.value)


async def test_half_an_app_turns_the_source_off_and_none_does_not():
    assert Reddit.off(Settings(_env_file=None)) is None
    assert "REDDIT_CLIENT_SECRET" in Reddit.off(Settings(_env_file=None, reddit_client_id="x"))


@pytest.mark.parametrize("status", [302, 403, 404])
async def test_a_closed_subreddit_does_not_stop_the_others(status, caplog):
    async with RedditServer(subreddits=("dogecoin", "gone", "memecoins")) as server:
        server.closed = {"gone": status}
        names = [server.submit("$DOGE", NOW - 5, subreddit=s) for s in ("dogecoin", "memecoins")]
        clock = ManualClock(NOW_MS)
        source = reddit(server, clock)
        sounds = await first_round(server, source)
        assert sorted(post_ids(source, sounds)) == names
        assert "r/gone" in caplog.text
        before = len(server.requests)
        new = server.submit("$DOGE", NOW, subreddit="dogecoin")
        sounds = await all_of(source.catch_up(cursor_after(sounds), NOW_MS))
        assert post_ids(source, sounds) == [new]
        assert len(server.requests) - before == 2
        clock.advance(4000)
        server.closed = {}
        name = server.submit("$DOGE", NOW, subreddit="gone")
        sounds = await all_of(source.catch_up(cursor_after(sounds), NOW_MS))
        assert post_ids(source, sounds) == [name]


async def test_what_a_subreddit_said_while_it_was_closed_is_heard_once_it_opens():
    async with RedditServer(subreddits=("dogecoin", "memecoins")) as server:
        clock = ManualClock(NOW_MS)
        source = reddit(server, clock)
        following = source.follow(None)
        await caught_up(following)
        server.closed = {"dogecoin": 403}
        said = [server.submit("$DOGE", NOW - 5, subreddit=name) for name in server.subreddits]
        assert post_ids(source, await caught_up(following)) == said[1:]
        clock.advance(4000)
        server.closed = {}
        new = [server.submit("$DOGE", NOW + 4000, subreddit=name) for name in server.subreddits]
        heard = post_ids(source, await caught_up(following))
        assert sorted(heard) == sorted([said[0], *new])
        assert post_ids(source, await caught_up(following)) == []
        await following.aclose()


async def test_what_a_subreddit_says_as_it_opens_is_heard_once():
    async with RedditServer(subreddits=("dogecoin", "memecoins")) as server:
        clock = ManualClock(NOW_MS)
        source = reddit(server, clock)
        following = source.follow(None)
        await caught_up(following)
        server.closed = {"dogecoin": 403}
        await caught_up(following)
        clock.advance(4000)
        server.closed = {}
        name = server.submit("$DOGE", NOW + 4000, subreddit="dogecoin")
        # Asked for what it still owes it refuses once more; then all are asked together.
        server.answers = [web.Response(status=403)]
        assert post_ids(source, await caught_up(following)) == [name]
        assert post_ids(source, await caught_up(following)) == []
        await following.aclose()


async def test_when_all_is_refused_the_source_fails_and_names_the_setting():
    async with RedditServer(subreddits=("dogecoin", "memecoins")) as server:
        server.closed = {"dogecoin": 403, "memecoins": 403}
        with pytest.raises(AccessRefusedError, match="REDDIT_CLIENT_ID"):
            await first_round(server)


async def test_a_failing_server_is_a_failure_and_loses_nothing():
    async with RedditServer() as server:
        cursor = cursor_after(await first_round(server))
        name = server.submit("$DOGE", NOW - 5)
        source = reddit(server)
        server.answers = [web.Response(status=500)]
        with pytest.raises(ClientError, match="500"):
            await all_of(source.catch_up(cursor, NOW_MS))
        assert post_ids(source, await all_of(source.catch_up(cursor, NOW_MS))) == [name]


async def test_what_is_no_listing_becomes_a_dead_letter_and_a_failure():
    async with RedditServer() as server:
        cursor = cursor_after(await first_round(server))
        source = reddit(server)
        server.answers = [web.Response(text="<html>try later</html>")]
        sounds, error = await all_until(UnreadableAnswerError, source.catch_up(cursor, NOW_MS))
        assert "r/memecoins/new" in str(error)
        assert [type(item) for item in everything(source, sounds)] == [Rejected]
        assert cursor_after(sounds) == cursor


async def test_a_broken_child_is_rejected_once_and_hides_none_beside_it():
    async with RedditServer() as server:
        good = server.submit("$DOGE", NOW - 5)
        server.things.append(
            {"kind": "t3", "data": {"created_utc": NOW - 6, "subreddit": "memecoins"}}
        )
        source = reddit(server)
        sounds = await first_round(server, source)
        broken, post = everything(source, sounds)
        assert isinstance(broken, Rejected)
        assert "name" in broken.reason
        assert post.post_id == good
        assert not everything(source, await all_of(source.catch_up(cursor_after(sounds), NOW_MS)))


async def test_the_watch_list_adds_subreddits_and_users():
    watched = (
        WatchEntry(kind="account", value="r/SHIBArmy", source="reddit"),
        WatchEntry(kind="account", value="elon", source="reddit"),
        WatchEntry(kind="account", value="elon", source="twitter"),
    )
    async with RedditServer() as server:
        names = {
            server.submit("$DOGE", NOW - 5, subreddit="SHIBArmy"),
            server.comment("$DOGE", NOW - 5, subreddit="pics", author="elon"),
        }
        source = reddit(server, watched=watched)
        assert set(post_ids(source, await first_round(server, source))) == names
        assert "/r/memecoins+SHIBArmy/new.json" in {r.path for r in server.requests}


async def test_a_user_who_is_gone_stops_nobody(caplog):
    watched = (WatchEntry(kind="account", value="u/nobody", source="reddit"),)
    async with RedditServer() as server:
        name = server.submit("$DOGE", NOW - 5)
        source = reddit(server, watched=watched)
        following = source.follow(None)
        assert post_ids(source, await caught_up(following)) == [name]
        await following.aclose()


def a_thing(kind="t3", **more):
    data = {
        "name": f"{kind}_1",
        "author": "somebody",
        "subreddit": "memecoins",
        "created_utc": NOW + 0.25,
        "title": "Look",
        "selftext": "",
        "body": "Look",
    }
    return {"kind": kind, "data": data | more}


def test_a_submission_is_its_title_and_its_text_without_entities():
    (post,) = parse_thing(a_thing(title="Buy &amp; hold", selftext="$DOGE &gt; all"))
    assert post.text == "Buy & hold\n$DOGE > all"
    assert post.id == "reddit:t3_1:DOGE"
    assert post.source == "reddit"
    assert post.author == "somebody"
    assert post.group == "r/memecoins"
    assert post.event_time == "2026-01-01T00:00:00.250Z"
    assert not post.repost


def test_a_post_that_names_several_tokens_counts_for_each():
    posts = parse_thing(a_thing("t1", body=f"$DOGE or {PEPE.address}?"))
    assert {post.id for post in posts} == {"reddit:t1_1:DOGE", f"reddit:t1_1:{PEPE.token}"}


def test_a_link_is_among_the_urls():
    (post,) = parse_thing(a_thing(title="$DOGE", url="https://doge.example/a?utm_source=x"))
    assert post.urls == ["https://doge.example/a"]


def test_a_crosspost_names_the_original_and_carries_its_text():
    (post,) = parse_thing(
        a_thing(crosspost_parent="t3_0", crosspost_parent_list=[{"selftext": "about $DOGE"}])
    )
    assert post.repost
    assert post.repost_of == "t3_0"
    assert "about $DOGE" in post.text


@pytest.mark.parametrize(
    "thing",
    [
        a_thing(title="$DOGE", selftext="[removed]"),
        a_thing(title="$DOGE", removed_by_category="moderator"),
        a_thing("t1", body="[deleted]"),
    ],
)
def test_what_was_removed_is_no_post(thing):
    assert parse_thing(thing) == []


@pytest.mark.parametrize(
    "thing",
    [
        a_thing("t5"),
        a_thing(title=None),
        a_thing(author=None),
        a_thing(created_utc=-5),
        a_thing(created_utc="soon"),
        {"kind": "t3", "data": []},
        {"kind": "t3"},
        {},
    ],
)
def test_what_is_neither_submission_nor_comment_is_rejected(thing):
    (rejected,) = parse_thing(thing)
    assert isinstance(rejected, Rejected)
    assert msgspec.json.decode(rejected.value) == thing


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(deadline=None)
def test_no_bytes_break_the_parser(body):
    payload = Payload(body=body, cursor="", kind="listing", received_ms=NOW_MS)
    assert all(isinstance(item, Rejected) for item in make(Reddit, {}).parse(payload))


async def test_history_reads_each_listing_within_its_bounds_and_resumes_anywhere():
    async with RedditServer(subreddits=("dogecoin", "memecoins")) as server:
        for name in server.subreddits:
            for i in range(0, 600, 2):
                server.submit("$DOGE", NOW - 1000 + i, subreddit=name)
                server.comment("$DOGE", NOW - 1000 + i, subreddit=name)
        bounds = NOW_MS - 900_000, NOW_MS - 500_000
        source = reddit(server)
        sounds = await all_of(source.history(*bounds, None))
        expected = {
            thing["data"]["name"]
            for thing in server.things
            if bounds[0] <= thing["data"]["created_utc"] * 1000 < bounds[1]
        }
        assert len(expected) == 800
        assert sorted(post_ids(source, sounds)) == sorted(expected)
        for cut in range(len(sounds)):
            cursor = cursor_after(sounds[:cut])
            rest = await all_of(reddit(server).history(*bounds, cursor))
            assert post_ids(source, sounds[:cut]) + post_ids(source, rest) == post_ids(
                source, sounds
            )


async def test_history_beyond_the_thousand_says_how_far_it_reaches():
    async with RedditServer() as server:
        for i in range(1200):
            server.submit("$DOGE", NOW - 3000 + i)
        source = reddit(server)
        history = source.history(NOW_MS - 86_400_000, NOW_MS, None)
        sounds, error = await all_until(NoHistoryError, history)
        assert "goes back to 2025-12-31T23:13:20" in str(error)
        assert len(post_ids(source, sounds)) == 1000


@pytest.fixture(autouse=True)
def _log_everything(caplog):
    caplog.set_level(logging.INFO)
