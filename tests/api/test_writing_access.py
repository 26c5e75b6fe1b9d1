"""Who may change the watch list: tokens, this machine, pages of other origins, sizes and rates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from api.limits import LARGEST_BODY, RequestRate
from api.security import Gatekeeper
from memewatch.settings import Settings
from tests.api.running import DEADLINE_S, Api, run_api

PATH = "/api/v1/watch-list"
BODY = {"items": [{"kind": "token", "value": "PEPE"}]}
READ, WRITE = "a-token-to-read", "a-token-to-write"

integration = pytest.mark.integration


def gatekeeper(**settings: Any) -> Gatekeeper:
    return Gatekeeper(Settings(_env_file=None, **settings))


def tokens(*names: str) -> list[SecretStr]:
    return [SecretStr(name) for name in names]


@pytest.mark.parametrize(
    ("settings", "token", "client", "expected"),
    [
        ({}, None, "127.0.0.1", None),
        ({}, None, "::1", None),
        ({}, None, "::ffff:127.0.0.1", None),
        ({}, None, "192.168.0.7", (403, "only this machine")),
        ({}, None, None, (403, "only this machine")),
        ({"environment": "production"}, None, "127.0.0.1", (403, "MEMEWATCH_API_WRITE_TOKENS")),
        ({"api_tokens": tokens(READ)}, READ, "127.0.0.1", (403, "MEMEWATCH_API_WRITE_TOKENS")),
        ({"api_write_tokens": tokens(WRITE)}, None, "127.0.0.1", (401, "Authorization: Bearer")),
        ({"api_write_tokens": tokens(WRITE)}, "guess", "127.0.0.1", (401, "Authorization")),
        ({"api_write_tokens": tokens("other", WRITE)}, WRITE, "192.168.0.7", None),
        (
            {"api_tokens": tokens(READ), "api_write_tokens": tokens(WRITE)},
            READ,
            "127.0.0.1",
            (403, "may only read"),
        ),
        (
            {"environment": "production", "api_write_tokens": tokens(WRITE)},
            WRITE,
            "192.168.0.7",
            None,
        ),
    ],
)
def test_whoever_may_write_is_known_by_token_or_is_this_machine(
    settings: dict[str, Any], token: str | None, client: str, expected: tuple[int, str] | None
) -> None:
    authorization = None if token is None else f"Bearer {token}"
    refusal = gatekeeper(**settings).refuses_write(authorization, {}, client)
    if expected is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.status == expected[0]
        assert expected[1] in refusal.reason


@pytest.mark.parametrize("header", ["forwarded", "x-forwarded-for"])
def test_whom_a_proxy_of_this_machine_speaks_for_is_not_this_machine(header: str) -> None:
    keeper = gatekeeper()
    refusal = keeper.refuses_write(None, {header: "192.168.0.7"}, "127.0.0.1")
    assert refusal is not None
    assert refusal.status == 403
    assert keeper.refuses_write(None, {}, "127.0.0.1") is None


def test_a_token_that_may_write_may_read() -> None:
    keeper = gatekeeper(api_tokens=tokens(READ), api_write_tokens=tokens(WRITE))
    assert keeper.admits(f"Bearer {WRITE}")
    assert keeper.admits(f"Bearer {READ}")
    assert not keeper.admits("Bearer guess")
    # Tokens for writing alone do not close what everybody could read before.
    assert gatekeeper(api_write_tokens=tokens(WRITE)).admits(None)


def test_a_writers_name_tells_them_apart_and_tells_no_token() -> None:
    both = tokens(WRITE, "another")
    keeper = gatekeeper(api_tokens=tokens(READ), api_write_tokens=both)
    names = [keeper.writer(f"Bearer {each.get_secret_value()}") for each in both]
    assert all(name is not None and name.startswith("token-") for name in names)
    assert len(set(names)) == len(both)
    # Neither a restart nor another order of the list makes somebody else of them.
    again = gatekeeper(api_write_tokens=both[::-1])
    assert again.writer(f"Bearer {WRITE}") == names[0]
    assert not any(WRITE in str(name) for name in names)
    for stranger in (None, "Bearer guess", f"Bearer {READ}"):
        assert keeper.writer(stranger) is None
    assert gatekeeper().writer(None) == "local"


def test_a_rate_lets_a_burst_through_and_then_says_how_long_to_wait() -> None:
    now_s = 100.0
    rate = RequestRate(3, per_s=2.0, now_s=lambda: now_s)
    assert [rate.take() for _ in range(4)] == [0, 0, 0, 0.5]
    now_s += 0.5
    assert [rate.take() for _ in range(2)] == [0, 0.5]
    now_s += 1000
    assert [rate.take() > 0 for _ in range(4)] == [False, False, False, True]


@pytest.fixture
async def guarded(api_settings: Settings) -> AsyncIterator[Api]:
    """An API in production, with a token to read and one to write."""
    settings = api_settings.model_copy(
        update={
            "environment": "production",
            "api_tokens": tokens(READ),
            "api_write_tokens": tokens(WRITE),
            "api_allowed_origins": ["https://watch.example"],
        }
    )
    async with run_api(settings) as api:
        yield api


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@integration
async def test_over_http_a_read_token_reads_and_a_write_token_writes(guarded: Api) -> None:
    http = guarded.http
    response = await http.post(PATH, json=BODY)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert (await http.post(PATH, json=BODY, headers=bearer(READ))).status_code == 403
    assert (await http.post(PATH, json=BODY, headers=bearer(WRITE))).status_code == 201
    assert (await http.get(PATH)).status_code == 401
    for token in (READ, WRITE):
        page = (await http.get(PATH, headers=bearer(token))).json()
        assert [each["value"] for each in page["items"]] == ["PEPE"]
    identity = BODY["items"][0]
    assert (await http.delete(PATH, params=identity, headers=bearer(READ))).status_code == 403
    assert (await http.delete(PATH, params=identity, headers=bearer(WRITE))).status_code == 204


@integration
async def test_in_production_without_write_tokens_nobody_writes(api_settings: Settings) -> None:
    settings = api_settings.model_copy(
        update={"environment": "production", "api_tokens": tokens(READ)}
    )
    async with run_api(settings) as api:
        for request in (
            api.http.post(PATH, json=BODY, headers=bearer(READ)),
            api.http.delete(PATH, params=BODY["items"][0], headers=bearer(READ)),
        ):
            response = await request
            assert response.status_code == 403
            assert "set MEMEWATCH_API_WRITE_TOKENS" in response.json()["detail"]


@integration
async def test_a_page_of_another_origin_writes_nothing(api: Api) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        for method in ("POST", "DELETE"):
            response = await api.http.request(
                method, PATH, json=BODY, params=BODY["items"][0], headers={"Origin": origin}
            )
            assert response.status_code == 403, (method, origin)
            assert "another origin" in response.json()["detail"]
    # A name that was rebound to this address, and a form, which no browser asks before it sends.
    response = await api.http.post(PATH, json=BODY, headers={"Host": "evil.example"})
    assert response.status_code == 421
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
        response = await api.http.post(
            PATH, content=b'{"items":[]}', headers={"Content-Type": media_type}
        )
        assert response.status_code == 415
    assert (await api.get("/watch-list"))["items"] == []
    response = await api.http.post(PATH, json=BODY, headers={"Origin": api.url})
    assert response.status_code == 201


@integration
async def test_an_allowed_origin_is_told_that_it_may_write(guarded: Api) -> None:
    def asks(origin: str) -> Any:
        return guarded.http.options(
            PATH,
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization, content-type",
            },
        )

    allowed = await asks("https://watch.example")
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (
        200,
        "https://watch.example",
    )
    assert "access-control-allow-origin" not in (await asks("https://evil.example")).headers
    response = await guarded.http.post(
        PATH, json=BODY, headers=bearer(WRITE) | {"Origin": "https://watch.example"}
    )
    assert response.status_code == 201


@integration
async def test_a_body_is_bounded_whether_its_size_is_told_or_not(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"items":['
        for _ in range(LARGEST_BODY // 1024 + 1):
            yield b" " * 1024

    json = {"Content-Type": "application/json"}
    for content in (b" " * (LARGEST_BODY + 1), endless()):
        response = await api.http.post(PATH, content=content, headers=json)
        assert response.status_code == 413
        assert "at most 512 KiB" in response.json()["detail"]


@integration
async def test_too_many_changes_are_asked_to_wait(api: Api) -> None:
    assert (await api.http.post(PATH, json=BODY)).status_code == 201
    async with asyncio.timeout(DEADLINE_S):
        while True:
            # A busy machine may take so long for a request that the next may pass already.
            while api.services.write_rate.take() == 0:
                pass
            response = await api.http.post(PATH, json=BODY)
            if response.status_code == 429:
                break
            assert response.status_code == 200
    assert int(response.headers["retry-after"]) >= 1
    # Reading goes on.
    assert (await api.http.get(PATH)).status_code == 200
