"""The API as a process."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Iterator

import uvicorn

from api.app import create_app
from api.services import Services
from memewatch.errors import OperatorError
from memewatch.settings import Settings

_log = logging.getLogger(__name__)

#: Subscribers get the announcement within milliseconds; only stuck ones need longer.
_ANNOUNCEMENT_S = 2.0
#: The longest query may still be answered.
_REQUESTS_S = 10
#: The kernel drops a connection whose peer acknowledged nothing for so long, even one that is
#: alive but reads nothing: closing alone would wait for it for ever.
_UNACKNOWLEDGED_MS = 30_000
#: Above what a client may send, so that it is told why before the socket closes.
_MAXIMUM_FRAME = 65_536


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then announce the restart to subscribers and return.

    Raises:
        OperatorError: the address cannot be listened on, or everybody could read in production.
    """
    _refuse_open_production(settings)
    server, listener = build_server(settings)
    host, port = listener.getsockname()[:2]
    _log.info("API: http://%s:%d", f"[{host}]" if ":" in host else host, port)
    server.run(sockets=[listener])


def build_server(settings: Settings) -> tuple[Server, socket.socket]:
    """The server and the bound socket it is to be run on; raises as ``serve``."""
    listener = _listen(settings.api_host, settings.api_port)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=_MAXIMUM_FRAME,
        # Compressing each message anew for every subscriber would cost more than it saves.
        ws_per_message_deflate=False,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=_REQUESTS_S,
    )
    return Server(config, app.state.services), listener


class Server(uvicorn.Server):
    """Uvicorn that tells subscribers before it goes, and does not die of the signal it heard."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self.services = services

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Set explicitly: a shell may have started us with SIGINT ignored."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.services.hub.shut_down(_ANNOUNCEMENT_S)
        await super().shutdown(sockets)

    def _stop(self) -> None:
        self.should_exit = True


def _refuse_open_production(settings: Settings) -> None:
    if settings.environment == "production" and not settings.api_tokens:
        raise OperatorError(
            "in production the API does not serve everybody: set MEMEWATCH_API_TOKENS to a JSON "
            "list of tokens, or put the list into the file memewatch_api_tokens of "
            "MEMEWATCH_SECRETS_DIR"
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(
                f"port {port} is in use: stop what listens there, or choose another with "
                "MEMEWATCH_API_PORT"
            ) from None
        raise OperatorError(
            f"cannot listen on {host}, port {port}: set MEMEWATCH_API_HOST and "
            f"MEMEWATCH_API_PORT ({error.strerror or error})"
        ) from None
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
    return listener
