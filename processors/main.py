"""The processor stage as a process."""

from __future__ import annotations

import logging
from dataclasses import replace

import faust

from memewatch.kafka import ensure_topics
from memewatch.metrics import metrics_endpoint
from memewatch.settings import Settings
from processors.app import create_app
from processors.patterns import SHIPPED
from processors.risk.model import with_rules


def serve(settings: Settings) -> None:
    """Run one worker until SIGTERM or SIGINT; a crash ends the process with a failure.

    Raises:
        OperatorError: Kafka does not answer, the metrics port is in use, or the severity rules
            cannot be read.
    """
    patterns = SHIPPED
    if settings.severity_rules is not None:
        patterns = replace(SHIPPED, risk=with_rules(settings.severity_rules))
    ensure_topics(settings)
    with metrics_endpoint(settings):
        faust.Worker(
            create_app(settings, patterns),
            loglevel=logging.getLevelName(settings.log_level),
            override_logging=False,
            redirect_stdouts=False,
            daemon=True,
            quiet=True,
        ).execute_from_commandline()
