"""The client printed in docs/subscribing.md, run as it stands there, misses no alert."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.stream import store
from memewatch.settings import Settings
from memewatch.stack.ports import free_port
from tests.api.running import DEADLINE_S, run_api
from tests.api.writer import Writer, make_alert
from tests.docs.markdown import code_blocks

pytestmark = pytest.mark.integration


class Client:
    """The example as a process; its position lies in ``directory``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    @asynccontextmanager
    async def running(cls, directory: Path, port: int) -> AsyncIterator[Client]:
        program = directory / "client.py"
        (source,) = code_blocks("docs/subscribing.md", "python")
        program.write_text(source)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            program,
            env={"PATH": os.environ["PATH"], "ALERTS_HOST": f"127.0.0.1:{port}"},
            cwd=directory,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def handled(self, count: int) -> list[str]:
        """The ids of the next ``count`` alerts it was called with."""
        assert self.process.stdout is not None
        async with asyncio.timeout(4 * DEADLINE_S):
            lines = [await self.process.stdout.readline() for _ in range(count)]
        return [line.decode().split()[1] for line in lines]

    async def handled_until(self, last: str) -> list[str]:
        """The ids it was called with up to ``last``; the first may repeat what it knew."""
        handled: list[str] = []
        while last not in handled:
            handled += await self.handled(1)
        return handled


@pytest.fixture
def fixed_port(api_settings: Settings) -> Settings:
    return api_settings.model_copy(update={"api_port": free_port()})


async def test_what_came_while_it_was_off_is_handled_when_it_is_back(
    fixed_port: Settings, writer: Writer, tmp_path: Path
) -> None:
    await writer.alerts(make_alert(1), make_alert(2))
    async with run_api(fixed_port):
        async with Client.running(tmp_path, fixed_port.api_port) as client:
            assert sorted(await client.handled(2)) == ["alert-00001", "alert-00002"]
            await writer.alerts(make_alert(3))
            assert await client.handled(1) == ["alert-00003"]
        await writer.alerts(make_alert(4), make_alert(5, status="resolved"))
        async with Client.running(tmp_path, fixed_port.api_port) as client:
            handled = await client.handled_until("alert-00005")
    # It was killed right after it dealt with the third, so it may not have stored that it did.
    assert [each for each in handled if each != "alert-00003"] == ["alert-00004", "alert-00005"]


async def test_a_restart_of_the_api_is_bridged(
    fixed_port: Settings, writer: Writer, tmp_path: Path
) -> None:
    async with run_api(fixed_port):
        pass
    async with Client.running(tmp_path, fixed_port.api_port) as client:
        async with run_api(fixed_port):
            await writer.alerts(make_alert(1))
            assert await client.handled(1) == ["alert-00001"]
        await writer.alerts(make_alert(2))
        async with run_api(fixed_port):
            assert await client.handled(1) == ["alert-00002"]


async def test_what_was_opened_and_closed_in_a_long_absence_is_handled(
    fixed_port: Settings, writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with run_api(fixed_port), Client.running(tmp_path, fixed_port.api_port) as client:
        await writer.alerts(make_alert(1))
        assert await client.handled(1) == ["alert-00001"]
        await writer.alerts(make_alert(2))
        assert await client.handled(1) == ["alert-00002"]
    gone = [make_alert(number, status="resolved") for number in range(3, 9)]
    await writer.alerts(*gone)
    # The API remembers fewer changes than were missed.
    monkeypatch.setattr(store, "MAXIMUM_CHANGES", 2)
    async with run_api(fixed_port), Client.running(tmp_path, fixed_port.api_port) as client:
        handled = await client.handled_until(gone[0].id)
    assert {alert.id for alert in gone} <= set(handled)


async def test_a_refused_token_ends_it_with_a_reason(fixed_port: Settings, tmp_path: Path) -> None:
    locked = fixed_port.model_copy(
        update={"api_tokens": Settings(_env_file=None, api_tokens=["right"]).api_tokens}
    )
    async with run_api(locked), Client.running(tmp_path, locked.api_port) as client:
        _, errors = await asyncio.wait_for(client.process.communicate(), 2 * DEADLINE_S)
    assert client.process.returncode == 1
    assert errors.decode().startswith("the stream refuses us: ")
