"""`up --source live` with every source there is, each against a server that speaks its protocol,
and a rug pull on a real chain that raises its alert."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from memewatch.settings import PREFIX
from producers.live.catalogue import NAMES
from schemas.times import rfc3339
from tests.contracts.test_live_sources import CASES
from tests.integration.stack import DEADLINE_S, Stack
from tests.producers.live.servers.evm import EvmServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


async def test_every_source_runs_and_a_rug_pull_on_the_chain_raises_its_alert(
    data_dir: Path, tmp_path: Path
) -> None:
    async with AsyncExitStack() as exits:
        servers = {case.name: await exits.enter_async_context(case.serve()) for case in CASES}
        environment = environment_of(servers, tmp_path)
        stack = Stack(data_dir / "stack")
        await exits.enter_async_context(running(stack, environment))

        async def all_have_events() -> bool:
            for case in CASES:
                await case.say(servers[case.name])
            rows = await asyncio.to_thread(stack.ask, "sources")
            return all(row["state"] == "on" and row["events"] > 0 for row in rows)

        await until(all_have_events, lambda: stack.ask("sources"))
        rows = await asyncio.to_thread(stack.ask, "sources")
        assert [row["name"] for row in rows] == list(NAMES)
        assert all(row["last_event"] and row["lag_s"] is not None for row in rows)

        chain: EvmServer = servers["evm"]
        pulled_at = pull(chain)

        async def is_told() -> bool:
            alerts = await asyncio.to_thread(stack.ask, "alerts", "--pattern", "rug_pull")
            return any(alert["token"] == token_of(chain) for alert in alerts)

        await until(is_told, lambda: stack.ask("alerts"))
        (alert,) = await asyncio.to_thread(stack.ask, "alerts", "--pattern", "rug_pull")
        assert alert["status"] == "open"
        assert alert["event_time"] == pulled_at, "in the block of the removal"


def environment_of(servers: dict[str, Any], directory: Path) -> dict[str, str]:
    """What points every source at its server."""
    settings: dict[str, Any] = {}
    entries = []
    for server in servers.values():
        settings |= server.settings()
        entries += list(getattr(server, "entries", ()))
    watched = directory / "watch.toml"
    watched.write_text("".join(_toml(entry) for entry in entries))
    settings["watch_list_file"] = str(watched)
    return {PREFIX + name.upper(): _text(value) for name, value in settings.items()}


@asynccontextmanager
async def running(stack: Stack, environment: dict[str, str]) -> AsyncIterator[None]:
    """The stack, started and stopped in a thread: the servers live in this loop."""
    up = stack.up("live", **environment)
    await asyncio.to_thread(up.__enter__)
    try:
        yield
    finally:
        await asyncio.to_thread(up.__exit__, None, None, None)


async def until(condition: Callable[[], Any], describe: Callable[[], Any]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not await condition():
        if time.monotonic() > deadline:
            raise AssertionError(json.dumps(await asyncio.to_thread(describe), indent=1))
        await asyncio.sleep(0.5)


def pull(server: EvmServer) -> str:
    """Whoever made the pool takes out all of it; the time of the block in which that happened."""
    drained = server.chain.receipt(server.chain.remove_liquidity(server.pool))
    return rfc3339(server.chain.block(drained["blockNumber"])["timestamp"] * 1000)


def token_of(server: EvmServer) -> str:
    return f"ethereum:{server.token.address.lower()}"


def _toml(entry: Any) -> str:
    fields = {
        name: value
        for name in ("kind", "value", "source", "chain", "token", "symbol", "name", "decimals")
        if (value := getattr(entry, name)) is not None
    }
    kind = fields.pop("kind")
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join([f"[[{kind}s]]", *lines, ""]) + "\n"


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return value if isinstance(value, str) else json.dumps(value)
