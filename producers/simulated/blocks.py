"""The blocks of the simulated chain: one every three seconds, for all tokens."""

from __future__ import annotations

from functools import lru_cache

from producers.simulated.dice import digest

#: A block's time; what happens on the chain carries the time of its block, as on real ones.
BLOCK_MS = 3_000


@lru_cache(maxsize=1024)
def block_hash(market: str, at_ms: int) -> str:
    """The hash of a market's block."""
    return "0x" + digest(market, "block", at_ms, size=32).hex()
