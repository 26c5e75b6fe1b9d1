"""A real worker process with the test detectors: ``python -m tests.processors.run_worker``."""

from __future__ import annotations

import logging

import faust

from memewatch.settings import load_settings
from processors.app import create_app
from tests.processors.engine import PATTERNS

if __name__ == "__main__":
    faust.Worker(
        create_app(load_settings(), PATTERNS),
        loglevel=logging.WARNING,
        redirect_stdouts=False,
        daemon=True,
        quiet=True,
    ).execute_from_commandline()
