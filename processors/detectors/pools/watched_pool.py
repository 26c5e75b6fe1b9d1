"""One pool as a possible loot: who holds its shares, what others brought, what insiders do."""

from __future__ import annotations

from collections.abc import Container

from processors.detectors.pools.pool_features import PoolFeatures
from processors.detectors.pools.rug_signs import Signs
from processors.detectors.pools.share_book import is_locked
from processors.detectors.pools.token_trail import TokenTrail
from schemas.events import Liquidity


class WatchedPool:
    """Kept up event by event from what the pool says; ``insiders`` are those known before it.

    Weakness: of a pool that was not seen from its creation, what it held when first seen counts as
    provided, and the shares of earlier days belong to nobody known.
    """

    __slots__ = ("_created", "_provided", "_quote", "_tokens", "features", "signs", "warned_ms")

    def __init__(self, created: bool, holders: int, span_ms: int) -> None:
        self.features = PoolFeatures(holders)
        self.signs = Signs(span_ms)
        #: When it was last warned of.
        self.warned_ms: int | None = None
        self._created = created
        #: What it held after the newest change.
        self._tokens: float | None = None
        self._quote: float | None = None
        #: The part of the quote that providers and insiders brought, less what left with removals
        #: and what insiders got for tokens.
        self._provided: float | None = None

    @property
    def brought(self) -> float:
        """The part of its quote that other people brought by buying, in 0..1."""
        if not self._quote or self._provided is None:
            return 0.0
        return max(0.0, 1.0 - self._provided / self._quote)

    def is_quiet(self, time_ms: int, cool_down_ms: int) -> bool:
        """Whether a warning is too young for another."""
        return self.warned_ms is not None and time_ms - self.warned_ms < cool_down_ms

    def begin_anew(self) -> None:
        """What was seen and said counts no more."""
        self.warned_ms = None
        self.signs.clear()

    def take_in(
        self, event: Liquidity, insiders: Container[str], trail: TokenTrail, time_ms: int
    ) -> None:
        """What the pool says, after the transfers of its transaction."""
        if event.action == "reserves":
            self._hold(event, insiders, trail, time_ms)
        elif event.action == "added":
            self._provide(event, time_ms)
        elif event.action == "removed":
            self._remove(event, insiders, time_ms)
        elif event.action == "shares_moved":
            self._move_shares(event, insiders, time_ms)

    def _hold(
        self, event: Liquidity, insiders: Container[str], trail: TokenTrail, time_ms: int
    ) -> None:
        """What it holds now. In a trade one side grows and the other shrinks."""
        if event.token_amount is None or event.quote_amount is None:
            return
        tokens, quote = float(event.token_amount), float(event.quote_amount)
        before, quote_before = self._tokens, self._quote
        self._tokens, self._quote = tokens, quote
        if before is None or quote_before is None:
            if not self._created:
                self._provided = quote
            return
        pool = event.pool.lower()
        if tokens < before and quote > quote_before:
            self.features.swapped(purchase=True, time_ms=time_ms)
            if trail.buyer(event.transaction, pool) in insiders:
                # Their own money is no loot.
                self._own(quote - quote_before)
        elif tokens > before and quote < quote_before:
            self.features.swapped(purchase=False, time_ms=time_ms)
            paid = trail.paid(event.transaction, pool)
            if paid is not None and paid.by in insiders:
                self.signs.add("insider_sold", paid.amount / tokens, time_ms)
                # They have their money back: all the more of what is left is of others.
                self._own(quote - quote_before)

    def _own(self, change: float) -> None:
        if self._provided is not None:
            self._provided = max(0.0, self._provided + change)

    def _provide(self, event: Liquidity, time_ms: int) -> None:
        self.features.provided(time_ms)
        quote = float(event.quote_amount or 0)
        self._provided = (self._provided or 0.0) + quote
        shares = self.features.shares
        made = _number(event.liquidity)
        if made is None:
            # As a pool makes them: as many as it grew, the first ones as the quote.
            before = (self._quote or 0.0) - quote
            made = shares.total * quote / before if shares.total and before > 0.0 else quote
        holder = (event.to_address or event.from_address or "").lower()
        if made > 0.0 and holder:
            shares.make(holder, made, _number(event.total_liquidity))

    def _remove(self, event: Liquidity, insiders: Container[str], time_ms: int) -> None:
        self.features.removed(time_ms)
        quote = float(event.quote_amount or 0)
        before = (self._quote or 0.0) + quote
        part = min(1.0, quote / before) if before > 0.0 else 0.0
        if self._provided is not None:
            self._provided *= 1.0 - part
        shares = self.features.shares
        burned = _number(event.liquidity)
        holder = (event.from_address or event.to_address or "").lower()
        shares.burn(
            event.pool.lower(),
            holder,
            shares.total * part if burned is None else burned,
            _number(event.total_liquidity),
        )
        if holder in insiders:
            self.signs.add("insider_removed", part, time_ms)

    def _move_shares(self, event: Liquidity, insiders: Container[str], time_ms: int) -> None:
        moved = _number(event.liquidity)
        if event.from_address is None or event.to_address is None or not moved:
            return
        sender, receiver = event.from_address.lower(), event.to_address.lower()
        shares = self.features.shares
        shares.move(sender, receiver, moved, _number(event.total_liquidity))
        # To the pool itself: handed in to be burned.
        if shares.total <= 0.0 or receiver == event.pool.lower() or is_locked(receiver):
            return
        if is_locked(sender) or (sender in insiders and receiver in insiders):
            self.signs.add("shares_unlocked", moved / shares.total, time_ms)
        elif sender in insiders:
            self.signs.add("shares_passed_on", moved / shares.total, time_ms)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
