"""The watch list over HTTP: read, add, replace, remove, and what is refused."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from memewatch.settings import Settings
from memewatch.stack import roles
from memewatch.stack.roles import API, PRODUCER
from schemas.times import parse_rfc3339
from schemas.watch import WatchEntry
from tests.api.proxy import Proxy
from tests.api.running import Api, run_api
from tests.servers import Servers

pytestmark = pytest.mark.integration

PATH = "/api/v1/watch-list"
PEPE = "0x6982508145454Ce325dDbE47a25d4ec3d2311933"


def item(kind: str, value: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "value": value, **fields}


async def add(api: Api, *items: dict[str, Any], expected: int = 201) -> Any:
    response = await api.http.post(PATH, json={"items": items})
    assert response.status_code == expected, response.text
    return response.json()


async def remove(api: Api, expected: int = 204, **identity: str) -> None:
    response = await api.http.delete(PATH, params=identity)
    assert response.status_code == expected, response.text


async def watched(api: Api, **parameters: Any) -> list[tuple[str, str, str]]:
    page = await api.get("/watch-list", **parameters)
    return [
        (each["kind"], each["source"] or each["chain"], each["value"]) for each in page["items"]
    ]


async def test_what_is_added_is_listed_in_its_one_spelling(api: Api) -> None:
    assert await api.get("/watch-list") == {"items": [], "next_cursor": None}
    change = await add(
        api,
        item("token", PEPE, chain="Ethereum", symbol="$pepe", name="Pepe", decimals=18),
        item("account", "@elonmusk", source="twitter", note="moves markets"),
        item("keyword", "dog  with hat"),
    )
    assert (change["added"], change["changed"], len(change["items"])) == (3, 0, 3)
    page = await api.get("/watch-list")
    assert page["next_cursor"] is None
    assert [parse_rfc3339(each.pop("added_at")) > 0 for each in page["items"]] == [True] * 3
    nothing = dict.fromkeys(("source", "chain", "token", "symbol", "name", "decimals", "note"))
    assert page["items"] == [
        nothing | item("account", "elonmusk", source="twitter", note="moves markets"),
        nothing | item("keyword", "dog with hat"),
        nothing
        | item("token", PEPE.lower(), chain="ethereum", symbol="PEPE", name="Pepe", decimals=18),
    ]


async def test_adding_again_changes_nothing_and_something_else_replaces(api: Api) -> None:
    first = await add(api, item("token", "PEPE"))
    again = await add(api, item("token", "$pepe"), expected=200)
    assert again == first | {"added": 0}
    changed = await add(api, item("token", "pepe", note="hot"), expected=200)
    assert (changed["added"], changed["changed"]) == (0, 1)
    assert changed["items"] == [first["items"][0] | {"note": "hot"}]
    # The same thing twice in one request: the later counts.
    change = await add(api, item("keyword", "moon"), item("keyword", "Moon", note="2"))
    assert (change["added"], [each["note"] for each in change["items"]]) == (1, ["2"])


async def test_identity_is_kind_place_and_value_whatever_its_case(api: Api) -> None:
    await add(
        api,
        item("keyword", "moon"),
        item("keyword", "moon", source="reddit"),
        item("token", PEPE, chain="ethereum"),
        item("token", PEPE, chain="base"),
        item("pool", PEPE, chain="base"),
        item("account", "Straße", source="telegram"),
    )
    await add(api, item("account", "STRASSE", source="telegram"), expected=200)
    await remove(api, kind="keyword", value="MOON")
    await remove(api, kind="token", value=PEPE.upper().replace("X", "x"), chain="ethereum")
    await remove(api, kind="account", value="@strasse", source="Telegram")
    assert await watched(api) == [
        ("keyword", "reddit", "moon"),
        ("pool", "base", PEPE.lower()),
        ("token", "base", PEPE.lower()),
    ]
    await remove(api, kind="keyword", value="moon", expected=404)


async def test_the_contracts_identity_is_the_tables(api: Api, database: Settings) -> None:
    await add(api, item("token", PEPE, chain="base"), item("keyword", "İ"))
    entries = [
        WatchEntry(kind="token", value=PEPE.lower(), chain="base"),
        WatchEntry(kind="keyword", value="İ"),
    ]
    owner = await _connect(database)
    rows = await owner.fetch("select kind, scope, folded from watch_list")
    await owner.close()
    assert {tuple(row) for row in rows} == {entry.identity for entry in entries}


async def test_pages_follow_one_another_without_gaps(api: Api) -> None:
    values = [f"word {number}" for number in range(7)]
    await add(api, *(item("keyword", value) for value in values), item("token", "PEPE"))
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("/watch-list", 200, kind="keyword", limit=3, **cursor)
        found += [each["value"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == values
    assert await watched(api, kind="token") == [("token", None, "PEPE")]
    foreign = "WyJhbGVydHMiLDAsIngiXQ"
    assert "another list" in (await api.get("/watch-list", 400, cursor=foreign))["detail"]
    assert "cursor" in (await api.get("/watch-list", 400, cursor="nonsense"))["detail"]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (item("token", PEPE), "items.1.chain: name the chain of the address"),
        (item("token", PEPE[:-1], chain="base"), "is no address on base: it must be 0x and 40"),
        (item("pool", PEPE), "items.1.chain: a pool needs the chain it is on"),
        (item("account", "elonmusk"), "items.1.source: an account needs the source"),
        (item("keyword", " "), "items.1.value: must not be empty"),
        (item("keyword", ""), "items.1.value: String should have at least 1 character"),
        (item("keyword", "a" * 257), "items.1.value: String should have at most 256"),
        (item("keyword", "a\x00"), "items.1.value: must be one line"),
        (item("keyword", "a", note="\x00"), "items.1.note"),
        (item("coin", "a"), "items.1.kind: Input should be 'token', 'account', 'keyword' or"),
        (item("token", "A", decimals=-1), "items.1.decimals"),
        (item("token", "A", colour="red"), "items.1.colour: Extra inputs are not permitted"),
        ("PEPE", "items.1"),
    ],
)
async def test_nonsense_is_refused_with_its_place_and_nothing_is_stored(
    api: Api, sent: Any, reason: str
) -> None:
    refusal = await add(api, item("token", "GOOD"), sent, expected=422)
    place, _, rest = refusal["detail"].partition(": ")
    assert reason in refusal["detail"] or reason in f"{place}.{rest}"
    assert await watched(api) == []


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": [item("token", "A")] * 501}, []])
async def test_a_request_holds_one_to_five_hundred_entries(api: Api, body: Any) -> None:
    response = await api.http.post(PATH, json=body)
    assert response.status_code == 422, response.text


async def test_the_list_is_bounded(api_settings: Settings) -> None:
    async with run_api(api_settings.model_copy(update={"watch_list_limit": 3})) as api:
        await add(api, item("token", "A"), item("token", "B"))
        refusal = await add(api, item("token", "C"), item("token", "D"), expected=409)
        assert "it takes 3 entries" in refusal["detail"]
        assert "MEMEWATCH_WATCH_LIST_LIMIT" in refusal["detail"]
        assert [value for _, _, value in await watched(api)] == ["A", "B"]
        await add(api, item("token", "C"))
        # A full list may still be corrected, and made smaller.
        await add(api, item("token", "A", note="kept"), expected=200)
        await remove(api, kind="token", value="B")
        await add(api, item("token", "D"))


async def test_a_database_that_went_away_is_told_and_found_again(
    api_settings: Settings, proxy: Proxy
) -> None:
    settings = api_settings.model_copy(
        update={"postgres_host": "127.0.0.1", "postgres_port": proxy.port}
    )
    async with run_api(settings) as api:
        await add(api, item("token", "A"))
        await proxy.cut()
        refusal = await add(api, item("token", "B"), expected=503)
        assert "the database does not answer" in refusal["detail"]
        await proxy.mend()
        # The pool's connection is dead; writing uses a new one.
        await add(api, item("token", "B"))
        assert [value for _, _, value in await watched(api)] == ["A", "B"]


async def test_the_api_may_write_there_and_nowhere_else_and_the_producer_only_reads_it(
    database: Settings, servers: Servers
) -> None:
    api = await _connect(roles.settings_for(database, API, servers.database.passwords))
    producer = await _connect(roles.settings_for(database, PRODUCER, servers.database.passwords))
    owner = await _connect(database)
    tables = [
        row["tablename"]
        for row in await owner.fetch("select tablename from pg_tables where schemaname = 'public'")
    ]
    assert "watch_list" in tables
    rights = "select has_table_privilege(current_user, $1, $2)"
    changes = ("insert", "update", "delete", "truncate")
    for table in tables:
        may_api = [right for right in changes if await api.fetchval(rights, table, right)]
        assert may_api == (["insert", "update", "delete"] if table == "watch_list" else []), table
        for right in ("select", *changes):
            may = await producer.fetchval(rights, table, right)
            assert may == (table == "watch_list" and right == "select"), (table, right)
    await api.execute("insert into watch_list (kind, value, folded) values ('token', 'A', 'a')")
    assert await producer.fetchval("select value from watch_list") == "A"
    for refused in ("delete from watch_list", "select from posts", "create table mine (n int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await producer.execute(refused)
    for connection in (api, producer, owner):
        await connection.close()


async def _connect(settings: Settings) -> asyncpg.Connection:
    assert settings.postgres_password
    return await asyncpg.connect(
        host=settings.postgres_host,
        port=settings.postgres_port,
        user=settings.postgres_user,
        password=settings.postgres_password.get_secret_value(),
        database=settings.postgres_database,
    )
