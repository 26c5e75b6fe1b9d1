"""Waiting on conditions with a deadline, instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], deadline_s: float = 20.0) -> None:
    """Return once ``condition()`` is true; fail after the deadline."""
    limit = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        await asyncio.sleep(0.02)
