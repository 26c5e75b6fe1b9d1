"""A real API server inside the test's loop, and clients for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from api.main import Server, build_server
from api.services import Services
from memewatch.settings import Settings

#: Far above what anything here takes; only a failing test waits so long.
DEADLINE_S = 15.0


class Api:
    """Where a running API answers."""

    def __init__(self, server: Server, services: Services, port: int) -> None:
        self.server = server
        self.services = services
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.AsyncClient(base_url=self.url, timeout=DEADLINE_S)

    async def get(self, path: str, expected_status: int = 200, /, **parameters: Any) -> Any:
        """The JSON of a GET; underscores at the end of names (``from_``) are dropped."""
        given = {name.rstrip("_"): value for name, value in parameters.items()}
        response = await self.http.get(f"/api/v1{path}", params=given)
        assert response.status_code == expected_status, response.text
        return response.json()

    async def caught_up(self, seq: int) -> None:
        """Return once the stream's head is there: a commit is heard a moment after it is made."""
        await until(lambda: self.services.hub.seq >= seq)

    def stream(self, **options: Any) -> connect:
        return connect(f"ws://127.0.0.1:{self.port}/api/v1/stream", max_size=None, **options)


@asynccontextmanager
async def run_api(
    settings: Settings, *, wait_ready: bool = True, ping_s: float = 20.0
) -> AsyncIterator[Api]:
    """A server on a free port until the block ends; ``ping_s`` is its pings' pace and patience."""
    server, listener = build_server(settings)
    server.config.ws_ping_interval = server.config.ws_ping_timeout = ping_s
    services = server.services
    task = asyncio.create_task(server.serve(sockets=[listener]))
    api = Api(server, services, listener.getsockname()[1])
    try:
        await until(lambda: server.started or task.done())
        if wait_ready:
            await until(lambda: services.hub.database_up)
        yield api
    finally:
        await api.http.aclose()
        server.should_exit = True
        await asyncio.wait_for(task, DEADLINE_S)


async def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; fails at the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def receive(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next message of one of these types; of any but heartbeats when none is given."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] in kinds or (not kinds and message["type"] != "heartbeat"):
                return message


async def receive_until_seq(socket: ClientConnection, seq: int) -> list[dict[str, Any]]:
    """All messages but heartbeats up to the change with this number."""
    messages = []
    while not messages or messages[-1].get("seq") != seq or "alert" not in messages[-1]:
        messages.append(await receive(socket))
    return messages


async def send(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))
