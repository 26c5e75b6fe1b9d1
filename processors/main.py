"""The processor stage as a process."""

from __future__ import annotations

import logging

import faust
from prometheus_client import start_http_server

from memewatch.kafka import ensure_topics
from memewatch.settings import Settings
from processors.app import create_app


def serve(settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT; a crash ends the process with a failure."""
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, addr="0.0.0.0")  # noqa: S104 - scraped from outside
    ensure_topics(settings)
    faust.Worker(
        create_app(settings),
        loglevel=logging.getLevelName(settings.log_level),
        override_logging=False,
        redirect_stdouts=False,
        daemon=True,
        quiet=True,
    ).execute_from_commandline()
