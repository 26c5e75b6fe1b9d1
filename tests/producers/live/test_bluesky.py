"""Bluesky, against a Jetstream that replays and follows."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import aiohttp
import msgspec
import pytest
from aiohttp import web

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from producers.live import bluesky as bluesky_module
from producers.live.base import (
    AccessRefusedError,
    Alive,
    NoHistoryError,
    Payload,
    RateLimitedError,
    Rejected,
)
from producers.live.bluesky import Bluesky
from schemas.codec import decode_post, encode
from schemas.times import parse_rfc3339, rfc3339
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
from tests.producers.live.servers.bluesky import JetstreamServer

CLOCK = SystemClock()
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(bluesky_module, "_QUIET_S", 0.1)


def bluesky(server, **more):
    return make(Bluesky, server.settings(), CLOCK, **more)


def now_us():
    return CLOCK.now_ms() * 1000


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def payloads(following, count):
    """The next payloads; signs of life between them are passed over."""
    heard = []
    async with asyncio.timeout(10):
        async for sound in following:
            if isinstance(sound, Payload):
                heard.append(sound)
            if len(heard) == count:
                return heard
    raise AssertionError("ended")


# Following.


async def test_of_all_posts_those_that_name_a_registered_token_are_kept():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            server.post("good morning")
            server.post("$SOMETHINGELSE is nobody's")
            wanted = [
                server.post("buy $PEPE"),
                server.post(f"see {PEPE.address}"),
                server.post("#doge"),
            ]
            server.post("$PEPE, but a like", collection="app.bsky.feed.like")
            server.post("$PEPE edited", operation="update")
            server.post("", operation="delete")
            server.identity()
            wanted.append(server.post("Dogecoin forever"))
            assert post_ids(source, await payloads(following, 4)) == wanted
    assert server.queries == [{"wantedCollections": "app.bsky.feed.post"}]


async def test_keywords_and_accounts_of_the_watch_list_are_kept_whatever_they_name():
    async with JetstreamServer(chatter_s=None) as server:
        server.handles["cat.bsky.social"] = "did:plc:cat"
        watched = (
            WatchEntry(kind="keyword", value="dog with hat"),
            WatchEntry(kind="account", value="Cat.bsky.social", source="bluesky"),
            WatchEntry(kind="account", value="did:plc:direct", source="bluesky"),
            WatchEntry(kind="account", value="gone.example", source="bluesky"),
            WatchEntry(kind="account", value="elon", source="twitter"),
        )
        source = bluesky(server, watched=watched)
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            server.post("hot dog with hats")
            server.post("a Dog  with hat!")
            server.post("hello", did="did:plc:cat")
            server.post("hi", did="did:plc:direct")
            bodies = [payload.body for payload in await payloads(following, 3)]
    assert [b"with hat!" in bodies[0], b"hello" in bodies[1], b'"hi"' in bodies[2]] == [True] * 3


async def test_a_change_of_the_watch_list_is_taken_up_without_a_new_connection():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            server.post("dog with hat before it was watched")
            server.post("$PEPE")
            await payloads(following, 1)
            source.watch_list.replace([WatchEntry(kind="keyword", value="dog with hat")])
            server.post("dog with hat now")
            (heard,) = await payloads(following, 1)
            assert b"hat now" in heard.body
    assert len(server.queries) == 1


async def test_what_is_not_kept_is_a_sign_of_life_once_a_second_and_moves_the_cursor():
    async with (
        JetstreamServer(chatter_s=None) as server,
        aclosing(bluesky(server).follow(None)) as following,
    ):
        (connected,) = await caught_up(following)
        begin_us = now_us()
        assert begin_us - 10**7 < int(connected.cursor) <= begin_us
        for number in range(20):
            server.post("good morning", time_us=begin_us + number)
        first = await anext(following)
        server.post("$PEPE", time_us=begin_us + 100)
        second = await anext(following)
    assert first == Alive(str(begin_us))
    assert isinstance(second, Payload)
    assert second.cursor == str(begin_us + 100)


async def test_after_a_disconnect_what_was_missed_comes_and_then_it_has_caught_up():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        following = source.follow(None)
        await caught_up(following)
        first = server.post("$PEPE")
        heard = await payloads(following, 1)
        server.drop()
        more, _ = await all_until(aiohttp.ClientError, following)
        missed = [server.post(f"$PEPE {number}") for number in range(20)]
        async with aclosing(source.follow(cursor_after(heard + more))) as following:
            again = await caught_up(following)
            again += await payloads(following, 21 - len(post_ids(source, again)))
            later = server.post("$DOGE")
            again += await payloads(following, 1)
    # The overlap brings what was heard last once more, under the same id.
    assert post_ids(source, again) == [first, *missed, later]


async def test_it_has_caught_up_when_frames_are_of_now_and_not_before(monkeypatch):
    monkeypatch.setattr(bluesky_module, "_QUIET_S", 60)
    async with JetstreamServer(chatter_s=None) as server:
        missed = [server.post("$PEPE", time_us=now_us() - HOUR_US + number) for number in range(5)]
        missed += [server.post("$PEPE", time_us=now_us() - 1_000) for number in range(5)]
        source = bluesky(server)
        async with aclosing(source.follow(str(now_us() - 2 * HOUR_US))) as following:
            catching_up = asyncio.create_task(caught_up(following))
            await until(lambda: server.connected)
            missed.append(server.post("$PEPE"))
            assert post_ids(source, await catching_up) == missed


async def test_a_server_with_nothing_more_to_replay_has_been_caught_up_with():
    async with JetstreamServer(chatter_s=None) as server:
        old = server.post("$PEPE", time_us=now_us() - HOUR_US)
        source = bluesky(server)
        async with aclosing(source.follow(str(now_us() - 2 * HOUR_US))) as following:
            assert post_ids(source, await caught_up(following)) == [old]


@pytest.mark.parametrize("how", ["drop", "end"])
async def test_every_end_of_a_connection_is_raised(how):
    async with JetstreamServer(chatter_s=None) as server:
        following = bluesky(server).follow(None)
        await caught_up(following)
        getattr(server, how)()
        await all_until(aiohttp.ClientError, following)
        assert len(server.queries) == 1


async def test_a_peer_that_is_gone_without_a_word_is_noticed(monkeypatch):
    monkeypatch.setattr(bluesky_module, "_HEARTBEAT_S", 0.2)
    async with JetstreamServer(chatter_s=None) as server:
        server.answers_pings = False
        following = bluesky(server).follow(None)
        await caught_up(following)
        await all_until(aiohttp.ClientError, following)


async def test_a_pause_is_no_sign_of_life():
    async with (
        JetstreamServer(chatter_s=None) as server,
        aclosing(bluesky(server).follow(None)) as following,
    ):
        await caught_up(following)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(following)


async def test_a_frame_that_cannot_be_read_is_rejected_and_the_next_one_is_heard():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            server.send(b'{"did": "did:plc:a", "time_us": 17')
            server.send(b"[]")
            good = server.post("$PEPE")
            heard = await payloads(following, 3)
    bad, empty, post = everything(source, heard)
    assert isinstance(bad, Rejected)
    assert isinstance(empty, Rejected)
    assert bad.value == b'{"did": "did:plc:a", "time_us": 17'
    assert post.post_id == good


async def test_a_refusal_is_taken_at_the_servers_word():
    async with JetstreamServer(chatter_s=None) as server:
        server.refusals = [
            web.Response(status=429, headers={"Retry-After": "7"}),
            web.Response(status=403),
            web.Response(status=502),
        ]
        _, error = await all_until(RateLimitedError, bluesky(server).follow(None))
        assert error.retry_after_s == 7
        _, error = await all_until(AccessRefusedError, bluesky(server).follow(None))
        assert "MEMEWATCH_BLUESKY_URL" in str(error)
        _, error = await all_until(aiohttp.ClientError, bluesky(server).follow(None))
        assert "502" in str(error)


async def test_a_frame_a_bug_stumbles_over_does_not_end_the_connection(monkeypatch):
    def stumble(*arguments):
        raise ZeroDivisionError

    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        async with aclosing(source.follow(None)) as following:
            await caught_up(following)
            monkeypatch.setattr(source._interest, "wants", stumble)
            server.post("$PEPE")
            assert len(await payloads(following, 1)) == 1


def test_it_needs_no_key():
    assert Bluesky.off(Settings(_env_file=None)) is None


# One pass, and the past.


async def test_resuming_from_any_cursor_misses_nothing():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        until_ms = CLOCK.now_ms()
        begin_us = until_ms * 1000 - HOUR_US
        posted = [
            server.post("$PEPE" if number % 3 else "nothing", time_us=begin_us + number * 10**8)
            for number in range(1, 20)
        ]
        wanted = [each for number, each in enumerate(posted, start=1) if number % 3]
        whole = await all_of(source.catch_up(str(begin_us), until_ms))
        assert post_ids(source, whole) == wanted
        for index, sound in enumerate(whole):
            rest = await all_of(source.catch_up(sound.cursor, until_ms))
            before = post_ids(source, whole[: index + 1])
            assert set(before) | set(post_ids(source, rest)) == set(wanted)


async def test_a_pass_ends_at_its_time_and_with_its_cursor():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        until_ms = CLOCK.now_ms() - 10_000
        before = server.post("$PEPE", time_us=until_ms * 1000 - 1)
        server.post("$PEPE", time_us=until_ms * 1000)
        heard = await all_of(source.catch_up(None, until_ms))
    assert post_ids(source, heard) == [before]
    assert cursor_after(heard) == str(until_ms * 1000 - 1)


async def test_a_pass_without_a_cursor_takes_the_last_hour():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        server.post("$PEPE", time_us=now_us() - HOUR_US - 10**7)
        recent = server.post("$PEPE", time_us=now_us() - HOUR_US + 10**7)
        heard = await all_of(source.catch_up(None, CLOCK.now_ms()))
    assert post_ids(source, heard) == [recent]


async def test_the_past_is_given_between_its_bounds_and_resumed_within_them():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        begin_ms, end_ms = CLOCK.now_ms() - 3_600_000, CLOCK.now_ms() - 1_800_000
        server.post("$PEPE", time_us=begin_ms * 1000 - 1)
        inside = [server.post("$PEPE", time_us=at) for at in (begin_ms * 1000, end_ms * 1000 - 1)]
        server.post("$PEPE", time_us=end_ms * 1000)
        heard = await all_of(source.history(begin_ms, end_ms, None))
        assert post_ids(source, heard) == inside
        first = next(sound for sound in heard if isinstance(sound, Payload))
        rest = await all_of(source.history(begin_ms, end_ms, first.cursor))
        assert inside[1] in post_ids(source, rest)


async def test_a_time_that_is_kept_in_part_gives_that_part():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        server.post("$PEPE", time_us=now_us() - 40 * HOUR_US)
        kept = server.post("$PEPE", time_us=now_us() - 30 * HOUR_US)
        server.post("$PEPE")
        server.kept_from_us = now_us() - 36 * HOUR_US
        begin_ms = CLOCK.now_ms() - 48 * 3_600_000
        heard = await all_of(source.history(begin_ms, begin_ms + 24 * 3_600_000, None))
    assert post_ids(source, heard) == [kept]


async def test_a_past_that_was_read_to_its_end_is_no_lost_one():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        end_ms = CLOCK.now_ms() - 36 * 3_600_000
        server.post("$PEPE", time_us=end_ms * 1000)
        heard = await all_of(source.history(end_ms - 1000, end_ms, str(end_ms * 1000 - 1)))
    assert heard == [Alive(str(end_ms * 1000 - 1))]


async def test_a_cursor_from_before_what_is_kept_is_told_in_the_log(caplog):
    async with JetstreamServer(chatter_s=None) as server:
        server.kept_from_us = now_us() - HOUR_US
        server.post("$PEPE")
        async with aclosing(bluesky(server).follow(str(now_us() - DAY_US))) as following:
            await caught_up(following)
    assert "any more" in caplog.text


async def test_a_time_of_which_nothing_is_kept_is_refused_with_what_there_is():
    async with JetstreamServer(chatter_s=None) as server:
        source = bluesky(server)
        server.kept_from_us = now_us() - 36 * HOUR_US
        server.post("$PEPE", time_us=server.kept_from_us)
        begin_ms = CLOCK.now_ms() - 72 * 3_600_000
        _, error = await all_until(
            NoHistoryError, source.history(begin_ms, begin_ms + 3_600_000, None)
        )
    assert rfc3339(server.kept_from_us // 1000) in str(error)


# Reading.


def parse(text, *, time_us=NOW_MS * 1000 + 123_456, **record):
    record = {"$type": "app.bsky.feed.post", "createdAt": rfc3339(NOW_MS), "text": text} | record
    return parse_body(
        msgspec.json.encode(
            {
                "did": "did:plc:alice",
                "time_us": time_us,
                "kind": "commit",
                "commit": {
                    "rev": "3l",
                    "operation": "create",
                    "collection": "app.bsky.feed.post",
                    "rkey": "3l3qo2vuowo2b",
                    "record": record,
                    "cid": "bafy",
                },
            }
        )
    )


def parse_body(body):
    payload = Payload(body=body, cursor="", kind="frame", received_ms=NOW_MS)
    return list(make(Bluesky, {}).parse(payload))


def test_a_post_carries_its_author_language_and_links_and_jetstreams_time():
    (post,) = parse(
        "$PEPE at example.org/a-long…",
        langs=["pt-BR", "en"],
        facets=[
            {
                "index": {"byteStart": 9, "byteEnd": 30},
                "features": [
                    {
                        "$type": "app.bsky.richtext.facet#link",
                        "uri": "https://example.org/a-long-one?utm_source=bsky",
                    },
                    {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bob"},
                ],
            }
        ],
        embed={
            "$type": "app.bsky.embed.external",
            "external": {"uri": "https://example.org/card", "title": "t", "description": "d"},
        },
    )
    assert post.post_id == "did:plc:alice/3l3qo2vuowo2b"
    assert post.id == f"bluesky:did:plc:alice/3l3qo2vuowo2b:{PEPE.token}"
    assert post.author == "did:plc:alice"
    assert post.language == "pt"
    assert post.urls[:2] == ["https://example.org/a-long-one", "https://example.org/card"]
    assert parse_rfc3339(post.event_time) == NOW_MS + 123
    assert decode_post(encode(post)) == post


def test_a_card_beside_a_quoted_post_is_a_link_too():
    (post,) = parse(
        "$PEPE",
        embed={
            "$type": "app.bsky.embed.recordWithMedia",
            "record": {"record": {"uri": "at://did:plc:bob/app.bsky.feed.post/1", "cid": "b"}},
            "media": {
                "$type": "app.bsky.embed.external",
                "external": {"uri": "https://a.example/"},
            },
        },
    )
    assert post.urls == ["https://a.example/"]
    assert not post.repost


def test_a_post_that_names_several_tokens_is_one_record_for_each():
    posts = parse(f"$DOGE or {PEPE.address}?")
    assert {post.token for post in posts} == {"DOGE", PEPE.token}
    assert len({post.id for post in posts}) == 2
    assert len({post.post_id for post in posts}) == 1


def test_tags_beside_the_text_and_cashtags_among_tags_count():
    (post,) = parse("to the moon", tags=["doge"])
    assert post.token == "DOGE"
    assert post.text == "to the moon\n#doge"
    facets = [{"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "$PEPE"}]}]
    (post,) = parse("PEP E", facets=facets)
    assert post.token == PEPE.token


@pytest.mark.parametrize("created", ["2030-01-01T00:00:00Z", "2025-12-31T23:59:00Z", "yesterday"])
def test_the_time_an_author_claims_is_not_believed(created):
    (post,) = parse("$PEPE", createdAt=created)
    assert parse_rfc3339(post.event_time) == NOW_MS + 123


def test_a_post_brought_over_from_elsewhere_has_the_time_it_was_said_at():
    (post,) = parse("$DOGE", createdAt="2021-05-08T12:00:00.000Z")
    assert post.event_time == "2021-05-08T12:00:00.000Z"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"did": "a", "time_us": "b", "kind": "commit"}',
        b'{"did": "a", "time_us": 1767225600000000, "kind": "commit", "commit": {}}',
        b'{"did": "a", "time_us": 1767225600000000, "kind": "commit", "commit": {"operation":'
        b' "create", "collection": "app.bsky.feed.post", "rkey": "1"}}',
        b'{"did": "a", "time_us": 1767225600000000, "kind": "commit", "commit": {"operation":'
        b' "create", "collection": "app.bsky.feed.post", "rkey": "1", "record": {"text": 5}}}',
        b'{"did": "a", "time_us": 5, "kind": "commit", "commit": {"operation": "create",'
        b' "collection": "app.bsky.feed.post", "rkey": "1", "record": {"text": "$PEPE"}}}',
    ],
)
def test_what_is_no_frame_is_rejected_with_a_reason(body):
    (rejected,) = parse_body(body)
    assert isinstance(rejected, Rejected)
    assert rejected.reason


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_what_is_changed_or_deleted_is_no_new_post(operation):
    commit = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": "1"}
    frame = {"did": "a", "time_us": NOW_MS * 1000, "kind": "commit", "commit": commit}
    assert parse_body(msgspec.json.encode(frame)) == []


def test_frames_without_a_commit_are_no_posts():
    for kind in ("identity", "account"):
        frame = {"did": "a", "time_us": NOW_MS * 1000, "kind": kind, kind: {"did": "a"}}
        assert parse_body(msgspec.json.encode(frame)) == []
