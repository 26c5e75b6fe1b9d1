"""The processor stage as a process."""

from __future__ import annotations

import logging

import faust

from memewatch.kafka import ensure_topics
from memewatch.metrics import metrics_endpoint
from memewatch.settings import Settings
from processors.app import create_app


def serve(settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT; a crash ends the process with a failure.

    Raises:
        OperatorError: Kafka does not answer, or the metrics port is in use.
    """
    ensure_topics(settings)
    with metrics_endpoint(settings):
        faust.Worker(
            create_app(settings),
            loglevel=logging.getLevelName(settings.log_level),
            override_logging=False,
            redirect_stdouts=False,
            daemon=True,
            quiet=True,
        ).execute_from_commandline()
