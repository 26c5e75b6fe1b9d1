"""An HTTP server of a test's own: real sockets, and whatever it shall answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web


class Site:
    """``async with`` it; ``url`` says where it listens. Every request is noted in ``requests``."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._note)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _note(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.respond(request)


class Answering(Site):
    """A server whose answers a test gives by a function."""

    def __init__(self, respond: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> None:
        super().__init__()
        self._respond = respond

    async def respond(self, request: web.Request) -> web.StreamResponse:
        return await self._respond(request)
