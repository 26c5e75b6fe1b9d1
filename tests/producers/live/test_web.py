"""Feeds, articles and prices, against a site that answers as such sites do."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import aiohttp
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
from producers.live.public_hosts import (
    ForbiddenLinkError,
    PublicResolver,
    check_link,
    is_public,
    trusted_places,
)
from producers.live.robots import Robots
from producers.live.web import Web
from producers.live.web_feeds import read_feed, text_of
from producers.registry import RegisteredToken
from schemas.codec import decode_tick, encode
from tests.producers.live.hearing import (
    NOW_MS,
    PEPE,
    TOKENS,
    all_of,
    all_until,
    caught_up,
    cursor_after,
    events,
    everything,
    make,
    post_ids,
)
from tests.producers.live.servers.site import Answering
from tests.producers.live.servers.web import FEED, WebServer

HOUR_MS = 3_600_000
ARTICLE = "<html><body><nav>Menu</nav><article><h1>Title</h1>{}</article></body></html>".format(
    "".join(
        f"<p>Paragraph {n} says that $PEPE went up by a lot since yesterday.</p>" for n in range(9)
    )
)


def web_source(server, clock=None, settings=None, **more):
    return make(Web, server.settings() | (settings or {}), clock, **more)


async def one_pass(server, cursor=None, source=None, **more):
    return await all_of((source or web_source(server, **more)).catch_up(cursor, NOW_MS))


def asked(server, path):
    return [request for request in server.requests if request.path == path]


# --- feeds ------------------------------------------------------------------------------------


async def test_without_a_cursor_it_begins_with_the_last_day():
    async with WebServer() as server:
        server.publish("$DOGE last week", NOW_MS - 170 * HOUR_MS)
        yesterday = server.publish("$DOGE yesterday", NOW_MS - 20 * HOUR_MS)
        today = server.publish("$DOGE today", NOW_MS - HOUR_MS)
        source = web_source(server)
        sounds = await one_pass(server, None, source)
        assert post_ids(source, sounds) == [yesterday, today]
        assert post_ids(source, await one_pass(server, cursor_after(sounds), source)) == []


async def test_what_is_new_between_two_rounds_is_heard_once():
    async with WebServer() as server:
        source = web_source(server)
        following = source.follow(None)
        for count in (3, 0, 25, 30):
            links = [server.publish("$DOGE", NOW_MS - HOUR_MS) for _ in range(count)]
            assert sorted(post_ids(source, await caught_up(following))) == sorted(links)
        await following.aclose()


async def test_a_feed_that_did_not_change_is_not_sent_again():
    async with WebServer() as server:
        server.publish("$DOGE", NOW_MS)
        cursor = cursor_after(await one_pass(server))
        source = web_source(server)
        sounds = await one_pass(server, cursor, source)
        assert post_ids(source, sounds) == []
        first, second = asked(server, FEED)
        assert "If-None-Match" not in first.headers
        assert second.headers["If-None-Match"]


async def test_any_cursor_resumes_in_another_process_with_exactly_the_rest():
    async with WebServer() as server:
        links = [
            server.publish(f"$DOGE {n}", NOW_MS - 1000 * n, "" if n % 4 == 0 else "Text")
            for n in range(20, 0, -1)
        ]
        source = web_source(server)
        sounds = await one_pass(server, None, source)
        assert post_ids(source, sounds) == links
        assert sum(isinstance(sound, Payload) for sound in sounds) > 8
        for cut in range(1, len(sounds) + 1):
            rest = await one_pass(server, cursor_after(sounds[:cut]))
            assert post_ids(source, sounds[:cut]) + post_ids(source, rest) == links


async def test_an_entry_without_a_date_is_of_the_moment_it_was_seen():
    async with WebServer() as server:
        server.publish("$DOGE", None)
        server.publish("$DOGE ahead of time", NOW_MS + HOUR_MS)
        source = web_source(server)
        sounds = await one_pass(server, None, source)
        times = {event.event_time for event in events(source, sounds)}
        assert times == {"2026-01-01T00:00:00.000Z"}
        assert events(source, sounds) == events(source, sounds)


async def test_an_entry_is_its_title_and_text_without_markup():
    async with WebServer() as server:
        link = server.publish(
            "$DOGE &amp; co", NOW_MS, '<p>Up <a href="https://x.example/a">5%</a></p>'
        )
        source = web_source(server)
        (post,) = events(source, await one_pass(server, None, source))
        assert post.text == "$DOGE & co\nUp 5%"
        assert post.urls == [link, "https://x.example/a"]
        assert (post.author, post.group, post.language) == ("127.0.0.1", "127.0.0.1", "en")
        assert post.id == f"web:{link}:DOGE"


async def test_an_entry_that_names_several_tokens_counts_for_each():
    async with WebServer() as server:
        server.publish(f"$DOGE or {PEPE.address}?", NOW_MS)
        source = web_source(server)
        found = {event.token for event in events(source, await one_pass(server, None, source))}
        assert found == {"DOGE", PEPE.token}


BROKEN = [
    lambda: web.Response(status=500),
    lambda: web.Response(status=403),
    lambda: web.Response(status=429, headers={"Retry-After": "1"}),
    lambda: web.Response(text="<html><p>We moved</p></html>"),
    lambda: web.Response(body=b"\x00\xff\xfe"),
    lambda: web.Response(status=302, headers={"Location": FEED}),
    lambda: web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"}),
]


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_feed_is_named_once_and_stops_no_other(broken, caplog):
    async with WebServer() as server, WebServer() as other:
        feeds = [other.url + FEED, server.url + FEED]
        source = web_source(server, settings={"web_feeds": feeds})
        following = source.follow(None)
        for _ in range(2):
            link = server.publish("$DOGE", NOW_MS)
            other.answers[FEED] = [broken() for _ in range(8)]
            items = everything(source, await caught_up(following))
            assert [i.post_id for i in items if not isinstance(i, Rejected)] == [link]
            await asyncio.sleep(0)
        assert caplog.text.count(f"leaving out {other.url}{FEED}") == 1
        del other.answers[FEED]
        source.clock.advance(5)
        link = other.publish("$DOGE", NOW_MS)
        assert post_ids(source, await caught_up(following)) == [link]
        await following.aclose()


async def test_when_nothing_answers_the_source_fails_and_names_all():
    async with WebServer() as server, WebServer() as other:
        feeds = [other.url + FEED, server.url + FEED]
        server.answers[FEED] = [web.Response(status=500)]
        other.answers[FEED] = [web.Response(status=502)]
        source = web_source(
            server, settings={"web_feeds": feeds, "web_dexscreener_url": None}, tokens=()
        )
        with pytest.raises(aiohttp.ClientError) as error:
            await one_pass(server, None, source)
        assert f"{other.url}{FEED}" in str(error.value)
        assert f"{server.url}{FEED}" in str(error.value)


async def test_what_is_no_feed_becomes_a_dead_letter():
    async with WebServer() as server:
        server.answers[FEED] = [web.Response(text="<html>maintenance</html>")]
        source = web_source(server, tokens=())
        sounds, _ = await all_until(aiohttp.ClientError, source.catch_up(None, NOW_MS))
        (rejected,) = everything(source, sounds)
        assert rejected.value == b"<html>maintenance</html>"
        assert rejected.reason == "no feed"


async def test_429_leaves_a_host_alone_for_as_long_as_it_asks():
    async with WebServer() as server:
        clock = ManualClock(NOW_MS)
        server.answers[FEED] = [web.Response(status=429, headers={"Retry-After": "40"})]
        source = web_source(server, clock, tokens=())
        for _ in range(2):
            with pytest.raises(RateLimitedError) as error:
                await one_pass(server, None, source)
            assert error.value.retry_after_s == 40
        assert len(asked(server, FEED)) == 1
        clock.advance(41)
        link = server.publish("$DOGE", NOW_MS)
        assert post_ids(source, await one_pass(server, None, source)) == [link]


async def test_a_feeds_key_is_told_to_nobody(caplog):
    async with WebServer() as server:
        server.publish("$DOGE", NOW_MS)
        feeds = [f"{server.url}{FEED}?key=secret"]
        source = web_source(server, settings={"web_feeds": feeds}, tokens=TOKENS[:1])
        sounds = await one_pass(server, None, source)
        assert not [s for s in sounds if isinstance(s, Payload) and b"secret" in s.body]
        server.answers[FEED] = [web.Response(status=500)]
        await one_pass(server, None, source)
        assert "leaving out" in caplog.text
        assert "secret" not in caplog.text


async def test_one_host_is_asked_one_at_a_time_and_not_too_fast():
    active, most = 0, 0

    async def respond(request):
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.01)
        active -= 1
        return web.Response(status=404)

    async with Answering(respond) as server:
        clock = ManualClock(NOW_MS)
        feeds = [f"{server.url}/{n}" for n in range(5)]
        source = make(
            Web,
            {"web_feeds": feeds, "web_host_delay_s": 3.0, "web_dexscreener_url": None},
            clock,
            tokens=(),
        )
        await all_until(aiohttp.ClientError, source.catch_up(None, NOW_MS))
        assert most == 1
        assert len(server.requests) == 5
        assert clock.now_ms() - NOW_MS >= 12_000


# --- articles ---------------------------------------------------------------------------------


async def test_the_page_of_an_entry_without_content_is_read():
    async with WebServer() as server:
        server.publish("Frogs", NOW_MS, "")
        server.pages["/articles/1"] = ARTICLE
        source = web_source(server)
        posts = events(source, await one_pass(server, None, source))
        assert [post.symbol for post in posts] == ["PEPE"]
        assert posts[0].text.startswith("Frogs\n")
        assert "Menu" not in posts[0].text


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/html; charset=windows-1252", "é"),
        ("text/html", "\ufffd"),
        ("x;charset=zip", "\ufffd"),
    ],
)
def test_a_page_is_read_by_the_character_set_its_server_names(content_type, text):
    assert text_of(b"\xe9", content_type) == text


async def test_no_page_is_read_where_the_feed_has_content_or_the_setting_says_no():
    async with WebServer() as server:
        server.publish("$DOGE", NOW_MS, "Text")
        await one_pass(server)
        server.publish("$DOGE", NOW_MS, "")
        source = web_source(server, settings={"web_articles": False})
        assert len(post_ids(source, await one_pass(server, None, source))) == 2
        assert {r.path for r in server.requests if "articles" in r.path} == set()


@pytest.mark.parametrize(
    "robots",
    [
        "User-agent: *\nDisallow: /articles",
        "User-agent: memewatch\nDisallow: /",
        web.Response(status=503),
        web.Response(status=403),
    ],
)
async def test_what_robots_txt_forbids_is_not_read(robots):
    async with WebServer() as server:
        link = server.publish("$DOGE", NOW_MS, "")
        server.pages["/articles/1"] = ARTICLE
        server.robots = robots
        source = web_source(server)
        posts = events(source, await one_pass(server, None, source))
        assert [(post.post_id, post.text) for post in posts] == [(link, "$DOGE")]
        assert not asked(server, "/articles/1")


async def test_robots_txt_is_asked_for_once_a_day_and_its_delay_kept():
    async with WebServer() as server:
        server.robots = "User-agent: *\nCrawl-delay: 7\nAllow: /"
        for n in range(1, 4):
            server.publish("$DOGE", NOW_MS, "")
            server.pages[f"/articles/{n}"] = ARTICLE
        clock = ManualClock(NOW_MS)
        source = web_source(server, clock)
        sounds = await one_pass(server, None, source)
        assert len(asked(server, "/robots.txt")) == 1
        assert clock.now_ms() - NOW_MS >= 21_000
        clock.advance(86_401)
        server.publish("$DOGE", NOW_MS, "")
        await one_pass(server, cursor_after(sounds), source)
        assert len(asked(server, "/robots.txt")) == 2


async def test_rules_are_remembered_of_so_many_sites_and_no_more():
    robots = Robots(ManualClock(NOW_MS))
    times_asked = []

    async def get(url):
        times_asked.append(url)
        raise aiohttp.ClientError("nobody there")

    for n in range(300):
        assert not await robots.allow(f"https://{n}.example/a", get)
    assert not await robots.allow("https://299.example/b", get)
    assert len(times_asked) == 300
    assert not await robots.allow("https://0.example/b", get)
    assert len(times_asked) == 301


async def test_links_into_a_private_network_are_not_followed(caplog):
    caplog.set_level(logging.INFO)
    async with WebServer() as server, WebServer() as private:
        private.pages["/articles/1"] = ARTICLE
        server.pages["/away"] = web.Response(
            status=302, headers={"Location": f"{private.url}/articles/1"}
        )
        port = private.url.rpartition(":")[2]
        links = [
            f"{private.url}/articles/1",
            f"http://localhost:{port}/articles/1",
            f"http://2130706433:{port}/articles/1",
            f"http://[::ffff:127.0.0.1]:{port}/articles/1",
            f"{server.url}/away",
            f"http://user:pw@127.0.0.1:{port}/articles/1",
            "file:///etc/passwd",
        ]
        for link in links:
            server.publish("$DOGE", NOW_MS, "")
            known = f"{server.url}/articles/{len(server.items)}</link>"
            server.items[-1] = server.items[-1].replace(known, f"{link}</link>")
        source = web_source(server)
        posts = events(source, await one_pass(server, None, source))
        assert [post.text for post in posts] == ["$DOGE"] * len(links)
        assert private.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("nonsense", False),
    ],
)
def test_public_addresses_are_told_from_others(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "http://",
        "http://a:b@c.example/",
        "//x",
        "http://x:99999/",
    ],
)
def test_what_is_no_web_address_is_not_asked(url):
    with pytest.raises(ForbiddenLinkError):
        check_link(url, frozenset())


async def test_a_name_that_leads_into_a_private_network_is_looked_up_in_vain_unless_trusted():
    resolver = PublicResolver(trusted_places(["http://localhost:9/feed"]))
    assert await resolver.resolve("localhost", 9)
    with pytest.raises(OSError, match="not on the public internet"):
        await resolver.resolve("localhost", 10)
    await resolver.close()


# --- prices -----------------------------------------------------------------------------------

WIF = RegisteredToken(token="solana:Wif111", symbol="WIF", chain="solana", address="Wif111")


def no_feeds(server, **more):
    return web_source(server, settings={"web_feeds": []}, **more)


async def test_the_deepest_pool_of_a_token_gives_its_quote():
    async with WebServer() as server:
        server.pool(PEPE.address, "0.0000100", 5_000)
        deep = server.pool(PEPE.address, "0.00001234500", 90_000.5)
        server.pool(PEPE.address, None, 99_000)
        server.pool(PEPE.address, "7", 99_000, chainId="pulsechain")
        server.pools[PEPE.address.lower()].append(
            server.pool("0xother", "3", 1) | {"quoteToken": deep["baseToken"]}
        )
        source = no_feeds(server)
        sounds = await one_pass(server, None, source)
        (tick,) = events(source, sounds)
        assert decode_tick(encode(tick)) == tick
        assert tick.id == f"web:dexscreener:ethereum:{deep['pairAddress']}:{NOW_MS // 60_000}"
        assert (tick.token, tick.symbol, tick.kind) == (PEPE.token, "PEPE", "quote")
        assert (tick.price, tick.quote, tick.venue) == ("0.00001234500", "USD", "uniswap")
        assert (tick.chain, tick.contract) == ("ethereum", deep["pairAddress"])
        assert tick.event_time == "2026-01-01T00:00:00.000Z"


async def test_prices_are_asked_for_once_a_minute_whoever_asks():
    async with WebServer() as server:
        server.pool(PEPE.address, "1", 5)
        clock = ManualClock(NOW_MS)
        cursor = cursor_after(await one_pass(server, None, no_feeds(server, clock=clock)))
        source = no_feeds(server, clock=clock)
        assert events(source, await one_pass(server, cursor, source)) == []
        clock.advance(60)
        (tick,) = events(source, await one_pass(server, cursor, source))
        assert tick.id.endswith(f":{NOW_MS // 60_000 + 1}")


async def test_tokens_that_a_full_answer_leaves_out_are_asked_for_again():
    tokens = tuple(
        RegisteredToken(
            token=f"ethereum:0x{n:040x}", symbol=f"T{n}", chain="ethereum", address=f"0x{n:040x}"
        )
        for n in range(1, 26)
    )
    async with WebServer() as server:
        for token in tokens:
            for depth in range(7):
                server.pool(token.address, "1.5", depth)
        source = no_feeds(server, tokens=tokens)
        ticks = events(source, await one_pass(server, None, source))
        assert {tick.token for tick in ticks} == {token.token for token in tokens}
        assert len(ticks) == 25


async def test_tokens_without_an_address_get_their_price_by_ticker_with_every_digit():
    async with WebServer() as server:
        server.coin("DOGE", "Doge Killer", "4", NOW_MS - 30_000)
        server.coin("DOGE", "Dogecoin", "0.12345678901234567890", NOW_MS - 30_000)
        source = no_feeds(server, tokens=TOKENS[:1])
        (tick,) = events(source, await one_pass(server, None, source))
        assert (tick.token, tick.price, tick.quote) == ("DOGE", "0.12345678901234567890", "USD")
        assert tick.id == f"web:coingecko:dogecoin:{NOW_MS // 60_000 - 1}"
        assert tick.event_time == "2025-12-31T23:59:30.000Z"
        source.clock.advance(60)
        assert events(source, await one_pass(server, None, source)) == []
        server.coins[1]["last_updated"] = "2026-01-01T00:00:30.000Z"
        source.clock.advance(60)
        # The list is read as of now: the other coin did not change, and is left out.
        assert len(events(source, await one_pass(server, None, source))) == 1


async def test_the_key_of_coingecko_goes_into_its_header_only():
    async with WebServer() as server:
        source = web_source(server, settings={"web_feeds": [], "web_coingecko_key": "hush"})
        await one_pass(server, None, source)
        with_key = [r for r in server.requests if "x-cg-demo-api-key" in r.headers]
        assert [r.path for r in with_key] == ["/api/v3/coins/markets"]
        assert not [r for r in server.requests if "hush" in str(r.url)]
        server.answers["/api/v3/coins/markets"] = [web.Response(status=401)]
        source = web_source(server, settings={"web_feeds": []}, tokens=TOKENS[:1])
        _, error = await all_until(aiohttp.ClientError, source.catch_up(None, NOW_MS))
        assert "WEB_COINGECKO_KEY" in str(error)


@pytest.mark.parametrize("body", ["<html>", "{}x", '{"pairs": 5}', "[]"])
async def test_a_broken_list_of_prices_is_a_dead_letter_and_stops_no_other(body):
    async with WebServer() as server:
        server.coin("DOGE", "Dogecoin", "1", NOW_MS)
        server.answers[f"/latest/dex/tokens/{PEPE.address}"] = [web.Response(text=body)]
        source = no_feeds(server)
        rejected, tick = everything(source, await one_pass(server, None, source))
        assert rejected.reason == "no prices"
        assert tick.venue == "coingecko"


async def test_a_broken_pool_is_rejected_and_hides_none_beside_it():
    async with WebServer() as server:
        server.pool(PEPE.address, "1", 5)
        server.pools[PEPE.address.lower()] += [{"chainId": 5}, {"chainId": 6}]
        source = no_feeds(server)
        rejected, tick = everything(source, await one_pass(server, None, source))
        assert isinstance(rejected, Rejected)
        assert msgspec.json.decode(rejected.value) == {"chainId": 5}
        assert tick.symbol == "PEPE"


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "much"])
async def test_a_price_that_is_none_is_rejected(price):
    async with WebServer() as server:
        server.pool(PEPE.address, price, 5)
        source = no_feeds(server)
        (rejected,) = everything(source, await one_pass(server, None, source))
        assert "price" in rejected.reason


# --- both -------------------------------------------------------------------------------------


def test_it_is_on_by_default_and_off_with_nothing_to_read():
    assert Web.off(Settings(_env_file=None)) is None
    nothing = {"web_feeds": [], "web_dexscreener_url": "", "web_coingecko_url": ""}
    assert "MEMEWATCH_WEB_FEEDS" in Web.off(Settings(_env_file=None, **nothing))


def test_the_past_cannot_be_had():
    with pytest.raises(NoHistoryError, match="newest entries"):
        make(Web, {}).history(0, NOW_MS, None)


def test_bytes_that_are_a_files_name_are_not_opened():
    with pytest.raises(ValueError, match="neither RSS nor Atom"):
        read_feed("https://a.example/feed", __file__.encode())


@given(
    st.sampled_from(["entries", "pools", "coins", "unreadable feed", "anything"]),
    st.binary(max_size=200) | st.text().map(lambda text: text.encode()),
)
@settings(deadline=None)
def test_no_bytes_break_the_parser(kind, body):
    payload = Payload(body=body, cursor="", kind=kind, received_ms=NOW_MS)
    assert all(isinstance(item, Rejected) for item in make(Web, {}).parse(payload))


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_break_the_reader_of_feeds(body):
    with contextlib.suppress(ValueError):
        read_feed("https://a.example/feed", body)


async def test_a_refusal_is_one_sentence_and_names_no_key():
    async with WebServer() as server:
        server.answers[FEED] = [web.Response(status=401)]
        source = web_source(server, tokens=())
        with pytest.raises((aiohttp.ClientError, AccessRefusedError), match="refuses access"):
            await one_pass(server, None, source)
