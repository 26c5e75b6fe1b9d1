"""Telegram's preview pages and Bot API, against a server that pages and forgets as they do."""

from __future__ import annotations

import asyncio
import json
import logging

import msgspec
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from memewatch.clock import ManualClock
from memewatch.settings import Settings
from producers.live.base import (
    AccessRefusedError,
    NoHistoryError,
    Payload,
    RateLimitedError,
    Rejected,
)
from producers.live.http import UnreadableAnswerError
from producers.live.telegram import Telegram
from producers.live.telegram_pages import NoPreviewError
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
from tests.producers.live.servers.telegram import BOT_TOKEN, TelegramServer, a_message

HOUR_MS = 3_600_000


def telegram(server, clock=None, **more):
    return make(Telegram, server.settings(), clock, **more)


async def one_pass(server, cursor=None, source=None):
    return await all_of((source or telegram(server)).catch_up(cursor, NOW_MS))


def ids(*numbers, channel="dogenews"):
    return [f"{channel}/{number}" for number in numbers]


# --- channels ---------------------------------------------------------------------------------


async def test_without_a_cursor_it_begins_with_the_last_day_of_one_page():
    async with TelegramServer() as server:
        server.post("$DOGE", NOW_MS - 48 * HOUR_MS)
        server.post("$DOGE", NOW_MS - HOUR_MS)
        source = telegram(server)
        assert post_ids(source, await one_pass(server, None, source)) == ids(2)


async def test_nothing_is_lost_between_two_rounds_that_are_many_pages_apart():
    async with TelegramServer() as server:
        server.post("$DOGE", NOW_MS - HOUR_MS)
        source = telegram(server)
        following = source.follow(None)
        assert post_ids(source, await caught_up(following)) == ids(1)
        server.post("$DOGE", NOW_MS, number=40)  # Numbers have gaps: what was deleted, albums.
        numbers = [server.post("$DOGE", NOW_MS) for _ in range(130)]
        assert post_ids(source, await caught_up(following)) == ids(40, *numbers)
        assert post_ids(source, await caught_up(following)) == []
        await following.aclose()


async def test_a_gap_of_more_pages_than_are_held_is_read_from_its_oldest_page():
    async with TelegramServer() as server:
        server.post("$DOGE", NOW_MS)
        cursor = cursor_after(await one_pass(server))
        numbers = [server.post("$DOGE", NOW_MS) for _ in range(1300)]
        source = telegram(server)
        assert post_ids(source, await one_pass(server, cursor, source)) == ids(*numbers)


async def test_any_cursor_resumes_in_another_process_with_exactly_the_rest():
    async with TelegramServer(("DogeNews", "PepeNews")) as server:
        for channel in server.channels:
            server.post("$DOGE", NOW_MS, channel)
        cursor = cursor_after(await one_pass(server))
        for channel in server.channels:
            for _ in range(50):
                server.post("$DOGE", NOW_MS, channel)
        source = telegram(server)
        sounds = await one_pass(server, cursor, source)
        whole = post_ids(source, sounds)
        assert len(whole) == 100
        for cut in range(1, len(sounds) + 1):
            rest = await one_pass(server, cursor_after(sounds[:cut], cursor))
            assert post_ids(source, sounds[:cut]) + post_ids(source, rest) == whole


async def test_what_is_posted_while_a_gap_is_read_comes_with_the_next_round():
    async with TelegramServer() as server:
        server.post("$DOGE", NOW_MS)
        source = telegram(server)
        cursor = cursor_after(await one_pass(server))
        numbers = [server.post("$DOGE", NOW_MS) for _ in range(60)]
        sounds = []
        async for sound in source.catch_up(cursor, NOW_MS):
            sounds.append(sound)
            numbers.append(server.post("$DOGE", NOW_MS))
        sounds += await one_pass(server, cursor_after(sounds), source)
        assert post_ids(source, sounds) == ids(*numbers)


async def test_the_watch_list_adds_channels():
    watched = (
        WatchEntry(kind="account", value="@PepeNews", source="telegram"),
        WatchEntry(kind="account", value="PepeNews", source="twitter"),
    )
    async with TelegramServer() as server:
        server.channels["PepeNews"] = {}
        server.post("$PEPE", NOW_MS, "PepeNews")
        source = telegram(server, watched=watched)
        sounds = await one_pass(server, None, source)
        assert post_ids(source, sounds) == ids(1, channel="pepenews")


@pytest.mark.parametrize(
    "broken",
    [
        lambda: web.Response(status=302, headers={"Location": "/x"}),
        lambda: web.Response(status=500),
        lambda: web.Response(text='<html><div class="tgme_page">Join</div></html>'),
        lambda: web.Response(text="<p>what is this"),
        lambda: web.Response(body=b""),
    ],
)
async def test_a_broken_channel_is_named_once_and_stops_no_other(broken, caplog):
    async with TelegramServer(("Broken", "DogeNews")) as server:
        source = telegram(server)
        following = source.follow(None)
        for _ in range(2):
            number = server.post("$DOGE", NOW_MS, "DogeNews")
            server.broken["Broken"] = broken()
            items = everything(source, await caught_up(following))
            posts = [item.post_id for item in items if not isinstance(item, Rejected)]
            assert posts == ids(number)
        assert caplog.text.count("leaving out broken") == 1
        del server.broken["Broken"]
        server.post("$DOGE", NOW_MS, "Broken")
        sounds = await caught_up(following)
        assert post_ids(source, sounds) == ids(1, channel="broken")
        await following.aclose()


async def test_when_no_channel_answers_the_source_fails():
    async with TelegramServer() as server:
        server.broken["DogeNews"] = web.Response(status=302, headers={"Location": "/x"})
        with pytest.raises(NoPreviewError):
            await one_pass(server)


async def test_a_page_that_is_none_becomes_a_dead_letter():
    async with TelegramServer() as server:
        server.broken["DogeNews"] = web.Response(text="<p>what is this")
        source = telegram(server)
        sounds, _ = await all_until(UnreadableAnswerError, source.catch_up(None, NOW_MS))
        (rejected,) = everything(source, sounds)
        assert rejected.value == b"<p>what is this"


async def test_429_is_a_rate_limit_for_as_long_as_the_server_says():
    async with TelegramServer() as server:
        server.answers = [web.Response(status=429, headers={"Retry-After": "21"})]
        with pytest.raises(RateLimitedError) as error:
            await one_pass(server)
        assert error.value.retry_after_s == 21


async def test_history_pages_back_to_the_beginning_and_resumes_anywhere():
    async with TelegramServer() as server:
        start_ms = NOW_MS - 3000 * HOUR_MS
        for hour in range(3000):
            server.post("$DOGE", start_ms + hour * HOUR_MS)
        source = telegram(server)
        bounds = start_ms + 100 * HOUR_MS, start_ms + 300 * HOUR_MS
        sounds = await all_of(source.history(*bounds, None))
        whole = post_ids(source, sounds)
        assert sorted(whole) == sorted(ids(*range(101, 301)))
        assert len(server.requests) < 30
        for cut in range(1, len(sounds) + 1):
            rest = await all_of(telegram(server).history(*bounds, cursor_after(sounds[:cut])))
            assert post_ids(source, sounds[:cut]) + post_ids(source, rest) == whole
        sounds = await all_of(source.history(0, NOW_MS + HOUR_MS, None))
        assert len(post_ids(source, sounds)) == 3000


async def test_without_channels_there_is_no_history():
    source = make(Telegram, {"telegram_channels": [], "telegram_bot_token": BOT_TOKEN})
    with pytest.raises(NoHistoryError, match="TELEGRAM_CHANNELS"):
        await all_of(source.history(0, NOW_MS, None))


def test_it_is_on_by_default_and_off_with_nothing_to_follow():
    assert Telegram.off(Settings(_env_file=None)) is None
    reason = Telegram.off(Settings(_env_file=None, telegram_channels=[]))
    assert "MEMEWATCH_TELEGRAM_CHANNELS" in reason
    assert "MEMEWATCH_TELEGRAM_BOT_TOKEN" in reason


# --- messages of a page -----------------------------------------------------------------------


def parse_message(text, **more):
    markup = a_message("DogeNews", 7, text, NOW_MS, **more)
    body = f'<section class="tgme_channel_history">{markup}</section>'.encode()
    payload = Payload(body=body, cursor="", kind="page", received_ms=NOW_MS)
    return list(make(Telegram, {}).parse(payload))


def test_a_message_is_its_text_with_lines_links_and_emoji():
    (post,) = parse_message(
        'Gm &amp; hi<br/>$DOGE <i class="emoji" style="x"><b>🚀</b></i> '
        '<a href="https://doge.example/?utm_source=t" target="_blank">here</a>'
    )
    assert post.text == "Gm & hi\n$DOGE 🚀 here"
    assert post.urls == ["https://doge.example/"]
    assert post.id == "telegram:dogenews/7:DOGE"
    assert (post.author, post.group) == ("dogenews", "dogenews")
    assert post.event_time == "2026-01-01T00:00:00.000Z"


def test_a_message_that_names_several_tokens_counts_for_each():
    posts = parse_message(f"$DOGE or <code>{PEPE.address}</code>?")
    assert {post.token for post in posts} == {"DOGE", PEPE.token}


def test_a_forwarded_message_names_the_original():
    (post,) = parse_message("$DOGE", forwarded=("Some Channel", "https://t.me/SomeChan/123"))
    assert post.repost
    assert post.repost_of == "somechan/123"
    (post,) = parse_message("$DOGE", forwarded=("Ann", ""))
    assert post.repost
    assert post.repost_of is None


def test_what_has_no_text_or_was_written_by_nobody_is_no_post():
    assert parse_message(None) == []
    assert parse_message("$DOGE pinned", kind="service_message") == []


def test_a_message_without_number_or_time_is_rejected_and_hides_none_beside_it():
    good = a_message("DogeNews", 8, "$DOGE", NOW_MS)
    bad = a_message("DogeNews", 9, "$DOGE", NOW_MS)
    page = "".join([bad.replace("datetime", "date"), bad.replace("DogeNews/9", "?"), good])
    body = f'<section class="tgme_channel_history">{page}</section>'.encode()
    payload = Payload(body=body, cursor="", kind="page", received_ms=NOW_MS)
    untimed, unnumbered, post = make(Telegram, {}).parse(payload)
    assert "time" in untimed.reason
    assert "number" in unnumbered.reason
    assert post.post_id == "dogenews/8"


@given(
    st.sampled_from(["page", "updates"]),
    st.binary(max_size=200) | st.text().map(lambda t: t.encode()),
)
@settings(deadline=None)
def test_no_bytes_break_the_parser(kind, body):
    payload = Payload(body=body, cursor="", kind=kind, received_ms=NOW_MS)
    assert all(isinstance(item, Rejected) for item in make(Telegram, {}).parse(payload))


# --- the bot ----------------------------------------------------------------------------------


async def test_updates_are_heard_as_they_come_while_channels_are_not_asked():
    async with TelegramServer((), with_bot=True) as server:
        source = telegram(server)
        following = source.follow(None)
        await caught_up(following)
        waiting = asyncio.create_task(anext(following))
        while not any(r.path.startswith("/bot") for r in server.requests[1:]):
            await asyncio.sleep(0.01)
        update_id = await server.send("$DOGE", NOW_MS)
        payload = await waiting
        assert post_ids(source, [payload]) == [f"-100123/{update_id}"]
        await following.aclose()


async def test_telegram_forgets_an_update_only_when_it_is_stored():
    async with TelegramServer((), with_bot=True) as server:
        update_id = await server.send("$DOGE", NOW_MS)
        source = telegram(server)
        sounds = await one_pass(server, None, source)
        cursor = cursor_after(sounds)
        assert post_ids(source, sounds) == [f"-100123/{update_id}"]
        assert post_ids(source, await one_pass(server, cursor, source)) == []
        assert server.forgotten == []
        # Killed before Kafka confirmed: another process still gets it.
        other = telegram(server)
        assert post_ids(other, await one_pass(server, None, other)) == [f"-100123/{update_id}"]
        source.stored(cursor)
        await one_pass(server, cursor, source)
        assert server.forgotten == [update_id]


async def test_more_updates_than_one_answer_holds_are_all_heard_as_they_are_stored():
    async with TelegramServer((), with_bot=True) as server:
        sent = [await server.send("$DOGE", NOW_MS) for _ in range(250)]
        source, sounds = telegram(server), []
        async for sound in source.catch_up(None, NOW_MS):
            sounds.append(sound)
            source.stored(cursor_after(sounds))
        assert post_ids(source, sounds) == [f"-100123/{number}" for number in sent]


async def test_a_pass_ends_also_when_nothing_is_stored_and_the_next_goes_on():
    async with TelegramServer((), with_bot=True) as server:
        sent = [await server.send("$DOGE", NOW_MS) for _ in range(150)]
        source = telegram(server)
        sounds = await one_pass(server, None, source)
        assert len(post_ids(source, sounds)) == 100
        cursor = cursor_after(sounds)
        rest = await one_pass(server, cursor)
        assert post_ids(source, rest) == [f"-100123/{number}" for number in sent[100:]]


async def test_a_runner_that_never_tells_what_is_stored_does_not_stop_the_bot_for_ever():
    async with TelegramServer((), with_bot=True) as server:
        clock = ManualClock(NOW_MS)
        sent = [await server.send("$DOGE", NOW_MS) for _ in range(150)]
        source = telegram(server, clock)
        sounds = await one_pass(server, None, source)
        clock.advance(700)
        sounds += await one_pass(server, cursor_after(sounds), source)
        assert post_ids(source, sounds) == [f"-100123/{number}" for number in sent]


def refusals():
    return [
        web.json_response({"ok": False, "error_code": 409, "description": "Conflict"}, status=409),
        web.json_response({"ok": False, "error_code": 401}, status=401),
        web.json_response({"ok": False, "error_code": 404}, status=404),
        web.json_response({"ok": False, "parameters": {"retry_after": 5}}, status=429),
        web.json_response({"ok": False, "error_code": 400, "description": "bad"}, status=400),
        web.Response(status=502),
        web.Response(text="<html>"),
        web.Response(status=404, text=f"no /bot{BOT_TOKEN}/getUpdates on this server"),
        web.Response(text=f"no /bot{BOT_TOKEN.replace(':', '%3A')}/getUpdates on this server"),
        web.json_response({"ok": False, "description": f"/bot{BOT_TOKEN}/getUpdates?"}, status=400),
        web.Response(text='{"ok": true, "result": [{}]}'),
        web.Response(status=302, headers={"Location": f"/bot{BOT_TOKEN}/getUpdates"}),
    ]


@pytest.mark.parametrize("kind", range(len(refusals())))
async def test_a_failing_bot_stops_no_channel_and_its_token_is_never_told(kind, caplog):
    caplog.set_level(logging.DEBUG)
    async with TelegramServer(with_bot=True) as server:
        number = server.post("$DOGE", NOW_MS)
        server.bot_answers = [refusals()[kind]]
        source = telegram(server)
        sounds = await one_pass(server, None, source)
        items = everything(source, sounds)
        posts = [item.post_id for item in items if not isinstance(item, Rejected)]
        assert posts == ids(number)
        assert "leaving out bot" in caplog.text
        told = caplog.text + repr(sounds) + repr(items)
        assert "nobody-may-see" not in told


@pytest.mark.parametrize("kind", range(len(refusals())))
async def test_a_bot_alone_that_fails_is_a_failure_without_its_token(kind, caplog):
    caplog.set_level(logging.DEBUG)
    async with TelegramServer((), with_bot=True) as server:
        server.bot_answers = [refusals()[kind]]
        with pytest.raises(Exception, match=r"Bot API|answers HTTP") as error:
            await one_pass(server)
        told = caplog.text + repr(error.value) + str(error.value)
        assert "nobody-may-see" not in told
        assert "nobody-may-see" not in str(error.getrepr(style="short", chain=True))


async def test_an_unreachable_bot_api_does_not_tell_the_token(caplog):
    caplog.set_level(logging.DEBUG)
    async with TelegramServer((), with_bot=True) as server:
        settings = server.settings()
    source = make(Telegram, settings)
    with pytest.raises(Exception, match="Cannot connect") as error:
        await all_of(source.catch_up(None, NOW_MS))
    assert "nobody-may-see" not in caplog.text + repr(error.value) + repr(error.value.__context__)


async def test_a_wrong_token_names_the_setting():
    async with TelegramServer((), with_bot=True) as server:
        wrong = server.settings() | {"telegram_bot_token": "1:wrong"}
        with pytest.raises(AccessRefusedError, match="MEMEWATCH_TELEGRAM_BOT_TOKEN"):
            await all_of(make(Telegram, wrong).catch_up(None, NOW_MS))


async def test_a_bot_that_is_asked_to_wait_is_left_alone_that_long():
    async with TelegramServer(with_bot=True) as server:
        clock = ManualClock(NOW_MS)
        source = telegram(server, clock)
        server.bot_answers = [refusals()[3]]
        await one_pass(server, None, source)
        await one_pass(server, None, source)
        asked = [r for r in server.requests if r.path.startswith("/bot")]
        assert len(asked) == 1
        clock.advance(6)
        await one_pass(server, None, source)
        assert len([r for r in server.requests if r.path.startswith("/bot")]) == 2


async def test_a_cursor_holds_bot_and_channels():
    async with TelegramServer(with_bot=True) as server:
        server.post("$DOGE", NOW_MS)
        update_id = await server.send("$DOGE", NOW_MS)
        cursor = json.loads(cursor_after(await one_pass(server)))
        assert cursor == {"bot": update_id + 1, "channels": {"dogenews": 1}}


def parse_update(**message):
    base = {"message_id": 5, "date": NOW_MS // 1000, "chat": {"id": -100123}, "from": {"id": 77}}
    body = msgspec.json.encode(
        {"ok": True, "result": [{"update_id": 1, "message": base | message}]}
    )
    payload = Payload(body=body, cursor="", kind="updates", received_ms=NOW_MS)
    return list(make(Telegram, {}).parse(payload))


def test_an_update_is_its_text_or_caption_with_the_links_behind_words():
    (post,) = parse_update(
        caption="$DOGE here",
        caption_entities=[{"type": "text_link", "url": "https://doge.example/"}],
    )
    assert post.text == "$DOGE here"
    assert post.urls == ["https://doge.example/"]
    assert (post.author, post.group) == ("77", "-100123")
    assert post.id == "telegram:-100123/5:DOGE"


def test_a_channel_says_the_same_to_the_bot_and_on_its_page():
    (update,) = parse_update(
        text="$DOGE",
        message_id=7,
        chat={"id": -1, "username": "DogeNews"},
        sender_chat={"id": -1, "username": "DogeNews"},
    )
    (page,) = parse_message("$DOGE")
    assert update == page


def test_a_forwarded_update_names_the_original():
    origin = {"type": "channel", "chat": {"id": -5, "username": "SomeChan"}, "message_id": 123}
    (post,) = parse_update(text="$DOGE", forward_origin=origin)
    assert post.repost_of == "somechan/123"
    (post,) = parse_update(text="$DOGE", forward_origin={"type": "hidden_user"})
    assert post.repost


def test_what_is_no_update_is_rejected():
    (rejected,) = parse_update(text=5)
    assert isinstance(rejected, Rejected)
    assert parse_update() == []
