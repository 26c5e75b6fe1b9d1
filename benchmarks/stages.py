"""The real stages as processes of their own, for what is measured across all of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from pydantic import SecretStr

from memewatch.settings import PREFIX, Settings

_ROOT = Path(__file__).parents[1]
_STOP_DEADLINE_S = 30
_READY_DEADLINE_S = 90


@contextlib.asynccontextmanager
async def running(stages: dict[str, Settings]) -> AsyncIterator[None]:
    """`memewatch NAME` with these settings, for each name; all of them stopped at the end."""
    processes = [_start(name, settings) for name, settings in stages.items()]
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                await asyncio.to_thread(process.wait, _STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()


async def until_ready(url: str) -> None:
    """Return once the API at ``url`` says it is ready; ``TimeoutError`` when it never does."""
    async with asyncio.timeout(_READY_DEADLINE_S):
        # Whether another process is ready can only be asked.
        while not await asyncio.to_thread(_answers, f"{url}/ready"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own process on loopback
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _start(name: str, settings: Settings) -> subprocess.Popen[bytes]:
    environment = os.environ | {"MEMEWATCH_LOG_LEVEL": "WARNING"}
    for field in settings.model_fields_set:
        value = getattr(settings, field)
        if value is not None:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            environment[PREFIX + field.upper()] = text
    command = [sys.executable, "-m", "memewatch", name]
    return subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL
    )
