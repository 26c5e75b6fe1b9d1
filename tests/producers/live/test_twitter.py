"""X, against a server that speaks its filtered stream, rules and recent search."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import aclosing

import aiohttp
import msgspec
import pytest

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from producers.live import twitter as twitter_module
from producers.live.base import (
    AccessRefusedError,
    Alive,
    CaughtUp,
    NoHistoryError,
    Payload,
    RateLimitedError,
    Rejected,
)
from producers.live.twitter import Twitter
from producers.live.twitter_posts import SEARCH, STREAM, snowflake
from schemas.codec import decode_post, encode
from schemas.times import parse_rfc3339
from schemas.watch import WatchEntry
from tests.producers.live.hearing import (
    NOW_MS,
    PEPE,
    all_of,
    all_until,
    caught_up,
    cursor_after,
    events,
    everything,
    make,
    post_ids,
)
from tests.producers.live.servers.twitter import (
    BEARER,
    DAY_MS,
    OPERATIONAL_DISCONNECT,
    TwitterServer,
)

CONTRACT = PEPE.address
WATCHED = (
    WatchEntry(kind="token", value=CONTRACT, chain="ethereum", symbol="PEPE"),
    WatchEntry(kind="token", value="DOGE"),
    WatchEntry(kind="keyword", value="dog with hat"),
    WatchEntry(kind="account", value="elon", source="twitter"),
    WatchEntry(kind="account", value="r/doge", source="reddit"),
)
CLOCK = SystemClock()


def twitter(server, watched=WATCHED, **more):
    settings = server.settings() | more.pop("overrides", {})
    return make(Twitter, settings, CLOCK, watched=watched, **more)


async def eventually(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def payloads(following, count):
    """What is heard until so many payloads came."""
    heard = []
    async with asyncio.timeout(10):
        async for sound in following:
            heard.append(sound)
            if sum(isinstance(each, Payload) for each in heard) >= count:
                return heard
    raise AssertionError("ended")


def values(server):
    return sorted(rule["value"] for rule in server.rules.values())


# Following.


async def test_what_is_posted_while_connected_is_heard_and_what_matches_no_rule_is_not():
    async with TwitterServer() as server, aclosing(twitter(server).follow(None)) as following:
        source = twitter(server)
        assert isinstance((await caught_up(following))[-1], CaughtUp)
        server.post("nothing of interest")
        by_cashtag = server.post("buy $PEPE")
        by_contract = server.post(f"look at {CONTRACT}")
        by_account = server.post("I like $SHIB", author="elon")
        heard = await payloads(following, 3)
        assert post_ids(source, heard) == [by_cashtag, by_contract, by_account]


async def test_without_a_cursor_nothing_is_searched_for():
    async with TwitterServer() as server, aclosing(twitter(server).follow(None)) as following:
        server.post("$PEPE before anybody listened")
        await caught_up(following)
        assert server.count("/recent") == 0


async def test_after_a_disconnect_exactly_what_was_missed_is_found():
    async with TwitterServer() as server:
        source = twitter(server)
        following = source.follow(None)
        await caught_up(following)
        first = server.post("$PEPE one")
        heard = await payloads(following, 1)
        server.drop()
        more, _ = await all_until(aiohttp.ClientError, following)
        missed = [server.post(f"$PEPE while away {number}") for number in range(7)]
        server.page_size = 3
        async with aclosing(source.follow(cursor_after(heard + more))) as following:
            again = await caught_up(following)
            later = server.post("$DOGE after")
            again += await payloads(following, 1)
    found = post_ids(source, again)
    # The overlap brings what was heard last once more, under the same id.
    assert set(found) == {first, *missed, later}
    assert found[-1] == later
    assert len(found) == len(set(found))


async def test_what_is_posted_between_connecting_and_searching_is_heard_after_it():
    async with TwitterServer() as server:
        source = twitter(server, overrides={"twitter_search_delay_s": 0.3})
        before = server.post("$PEPE away")
        async with aclosing(source.follow(str(snowflake(CLOCK.now_ms() - 60_000)))) as following:
            filling = asyncio.create_task(caught_up(following))
            await eventually(lambda: server.connected)
            between = server.post("$PEPE on the stream before the search")
            heard = await filling
            heard += await payloads(following, 1)
    found = post_ids(source, heard)
    assert set(found) == {before, between}
    assert found.index(before) < found.index(between)


async def test_the_stream_is_opened_before_the_gap_is_searched():
    async with TwitterServer() as server:
        async with aclosing(twitter(server).follow(str(snowflake(CLOCK.now_ms())))) as following:
            await caught_up(following)
        paths = [path.rsplit("/", 1)[1] for method, path, _ in server.requests if method == "GET"]
        assert paths.index("stream") < paths.index("recent")


async def test_a_cursor_from_before_search_reaches_begins_at_its_reach():
    async with TwitterServer() as server:
        source = twitter(server)
        recent = server.post("$PEPE", at_ms=CLOCK.now_ms() - 6 * DAY_MS)
        server.post("$PEPE too old", at_ms=CLOCK.now_ms() - 8 * DAY_MS)
        async with aclosing(source.follow(str(snowflake(CLOCK.now_ms() - 30 * DAY_MS)))) as heard:
            assert post_ids(source, await caught_up(heard)) == [recent]
        searches = [query for _, path, query in server.requests if path.endswith("/recent")]
        assert all("start_time" in query and "since_id" not in query for query in searches)


async def test_keep_alives_are_signs_of_life():
    async with (
        TwitterServer(keep_alive_s=0.01) as server,
        aclosing(twitter(server).follow(None)) as following,
    ):
        caught = (await caught_up(following))[-1]
        sounds = [await anext(following) for _ in range(3)]
    assert sounds == [Alive(caught.cursor)] * 3


async def test_a_line_that_is_no_json_is_rejected_and_the_stream_goes_on():
    async with TwitterServer() as server:
        source = twitter(server)
        async with aclosing(source.follow(None)) as following:
            caught = (await caught_up(following))[-1]
            server.send(b'{"data": {"id": "1", "te')
            server.send({"matching_rules": []})
            good = server.post("$PEPE")
            heard = await payloads(following, 3)
    bad, empty, post = everything(source, heard)
    assert isinstance(bad, Rejected)
    assert isinstance(empty, Rejected)
    assert bad.value == b'{"data": {"id": "1", "te'
    assert post.post_id == good
    assert [each.cursor for each in heard if isinstance(each, Payload)][:2] == [caught.cursor] * 2


@pytest.mark.parametrize("how", ["drop", "end", "disconnect"])
async def test_every_end_of_a_stream_is_raised_at_once(how):
    async with TwitterServer() as server:
        following = twitter(server).follow(None)
        await caught_up(following)
        if how == "disconnect":
            server.send(OPERATIONAL_DISCONNECT)
        else:
            getattr(server, how)()
        _, error = await all_until(aiohttp.ClientError, following)
        assert server.count("/stream") == 1, "connecting again is the runner's"
        if how == "disconnect":
            assert "operational reasons" in str(error)


async def test_a_stream_that_ends_while_the_gap_is_filled_is_not_called_caught_up():
    async with TwitterServer() as server:
        source = twitter(server, overrides={"twitter_search_delay_s": 0.3})
        following = source.follow(str(snowflake(CLOCK.now_ms() - 60_000)))
        failing = asyncio.create_task(all_until(aiohttp.ClientError, following))
        await eventually(lambda: server.connected)
        server.drop()
        heard, _ = await failing
        assert not any(isinstance(sound, CaughtUp) for sound in heard)


@pytest.mark.parametrize("path_end", ["/rules", "/stream", "/recent"])
async def test_a_rate_limit_is_taken_at_the_servers_word(path_end):
    budgets = []
    async with TwitterServer() as server:
        source = twitter(server, budget=lambda *left: budgets.append(left))
        server.limit(path_end, 100)
        following = source.follow(str(snowflake(CLOCK.now_ms())))
        _, error = await all_until(RateLimitedError, following)
    assert 95 < error.retry_after_s <= 100
    assert budgets[-1] == (0.0, 60.0)


async def test_a_connection_that_x_still_counts_is_waited_for_half_a_minute():
    async with TwitterServer() as server:
        server.refuse(
            "/stream",
            429,
            body={"title": "ConnectionException", "connection_issue": "TooManyConnections"},
            headers={"x-rate-limit-reset": str(CLOCK.now_ms() // 1000 + 900)},
        )
        _, error = await all_until(RateLimitedError, twitter(server).follow(None))
    assert error.retry_after_s == 30


async def test_a_month_that_is_used_up_is_waited_for_an_hour_at_a_time():
    async with TwitterServer() as server:
        server.refuse("/stream", 429, body={"title": "UsageCapExceeded"})
        _, error = await all_until(RateLimitedError, twitter(server).follow(None))
    assert error.retry_after_s == 3600


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_names_the_setting_and_does_not_show_it(status):
    async with TwitterServer() as server:
        server.refuse("/stream", status, body={"detail": "client-not-enrolled"})
        _, error = await all_until(AccessRefusedError, twitter(server).follow(None))
    assert "MEMEWATCH_TWITTER_BEARER_TOKEN" in str(error)
    assert "client-not-enrolled" in str(error)
    assert BEARER not in str(error)


async def test_an_answer_of_the_servers_trouble_is_a_failure():
    async with TwitterServer() as server:
        server.refuse("/stream", 503)
        _, error = await all_until(aiohttp.ClientError, twitter(server).follow(None))
    assert "503" in str(error)


def test_it_is_off_without_a_token_and_says_which_setting_it_lacks():
    assert "MEMEWATCH_TWITTER_BEARER_TOKEN" in Twitter.off(Settings(_env_file=None))
    assert Twitter.off(Settings(_env_file=None, twitter_bearer_token="a")) is None


# The watch list.


async def test_rules_follow_the_watch_list_without_a_new_connection(monkeypatch):
    monkeypatch.setattr(twitter_module, "_SETTLING_S", 0.01)
    async with TwitterServer() as server:
        source = twitter(server)
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            server.post("$WIF before it was watched")
            hearing = asyncio.create_task(payloads(following, 1))
            source.watch_list.replace([WatchEntry(kind="token", value="WIF")])
            await eventually(lambda: values(server) == ["$WIF"])
            server.post("$PEPE is watched no more")
            found = server.post("$WIF now")
            assert post_ids(source, await hearing) == [found]
        assert server.count("/stream") == 1


async def test_a_change_of_the_watch_list_waits_as_long_as_x_asks(monkeypatch):
    monkeypatch.setattr(twitter_module, "_SETTLING_S", 0.01)
    async with TwitterServer() as server:
        source = twitter(server)
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            server.limit("/rules", 1)
            hearing = asyncio.create_task(payloads(following, 1))
            source.watch_list.replace([*WATCHED, WatchEntry(kind="token", value="WIF")])
            await eventually(lambda: any("$WIF" in value for value in values(server)))
            server.post("$WIF")
            await hearing
        assert server.count("/stream") == 1


async def test_where_old_and_new_rules_have_no_room_together_the_moment_between_is_searched(
    monkeypatch,
):
    monkeypatch.setattr(twitter_module, "_SETTLING_S", 0.01)
    async with TwitterServer() as server:
        server.most_rules = 1
        source = twitter(server, overrides={"twitter_most_rules": 1})
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            # Posted while no rule is in force, so no stream brings it.
            unheard = []
            server.after_deleting = lambda: unheard.append(server.post("$WIF"))
            source.watch_list.replace([WatchEntry(kind="token", value="WIF")])
            assert post_ids(source, await payloads(following, 1)) == unheard


async def test_rules_of_others_stay_and_ours_are_not_added_twice():
    async with TwitterServer() as server:
        server.rules["77"] = {"value": "cats", "tag": "somebody else's"}
        for _ in range(2):
            async with aclosing(twitter(server).follow(None)) as following:
                await caught_up(following)
        assert server.rules["77"]["value"] == "cats"
        assert len(server.rules) == 2
        assert server.count("/rules", "POST") == 1


async def test_a_rule_x_does_not_take_keeps_out_nothing_else(caplog):
    watched = [WatchEntry(kind="keyword", value=f"{'x' * 100} {word}") for word in "abcdefgh"]
    watched.append(WatchEntry(kind="keyword", value="notarule " + "y" * 100))
    async with TwitterServer() as server:
        source = twitter(server, tuple(watched), overrides={"twitter_rule_length": 128})
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
        assert len(server.rules) == 8
    assert "notarule" in caplog.text


async def test_while_nothing_is_watched_it_waits_for_the_watch_list(monkeypatch):
    monkeypatch.setattr(twitter_module, "_SIGN_S", 0.01)
    async with TwitterServer() as server:
        source = twitter(server, ())
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            assert isinstance(await anext(following), Alive)
            assert server.requests == []
            source.watch_list.replace(WATCHED)
            await caught_up(following)
            server.post("$PEPE")
            await payloads(following, 1)


# One pass, and the past.


async def test_resuming_from_any_cursor_misses_nothing():
    rng = random.Random(7)
    async with TwitterServer(page_size=2) as server:
        source = twitter(server)
        now_ms = CLOCK.now_ms()
        posted = sorted(
            (
                server.post("$PEPE", at_ms=now_ms - rng.randrange(1_000, 3_600_000))
                for _ in range(9)
            ),
            key=int,
        )
        whole = await all_of(source.catch_up(str(snowflake(now_ms - 3_600_000)), now_ms))
        assert post_ids(source, whole) == posted, "oldest first"
        for index, sound in enumerate(whole):
            if sound.cursor is None:
                continue
            rest = await all_of(source.catch_up(sound.cursor, now_ms))
            before = post_ids(source, whole[: index + 1])
            assert set(before) | set(post_ids(source, rest)) == set(posted)


async def test_a_pass_ends_with_the_cursor_of_its_end():
    async with TwitterServer() as server:
        source = twitter(server)
        server.post("$PEPE", at_ms=CLOCK.now_ms() - 3_000)
        until_ms = CLOCK.now_ms()
        heard = await all_of(source.catch_up(None, until_ms))
    assert len(events(source, heard)) == 1
    assert cursor_after(heard) == str(snowflake(until_ms))


async def test_a_pass_without_a_cursor_takes_one_page_of_the_last_day():
    async with TwitterServer(page_size=3) as server:
        source = twitter(server)
        now_ms = CLOCK.now_ms()
        server.post("$PEPE", at_ms=now_ms - 2 * DAY_MS)
        posted = [server.post("$PEPE", at_ms=now_ms - 5_000 + number) for number in range(5)]
        heard = await all_of(source.catch_up(None, now_ms))
    assert post_ids(source, heard) == posted[2:]


async def test_a_time_with_more_than_can_be_held_is_asked_for_in_parts(monkeypatch):
    monkeypatch.setattr(twitter_module, "_MOST_POSTS", 8)
    async with TwitterServer(page_size=2) as server:
        source = twitter(server)
        begin_ms = CLOCK.now_ms() - 3_600_000
        posted = [server.post("$PEPE", at_ms=begin_ms + number * 60_000) for number in range(50)]
        heard = await all_of(source.history(begin_ms, begin_ms + 3_600_000, None))
    assert post_ids(source, heard) == posted
    cursors = [int(sound.cursor) for sound in heard if sound.cursor]
    assert cursors == sorted(cursors)
    assert len(set(cursors)) > 4


async def test_the_past_is_found_between_its_bounds_and_resumed_within_them():
    async with TwitterServer() as server:
        source = twitter(server)
        begin_ms = CLOCK.now_ms() // 1000 * 1000 - 2 * DAY_MS
        end_ms = begin_ms + 3_600_000
        server.post("$PEPE", at_ms=begin_ms - 1)
        inside = [server.post("$PEPE", at_ms=at) for at in (begin_ms, end_ms - 1)]
        server.post("$PEPE", at_ms=end_ms)
        heard = await all_of(source.history(begin_ms, end_ms, None))
        assert post_ids(source, heard) == inside
        assert await all_of(source.history(begin_ms, end_ms, cursor_after(heard))) == []


async def test_a_limit_met_amid_a_search_is_waited_for_and_nothing_is_asked_twice():
    async with TwitterServer(page_size=2) as server:
        source = twitter(server)
        now_ms = CLOCK.now_ms()
        posted = [server.post("$PEPE", at_ms=now_ms - 9_000 + number) for number in range(6)]
        server.limit("/recent", 1, after=2)
        heard = await all_of(source.catch_up(str(snowflake(now_ms - 60_000)), now_ms))
        assert post_ids(source, heard) == posted
        assert server.count("/recent") == 4


async def test_what_search_cannot_reach_is_said():
    async with TwitterServer() as server:
        begin_ms = CLOCK.now_ms() - 8 * DAY_MS
        _, error = await all_until(
            NoHistoryError, twitter(server).history(begin_ms, begin_ms + 1000, None)
        )
    assert "seven days" in str(error)


async def test_a_search_answer_that_cannot_be_read_is_a_failure_and_no_end():
    async with TwitterServer() as server:
        server.refuse("/recent", 200, body={"meta": 5})
        heard = twitter(server).catch_up(None, CLOCK.now_ms())
        await all_until(aiohttp.ClientError, heard)


# Reading.

USER = {
    "id": "9",
    "username": "whale",
    "created_at": "2020-01-02T03:04:05.000Z",
    "public_metrics": {"followers_count": 42},
}


def parse(tweet, kind=STREAM, **includes):
    data = tweet if kind == STREAM else [tweet]
    body = msgspec.json.encode({"data": data, "includes": {"users": [USER]} | includes})
    return parse_body(body, kind)


def parse_body(body, kind=STREAM):
    payload = Payload(body=body, cursor="", kind=kind, received_ms=NOW_MS)
    return list(make(Twitter, {}).parse(payload))


def tweet(text, at_ms=NOW_MS + 123, **more):
    return {
        "id": str(snowflake(at_ms) + 5),
        "text": text,
        "author_id": "9",
        "created_at": "2026-01-01T00:00:00.000Z",
        **more,
    }


@pytest.mark.parametrize("kind", [STREAM, SEARCH])
def test_a_post_carries_its_author_language_links_and_time_to_the_millisecond(kind):
    said = tweet(
        "Tom &amp; $PEPE &lt;3 https://t.co/x",
        lang="de",
        entities={
            "urls": [
                {
                    "url": "https://t.co/x",
                    "expanded_url": "https://short.example/1",
                    "unwound_url": "https://example.org/page?utm_source=x",
                }
            ],
            "cashtags": [{"start": 10, "end": 15, "tag": "PEPE"}],
        },
    )
    (post,) = parse(said, kind)
    assert post.id == f"twitter:{said['id']}:{PEPE.token}"
    assert post.author == "whale"
    assert post.author_followers == 42
    assert post.author_created_at == "2020-01-02T03:04:05.000Z"
    assert post.language == "de"
    assert post.urls == ["https://example.org/page"]
    assert post.cashtags == ["PEPE"]
    assert post.text == "Tom & $PEPE <3 https://example.org/page"
    assert parse_rfc3339(post.event_time) == NOW_MS + 123
    assert decode_post(encode(post)) == post


def test_a_post_that_names_several_tokens_is_one_record_for_each():
    posts = parse(tweet(f"$DOGE or {CONTRACT}?"))
    assert {post.token for post in posts} == {"DOGE", PEPE.token}
    assert len({post.id for post in posts}) == 2
    assert len({post.post_id for post in posts}) == 1


def test_a_repost_has_the_whole_text_of_what_it_repeats():
    original = tweet("$PEPE " + "word " * 60 + "end", at_ms=NOW_MS - 5)
    said = tweet(
        "RT @whale: $PEPE word wo…",
        referenced_tweets=[{"type": "retweeted", "id": original["id"]}],
    )
    (post,) = parse(said, tweets=[original])
    assert post.repost
    assert post.repost_of == original["id"]
    assert post.text.endswith("end")
    assert post.post_id == said["id"]


def test_a_repost_without_its_original_is_one_all_the_same():
    said = tweet("RT @whale: $PEPE …", referenced_tweets=[{"type": "retweeted", "id": "5"}])
    (post,) = parse(said)
    assert (post.repost, post.repost_of) == (True, "5")


def test_a_quote_is_about_what_the_quoted_post_names_in_its_own_words():
    quoted = tweet("$PEPE is next", entities={"cashtags": [{"tag": "PEPE"}]}, at_ms=NOW_MS - 5)
    said = tweet("this!", referenced_tweets=[{"type": "quoted", "id": quoted["id"]}])
    (post,) = parse(said, tweets=[quoted])
    assert post.token == PEPE.token
    assert post.text == "this!"
    assert not post.repost


def test_a_long_post_is_read_whole():
    said = tweet("$DOGE starts…", note_tweet={"text": "$DOGE starts and ends with $PEPE"})
    assert {post.symbol for post in parse(said)} == {"DOGE", "PEPE"}


def test_a_page_is_read_oldest_first():
    newer, older = tweet("$PEPE b", NOW_MS + 900), tweet("$PEPE a", NOW_MS + 100)
    body = msgspec.json.encode({"data": [newer, older], "meta": {"result_count": 2}})
    assert [post.post_id for post in parse_body(body, SEARCH)] == [older["id"], newer["id"]]


def test_a_post_whose_author_is_not_told_keeps_the_authors_id():
    (post,) = parse(tweet("$PEPE", author_id="404"))
    assert post.author == "404"
    assert post.author_created_at is None


def test_an_id_that_is_no_time_yields_to_the_time_x_tells():
    (post,) = parse(tweet("$PEPE") | {"id": "20", "created_at": "2010-03-21T20:50:14.000Z"})
    assert post.event_time == "2010-03-21T20:50:14.000Z"


def test_a_post_about_no_token_is_none():
    assert parse(tweet("good morning")) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"data": null}',
        b'{"data": {"id": "1"}}',
        b'{"data": {"id": "1", "text": "$PEPE"}}',
        b'{"data": {"id": 5, "text": "$PEPE"}}',
        b'{"errors": [{"title": "x"}]}',
    ],
)
def test_a_line_that_is_no_post_is_rejected_with_a_reason(body):
    (rejected,) = parse_body(body)
    assert isinstance(rejected, Rejected)
    assert rejected.reason


def test_one_bad_post_of_a_page_costs_no_other():
    body = msgspec.json.encode({"data": [tweet("$PEPE"), {"id": "3"}]})
    bad, good = parse_body(body, SEARCH)
    assert isinstance(bad, Rejected)
    assert good.token == PEPE.token


def test_nothing_of_the_token_is_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        asyncio.run(_fail_with_debug_logging())
    assert BEARER not in caplog.text


async def _fail_with_debug_logging():
    async with TwitterServer() as server:
        server.refuse("/stream", 503)
        await all_until(aiohttp.ClientError, twitter(server).follow(None))
