"""The API as a process of its own: it starts, announces its end, and returns."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.main import serve
from memewatch.errors import OperatorError
from memewatch.settings import PREFIX, Settings
from memewatch.stack.ports import free_port
from tests.api.running import DEADLINE_S, receive

_PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from api.main import serve
from memewatch.settings import load_settings
serve(load_settings())
print("returned")
"""


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_planned_end_is_announced_on_the_sockets(
    api_settings: Settings, number: signal.Signals
) -> None:
    port = free_port()
    password = api_settings.postgres_password
    assert password is not None
    environment = {name: value for name, value in os.environ.items() if PREFIX not in name} | {
        f"{PREFIX}POSTGRES_HOST": api_settings.postgres_host,
        f"{PREFIX}POSTGRES_PORT": str(api_settings.postgres_port),
        f"{PREFIX}POSTGRES_DATABASE": api_settings.postgres_database,
        f"{PREFIX}POSTGRES_USER": api_settings.postgres_user,
        f"{PREFIX}POSTGRES_PASSWORD": password.get_secret_value(),
        f"{PREFIX}API_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROGRAM,
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(4 * DEADLINE_S):
            socket_to_end = await _connected(port)
        await receive(socket_to_end, "hello")
        process.send_signal(number)
        await receive(socket_to_end, "shutdown")
        with pytest.raises(ConnectionClosed):
            await socket_to_end.recv()
        assert socket_to_end.close_code == 1012
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        assert (process.returncode, output) == (0, b"returned\n")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OperatorError, match=f"port {port} is in use: .*MEMEWATCH_API_PORT"):
            serve(Settings(_env_file=None, api_port=port))


def test_in_production_nobody_is_served_without_tokens() -> None:
    with pytest.raises(OperatorError, match="set MEMEWATCH_API_TOKENS"):
        serve(Settings(_env_file=None, environment="production", api_port=0))


async def _connected(port: int) -> connect:
    while True:
        try:
            return await connect(f"ws://127.0.0.1:{port}/api/v1/stream")
        except OSError:
            await asyncio.sleep(0.05)
