"""On-chain transfers of a token per window, and what became of its pools."""

from __future__ import annotations

from typing import ClassVar

from processors.anomaly import ActivityAnomaly
from processors.detectors.pools.share_book import is_locked
from processors.features.base import History, Window, decimal_text
from schemas.alerts import SignalKind
from schemas.events import Liquidity, Transfer

#: Pools of one window that are told apart.
_POOLS = 16


class FlowWindow(Window[Transfer | Liquidity]):
    """Count, sum and largest of the transfers, in whole tokens; the part that was taken out of the
    pool that lost most, and the part of shares that were locked or burned, as far as it is told.
    """

    __slots__ = ("_left", "_reserves", "largest", "locked", "transfers", "volume")

    def __init__(self) -> None:
        self.transfers = 0
        self.volume = self.largest = 0.0
        self.locked = 0.0
        #: pool -> what is left of it, of those that lost something
        self._left: dict[str, float] = {}
        #: Transaction and quote of the newest report of what a pool holds.
        self._reserves: tuple[str, str | None] | None = None

    @property
    def removed(self) -> float:
        """The part that one pool lost."""
        return 1.0 - min(self._left.values(), default=1.0)

    def add(self, event: Transfer | Liquidity, time_ms: int) -> None:
        del time_ms
        if isinstance(event, Liquidity):
            self._add_change(event)
            return
        amount = float(event.amount)
        self.transfers += 1
        self.volume += amount
        self.largest = max(self.largest, amount)

    def _add_change(self, event: Liquidity) -> None:
        if event.action == "reserves":
            self._reserves = (event.transaction, event.quote_amount)
        elif event.action == "removed":
            if event.pool in self._left or len(self._left) < _POOLS:
                left = self._left.get(event.pool, 1.0)
                self._left[event.pool] = left * (1.0 - self._part(event))
        elif (
            event.action == "shares_moved"
            and event.to_address
            and is_locked(event.to_address.lower())
        ):
            total = float(event.total_liquidity or 0)
            moved = float(event.liquidity or 0) / total if total > 0.0 else 0.0
            self.locked = min(1.0, self.locked + moved)

    def _part(self, event: Liquidity) -> float:
        """What a removal takes: of the shares, else of the quote, where either is told."""
        for taken, left in (
            (event.liquidity, event.total_liquidity),
            (event.quote_amount, self._left_in(event)),
        ):
            if taken is not None and left is not None and (amount := float(taken)) > 0.0:
                return amount / (amount + float(left))
        return 0.0

    def _left_in(self, event: Liquidity) -> str | None:
        """The quote in the pool after this change, as told in the same transaction."""
        transaction, quote = self._reserves or (None, None)
        return quote if transaction == event.transaction else None


class FlowHistory(History[FlowWindow]):
    """The anomaly of a window's transferred amount among the token's recent windows."""

    kind: ClassVar[SignalKind] = "flow"

    def __init__(self) -> None:
        self._anomaly = ActivityAnomaly()

    def window(self) -> FlowWindow:
        return FlowWindow()

    def score(self, window: FlowWindow, end_ms: int) -> dict[str, float]:
        del end_ms
        return {
            "transfers": float(window.transfers),
            "volume": window.volume,
            "largest": window.largest,
            "pool_removed": window.removed,
            "pool_locked": window.locked,
            "anomaly": self._anomaly.score(window.volume) if window.transfers else 0.0,
        }

    def learn(self, window: FlowWindow) -> None:
        # What happens to pools alone is no quiet window of transfers.
        if window.transfers:
            self._anomaly.learn(window.volume)

    def volume(self, window: FlowWindow) -> str | None:
        return decimal_text(window.volume)
