"""Stages as real processes on the test run's Kafka and PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from memewatch.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
_STOP_DEADLINE_S = 60


class Stage:
    """``python -m memewatch COMMAND`` with the given settings in its environment."""

    def __init__(self, settings: Settings, *command: str) -> None:
        self._environment = os.environ | dict(variables(settings))
        self._command = [sys.executable, "-m", "memewatch", *command]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._environment, cwd=ROOT)

    def kill(self) -> None:
        """As ``kill -9``."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_STOP_DEADLINE_S)

    def end(self) -> None:
        """Make sure nothing is left after a failed test."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(*stages: Stage) -> Iterator[None]:
    """Start the stages, and leave none behind."""
    try:
        for stage in stages:
            stage.start()
        yield
    finally:
        for stage in stages:
            stage.end()


def variables(settings: Settings) -> Iterator[tuple[str, str]]:
    """The environment that gives a process these settings."""
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if value is not None:
            yield PREFIX + name.upper(), str(value)
