"""Event times as text, fast: a market writes thousands within the same minute."""

from __future__ import annotations

from functools import lru_cache

from schemas.times import rfc3339


def stamp(time_ms: int) -> str:
    """As ``schemas.times.rfc3339``."""
    minute, rest = divmod(time_ms, 60_000)
    return f"{_minute(minute)}{rest // 1000:02d}.{rest % 1000:03d}Z"


@lru_cache(maxsize=64)
def _minute(minute: int) -> str:
    return rfc3339(minute * 60_000)[:17]
