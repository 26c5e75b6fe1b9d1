"""`memewatch watch` against a running API: what it prints, where, and how it fails."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from memewatch.settings import Settings
from memewatch.stack import roles
from memewatch.stack.data_directory import DataDirectory, StackState
from memewatch.stack.identity import ProcessIdentity
from memewatch.stack.ports import free_port
from memewatch.stack.roles import API, OWNER
from tests.api.running import Api, run_api
from tests.servers import Servers

pytestmark = pytest.mark.integration

PEPE = "0x6982508145454ce325ddbe47a25d4ec3d2311933"
WRITE = "a-token-to-write"


@pytest.fixture
def api_settings(servers: Servers) -> Iterator[Settings]:
    """What an API on a fresh migrated database gets."""
    from sinks.migrations import upgrade

    there = servers.database
    server = (there.host, there.port, there.superuser_password)
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(roles.ensure_database(*server, name))
    settings = Settings(
        _env_file=None,
        postgres_host=there.host,
        postgres_port=there.port,
        postgres_database=name,
        api_port=0,
    )
    upgrade(roles.settings_for(settings, OWNER, there.passwords))
    yield roles.settings_for(settings, API, there.passwords)
    asyncio.run(roles.drop_database(*server, name))


@pytest.fixture
async def api(api_settings: Settings) -> AsyncIterator[Api]:
    async with run_api(api_settings) as api:
        yield api


class Answer:
    """How a command ended and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


async def watch(api: Api, *arguments: str, **environment: str) -> Answer:
    """`memewatch watch …` that finds the API by settings."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "memewatch", "watch", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"MEMEWATCH_API_PORT": str(api.port), "COLUMNS": "80"} | environment,
    )
    out, err = await process.communicate()
    return Answer(process.returncode or 0, out.decode(), err.decode())


async def test_what_is_added_is_listed_and_removed(api: Api) -> None:
    added = await watch(api, "add", "token", f"ethereum:{PEPE}", "--symbol", "pepe", "--json")
    assert (added.json["added"], added.json["items"][0]["symbol"]) == (1, "PEPE")
    text = await watch(api, "add", "account", "twitter:@elonmusk", "--note", "[b]x[/]")
    assert (text.code, text.out, text.err) == (0, "", "added 1, changed 0, as before 0\n")
    shown = await watch(api, "list")
    assert shown.err == ""
    assert [line.split()[:3] for line in shown.out.splitlines()] == [
        ["kind", "where", "value"],
        ["account", "twitter", "elonmusk"],
        ["token", "ethereum", PEPE],
    ]
    assert "[b]x[/]" in shown.out
    removed = await watch(api, "remove", "account", "elonmusk", "--source", "twitter", "--json")
    assert removed.json == {"removed": 1}
    again = await watch(api, "remove", "account", "twitter:elonmusk")
    assert (again.code, again.out) == (1, "")
    assert "this account was not watched" in again.err
    listed = await watch(api, "list", "--json")
    assert [entry["value"] for entry in listed.json] == [PEPE]


async def test_a_file_is_imported_whole_however_long_it_is(api: Api, tmp_path: Path) -> None:
    words = [f"word {number}" for number in range(620)]
    file = tmp_path / "watch.toml"
    file.write_text(
        f"keywords = {json.dumps(words)}\n"
        'tokens = [{ value = "PEPE", note = "the frog" }]\naccounts = ["telegram:group"]\n'
    )
    change = (await watch(api, "import", str(file), "--json")).json
    assert (change["added"], change["changed"], len(change["items"])) == (622, 0, 622)
    again = await watch(api, "import", str(file))
    assert again.err == "added 0, changed 0, as before 622\n"
    listed = (await watch(api, "list", "--json", "--kind", "keyword")).json
    assert sorted(entry["value"] for entry in listed) == sorted(words)
    (token,) = (await watch(api, "list", "--json", "--kind", "token")).json
    assert token["note"] == "the frog"
    file.write_text("tokens = ['two words']")
    wrong = await watch(api, "import", str(file))
    assert (wrong.code, wrong.out) == (1, "")
    assert "item 1 of tokens: value: a ticker has" in wrong.err


async def test_wrong_use_is_told_before_anything_is_asked(api: Api) -> None:
    for arguments, reason in (
        (("add", "token", PEPE), "name the chain"),
        (("add", "account", "elonmusk"), "needs the source"),
        (("add", "coin", "PEPE"), "coin"),
        (("import", "no-such-file.toml"), "no-such-file.toml"),
    ):
        answer = await watch(api, *arguments)
        assert (answer.code, answer.out) == (2, ""), arguments
        assert reason in " ".join(answer.err.split()), arguments


async def test_the_first_token_that_may_write_is_used(api_settings: Settings) -> None:
    settings = api_settings.model_copy(
        update={"api_tokens": [SecretStr("read")], "api_write_tokens": [SecretStr(WRITE)]}
    )
    async with run_api(settings) as api:
        refused = await watch(api, "list")
        assert (refused.code, refused.out) == (1, "")
        assert "Authorization: Bearer" in refused.err
        read = {"MEMEWATCH_API_TOKENS": '["read"]'}
        assert (await watch(api, "list", "--json", **read)).json == []
        refused = await watch(api, "add", "token", "PEPE", **read)
        assert refused.code == 1
        assert "this token may only read: use one of MEMEWATCH_API_WRITE_TOKENS" in refused.err
        both = read | {"MEMEWATCH_API_WRITE_TOKENS": f'["{WRITE}", "another"]'}
        added = await watch(api, "add", "token", "PEPE", "--json", **both)
        assert added.json["added"] == 1
        assert WRITE not in added.out + added.err


async def test_a_running_stack_is_found_by_its_directory(api: Api, tmp_path: Path) -> None:
    own = ProcessIdentity.of(os.getpid())
    assert own
    directory = DataDirectory(tmp_path / "data")
    directory.path.mkdir()
    state = StackState(
        pid=own.pid,
        start=own.start,
        url=api.url,
        kafka_port=1,
        postgres_port=2,
        namespace="",
        processes=[],
    )
    directory.write_state(state)
    nowhere = {"MEMEWATCH_API_PORT": str(free_port())}
    there = f"--data-dir={directory.path}"
    assert (await watch(api, "add", "token", "PEPE", there, **nowhere)).code == 0
    assert len((await watch(api, "list", "--json", there, **nowhere)).json) == 1
    missing = await watch(api, "list", f"--data-dir={tmp_path}")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    assert "start one with `memewatch up`" in missing.err
    silent = await watch(api, "list", **nowhere)
    assert silent.code == 1
    assert "the API does not answer" in silent.err
