"""The sources' HTTP client: what is an answer, what is a refusal, and what is never told."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from memewatch.clock import ManualClock
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import HttpClient, retry_after_s
from tests.producers.live.servers.site import Answering

NOW_MS = 1_767_225_600_000
SECRET = "bot123:very-secret"


def answering(status=200, headers=None, body=b"", **more):
    async def respond(request):
        return web.Response(status=status, headers=headers or {}, body=body, **more)

    return Answering(respond)


async def ask(server, path="", budget=lambda *_: None, **arguments):
    async with HttpClient(ManualClock(NOW_MS), budget, key_setting="THE_KEY") as client:
        return await client.get(server.url + path, **arguments)


async def test_an_answer_has_lower_case_headers_and_its_whole_body():
    async with answering(headers={"X-Some-Thing": "1"}, body=b"x" * 300_000) as server:
        answer = await ask(server)
    assert answer.status == 200
    assert answer.headers["x-some-thing"] == "1"
    assert len(answer.body) == 300_000


async def test_who_asks_is_told():
    async with answering() as server:
        await ask(server)
    assert server.requests[0].headers["User-Agent"].startswith("memewatch/")


async def test_not_modified_is_an_answer():
    async with answering(304) as server:
        assert (await ask(server)).status == 304


async def test_429_waits_as_long_as_the_server_asks():
    async with answering(429, {"Retry-After": "17"}) as server:
        with pytest.raises(RateLimitedError) as error:
            await ask(server)
    assert error.value.retry_after_s == 17


async def test_503_is_a_rate_limit_only_with_a_time_to_come_back():
    async with answering(503, {"Retry-After": "5"}) as server:
        with pytest.raises(RateLimitedError):
            await ask(server)
    async with answering(503) as server:
        with pytest.raises(aiohttp.ClientError, match="503"):
            await ask(server)


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_access_names_the_setting(status):
    async with answering(status) as server:
        with pytest.raises(AccessRefusedError, match="THE_KEY"):
            await ask(server)


async def test_what_a_caller_accepts_is_an_answer_too():
    async with answering(409, body=b"why") as server:
        assert (await ask(server, accepted={409})).body == b"why"


async def test_an_endless_answer_is_refused():
    async with answering(body=b"x" * 4_000_001) as server:
        with pytest.raises(aiohttp.ClientPayloadError, match="4000000"):
            await ask(server)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"X-RateLimit-Remaining": "98.5", "X-RateLimit-Used": "1.5"}, [(98.5, 100.0)]),
        ({"X-Rate-Limit-Remaining": "3", "X-Rate-Limit-Limit": "450"}, [(3.0, 450.0)]),
        ({"X-RateLimit-Remaining": "7"}, [(7.0, None)]),
        ({"X-RateLimit-Remaining": "nan"}, []),
        ({}, []),
    ],
)
async def test_what_is_left_of_a_rate_limit_is_told(headers, told):
    heard = []
    async with answering(headers=headers) as server:
        await ask(server, budget=lambda remaining, limit: heard.append((remaining, limit)))
    assert heard == told


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:40 GMT"}, 40),
        ({"retry-after": "soon", "x-ratelimit-reset": "30"}, 30),
        ({"x-rate-limit-reset": str(NOW_MS // 1000 + 90)}, 90),
        ({"retry-after": "999999"}, 3600),
        ({"retry-after": "0"}, 1),
        ({}, 60),
    ],
)
def test_the_time_to_wait(headers, seconds):
    assert retry_after_s(headers, NOW_MS) == pytest.approx(seconds)


async def test_no_error_repeats_a_key_in_a_path():
    async def redirect(request):
        raise web.HTTPFound(request.path)

    async def garbage(reader, writer):
        await reader.readline()
        writer.write(b"this is no HTTP\r\n\r\n")
        await writer.drain()
        writer.close()

    texts = []

    async def note(url, **arguments):
        async with HttpClient(ManualClock(NOW_MS), lambda *_: None) as client:
            with pytest.raises((aiohttp.ClientError, TimeoutError, RateLimitedError)) as error:
                await client.get(f"{url}/{SECRET}/x?key={SECRET}", **arguments)
            chain = error.value
            while chain is not None:
                texts.append(f"{chain} {chain!r}")
                chain = chain.__cause__ if chain.__suppress_context__ else chain.__context__

    async def silence(request):
        await asyncio.sleep(5)

    async with Answering(redirect) as server:
        await note(server.url)
    async with Answering(silence) as server:
        await note(server.url, timeout=aiohttp.ClientTimeout(total=0.05))
        await note(server.url, timeout=aiohttp.ClientTimeout(sock_read=0.05))
    async with answering(500) as server:
        await note(server.url)
    async with answering(429) as server:
        await note(server.url)
    await note(server.url)  # nobody listens there any more
    await note("ftp://example.com")
    listening = await asyncio.start_server(garbage, "127.0.0.1", 0)
    async with listening:
        await note(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
    assert len(texts) >= 8
    assert not [text for text in texts if "secret" in text]
