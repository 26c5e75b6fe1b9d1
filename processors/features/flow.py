"""On-chain transfers of a token per window."""

from __future__ import annotations

from typing import ClassVar

from processors.anomaly import ActivityAnomaly
from processors.features.base import History, Window, decimal_text
from schemas.alerts import SignalKind
from schemas.events import Transfer


class FlowWindow(Window[Transfer]):
    """Count, sum and largest of the transfers, in whole tokens."""

    __slots__ = ("largest", "transfers", "volume")

    def __init__(self) -> None:
        self.transfers = 0
        self.volume = self.largest = 0.0

    def add(self, event: Transfer, time_ms: int) -> None:
        del time_ms
        amount = float(event.amount)
        self.transfers += 1
        self.volume += amount
        self.largest = max(self.largest, amount)


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
            "anomaly": self._anomaly.score(window.volume),
        }

    def learn(self, window: FlowWindow) -> None:
        self._anomaly.learn(window.volume)

    def volume(self, window: FlowWindow) -> str | None:
        return decimal_text(window.volume)
