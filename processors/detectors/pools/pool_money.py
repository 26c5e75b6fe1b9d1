"""Whether a pool paid for tokens that came in: a sale takes its money, a provision brings some."""

from __future__ import annotations

from schemas.events import Liquidity


class PoolMoney:
    """The quote that a token's pools hold, as they tell it themselves after each change.

    Use: to tell sales from provisions in the very transaction. Weakness: a pool that does not tell
    its reserves, or has not yet, is not known here. Beyond ``limit`` the one idle longest goes.
    """

    __slots__ = ("_limit", "_quotes")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        #: pool (in small letters) -> its quote; None from its creation until it is first fed.
        self._quotes: dict[str, float | None] = {}

    def tells(self, address: str) -> bool:
        """Whether it is a pool that will tell what it holds."""
        return address.lower() in self._quotes

    def pays(self, event: Liquidity) -> bool | None:
        """Take in a change: whether money has left the pool, None when it tells of none."""
        pool = event.pool.lower()
        if event.action == "pool_created":
            self._keep(pool, None)
            return None
        if event.action == "added" and self._quotes.get(pool, 0.0) is None:
            # Fed without a word of what it holds: one of concentrated liquidity never says that.
            del self._quotes[pool]
        if event.action != "reserves" or event.quote_amount is None:
            return None
        before, now = self._quotes.get(pool), float(event.quote_amount)
        self._keep(pool, now)
        return before is not None and now < before

    def _keep(self, pool: str, quote: float | None) -> None:
        self._quotes.pop(pool, None)
        if len(self._quotes) >= self._limit:
            del self._quotes[next(iter(self._quotes))]
        self._quotes[pool] = quote
