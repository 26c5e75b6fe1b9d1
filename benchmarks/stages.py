"""The real stages as processes of their own, for what is measured across all of them."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.processes import environment, running
from memewatch.settings import Settings

_READY_DEADLINE_S = 90


@contextlib.asynccontextmanager
async def running_stages(stages: dict[str, Settings]) -> AsyncIterator[None]:
    """`memewatch NAME` with these settings, for each name; all of them stopped at the end."""
    async with contextlib.AsyncExitStack() as stack:
        for name, settings in stages.items():
            command = [sys.executable, "-m", "memewatch", name]
            await stack.enter_async_context(running(command, environment(settings)))
        yield


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
