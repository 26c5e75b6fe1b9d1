"""A stage's own `/metrics`, for Prometheus; the API serves its own on its one port."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from memewatch.errors import OperatorError
from memewatch.settings import Settings


@contextlib.contextmanager
def metrics_endpoint(settings: Settings, registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Serve ``registry`` on ``settings.metrics_port`` (nothing when None) for as long as it runs.

    Only this machine may ask in the local environment.

    Raises:
        OperatorError: the port cannot be opened.
    """
    if settings.metrics_port is None:
        yield
        return
    address = "127.0.0.1" if settings.environment == "local" else "0.0.0.0"  # noqa: S104
    try:
        server, thread = start_http_server(settings.metrics_port, address, registry)
    except OSError as error:
        raise OperatorError(
            f"metrics port {settings.metrics_port} cannot be opened ({error.strerror}): "
            "set MEMEWATCH_METRICS_PORT to a free one"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
