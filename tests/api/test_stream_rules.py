"""What a client may not do: come from elsewhere, send nonsense, be unknown, be too slow."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from memewatch.settings import Settings
from tests.api.running import DEADLINE_S, Api, receive, receive_until_seq, run_api, send, until
from tests.api.writer import Writer, make_alert

pytestmark = pytest.mark.integration

TOKEN = "a-token-of-the-test"


async def refusal(socket: ClientConnection) -> tuple[int | None, dict[str, Any]]:
    """The close code, and the error told before."""
    error = await receive(socket, "error")
    async with asyncio.timeout(DEADLINE_S):
        await socket.wait_closed()
    return socket.close_code, error


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not json", "malformed"),
        ("[]", "object"),
        ('{"type":"dance"}', "dance"),
        ('{"type":"subscribe","filter":{"pattern":"pump"}}', "$.filter.pattern"),
        ('{"type":"subscribe","filter":{"severity":"awful"}}', "$.filter.severity"),
        ('{"type":"subscribe","filter":{"min_score":2}}', "$.filter.min_score"),
        ('{"type":"subscribe","filter":{"colour":"red"}}', "colour"),
        ('{"type":"subscribe","seq":-1}', "$.seq"),
        ('{"type":"subscribe","sequence":1}', "sequence"),
        (b'{"type":"subscribe"}', "binary"),
        ('{"type":"subscribe"' + " " * 5000 + "}", "longer"),
    ],
)
async def test_malformed_messages_are_refused_with_the_reason(
    api: Api, text: str | bytes, reason: str
) -> None:
    async with api.stream() as socket:
        await socket.send(text)
        code, error = await refusal(socket)
    assert (code, error["code"]) == (4400, "malformed")
    assert reason in error["reason"]


async def test_a_client_that_sends_too_often_is_closed(api: Api) -> None:
    async with api.stream() as socket:
        for _ in range(40):
            await send(socket, type="subscribe")
        code, error = await refusal(socket)
    assert code == 4400
    assert "too many" in error["reason"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"],
)
async def test_pages_of_other_origins_are_closed(api: Api, origin: str) -> None:
    async with api.stream(origin=origin) as socket:
        code, error = await refusal(socket)
    assert (code, error["code"]) == (4403, "foreign_origin")


async def test_the_own_page_and_allowed_origins_may_connect(api_settings: Settings) -> None:
    settings = api_settings.model_copy(update={"api_allowed_origins": ["https://watch.example"]})
    async with run_api(settings) as api:
        for origin in (api.url, "https://watch.example", None):
            async with api.stream(origin=origin) as socket:
                await receive(socket, "hello")
        response = await api.http.get("/api/v1/stats", headers={"Origin": "https://watch.example"})
        assert response.headers["access-control-allow-origin"] == "https://watch.example"
        response = await api.http.get("/api/v1/stats", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in response.headers


async def test_names_an_attacker_may_have_rebound_are_refused(api: Api) -> None:
    for path in ("/api/v1/alerts", "/", "/metrics"):
        response = await api.http.get(path, headers={"Host": "evil.example"})
        assert response.status_code == 421
        assert "MEMEWATCH_API_ALLOWED_ORIGINS" in response.json()["detail"]
    assert (await api.http.get("/ready", headers={"Host": "evil.example"})).status_code == 200
    for name in ("localhost", "api:8000", "[::1]:8000", "192.168.0.7"):
        assert (await api.http.get("/api/v1/stats", headers={"Host": name})).status_code == 200


async def test_tokens_guard_rest_metrics_and_stream(api_settings: Settings) -> None:
    tokens = [SecretStr("another"), SecretStr(TOKEN)]
    settings = api_settings.model_copy(update={"api_tokens": tokens})
    good = {"Authorization": f"Bearer {TOKEN}"}
    bad = {"Authorization": "Bearer guess"}
    async with run_api(settings) as api:
        for path in ("/api/v1/alerts", "/api/v1/stats", "/api/v1/tokens/T/series", "/metrics"):
            response = await api.http.get(path)
            assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
            assert (await api.http.get(path, headers=bad)).status_code == 401
            assert (await api.http.get(path, headers=good)).status_code in (200, 404)
            assert (await api.http.get(f"{path}?token={TOKEN}")).status_code == 401
        for path in ("/health", "/ready", "/", "/api/v1/openapi.json"):
            assert (await api.http.get(path)).status_code == 200
        async with api.stream(additional_headers=good) as socket:
            await receive(socket, "hello")
        async with api.stream(additional_headers=bad) as socket:
            assert (await refusal(socket))[0] == 4401
        async with api.stream() as socket:
            await send(socket, type="authenticate", token=TOKEN)
            await receive(socket, "hello")
        for first in ({"type": "authenticate", "token": "guess"}, {"type": "subscribe"}):
            async with api.stream() as socket:
                await send(socket, **first)
                code, error = await refusal(socket)
                assert (code, error["code"]) == (4401, "not_authenticated")


async def test_a_client_that_does_not_say_who_it_is_gets_nothing(
    api_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.connection._AUTHENTICATION_S", 0.3)
    settings = api_settings.model_copy(update={"api_tokens": [SecretStr(TOKEN)]})
    async with run_api(settings) as api, api.stream() as socket:
        first = json.loads(await socket.recv())
        assert (first["type"], first["code"]) == ("error", "not_authenticated")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4401


async def test_a_slow_consumer_is_closed_and_the_others_are_not_held_up(
    api_settings: Settings, writer: Writer
) -> None:
    settings = api_settings.model_copy(
        update={"stream_buffer_bytes": 2_000_000, "stream_heartbeat_s": 60}
    )
    async with run_api(settings) as api:
        # A receive buffer this small fills at once; then the server's own queue has to hold it.
        raw = sockets.socket()
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", api.port))
        raw.setblocking(False)
        slow = await api.stream(sock=raw, max_queue=1, ping_interval=None)
        await receive(slow, "snapshot")
        async with api.stream() as quick:
            await receive(quick, "snapshot")
            text = "x" * 100_000
            written = 0
            while api.services.hub.subscriber_count == 2:
                batch = [make_alert(written + n, explanation=text) for n in range(10)]
                written = await writer.alerts(*batch)
                changes = await receive_until_seq(quick, written)
                assert [c["seq"] for c in changes] == list(range(written - 9, written + 1))
        messages = await _rest(slow)
        assert slow.close_code == 4408
        assert (messages[-1]["type"], messages[-1]["code"]) == ("error", "slow_consumer")
        # What it did get is in order and without gaps, so it can resume from there.
        seqs = [message["seq"] for message in messages[:-1]]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) < written
        metrics = (await api.http.get("/metrics")).text
        assert "memewatch_stream_slow_consumers_closed_total 1.0" in metrics
        assert f"memewatch_stream_head_seq {written}.0" in metrics


async def _rest(socket: ClientConnection) -> list[dict[str, Any]]:
    """All messages until the socket is closed."""
    async with asyncio.timeout(DEADLINE_S):
        return [json.loads(text) async for text in _until_closed(socket)]


async def _until_closed(socket: ClientConnection) -> AsyncIterator[str | bytes]:
    with suppress(ConnectionClosed):
        while True:
            yield await socket.recv()


async def test_a_client_that_answers_no_ping_is_given_up_without_an_error(
    api_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings = api_settings.model_copy(update={"stream_heartbeat_s": 0.01})
    async with run_api(settings, ping_s=0.1) as api:
        # By hand, because a websocket client would answer by itself.
        _reader, silent = await asyncio.open_connection("127.0.0.1", api.port)
        silent.write(
            b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await until(lambda: api.services.hub.subscriber_count == 1)
        await until(lambda: api.services.hub.subscriber_count == 0)
        silent.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_there_is_room_for_so_many_and_no_more(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.hub.MAXIMUM_SUBSCRIBERS", 1)
    async with api.stream() as first:
        await receive(first, "hello")
        async with api.stream() as second:
            code, error = await refusal(second)
            assert (code, error["code"]) == (1013, "full")
    await until(lambda: api.services.hub.subscriber_count == 0)
    async with api.stream() as third:
        await receive(third, "hello")
