"""Trades of a token per window."""

from __future__ import annotations

from typing import ClassVar

from processors.anomaly import ActivityAnomaly
from processors.features.accumulation import Accumulation
from processors.features.base import History, Window, decimal_text
from schemas.alerts import SignalKind
from schemas.events import Tick


class TradingWindow(Window[Tick]):
    """Prices, counts and volumes; a quote moves the price only.

    A rush order is a taker order that fills several makers, seen as more than one buy in the
    same millisecond (La Morgia et al. 2020, section 4).
    """

    __slots__ = (
        "buy_volume",
        "buys",
        "close",
        "close_text",
        "first_ms",
        "high",
        "last_buy_ms",
        "last_buy_repeats",
        "low",
        "open",
        "rush_orders",
        "trades",
        "volume",
    )

    def __init__(self) -> None:
        self.open = self.high = self.low = self.close = 0.0
        self.close_text = "0"
        self.trades = self.buys = self.rush_orders = 0
        self.volume = self.buy_volume = 0.0
        self.first_ms = 0
        self.last_buy_ms = -1
        self.last_buy_repeats = False

    def add(self, event: Tick, time_ms: int) -> None:
        price = float(event.price)
        if self.open == 0.0:
            self.open = self.high = self.low = price
            self.first_ms = time_ms
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.close_text = event.price
        if event.amount is None or event.kind != "trade":
            return
        value = price * float(event.amount)
        self.trades += 1
        self.volume += value
        if event.side == "buy":
            self.buys += 1
            self.buy_volume += value
            if time_ms != self.last_buy_ms:
                self.last_buy_ms = time_ms
                self.last_buy_repeats = False
            elif not self.last_buy_repeats:
                self.last_buy_repeats = True
                self.rush_orders += 1


class TradingHistory(History[TradingWindow]):
    """The anomaly of a window's quote volume among the token's recent windows, and quiet buying."""

    kind: ClassVar[SignalKind] = "trading"

    def __init__(self) -> None:
        self._anomaly = ActivityAnomaly()
        self._accumulation = Accumulation()

    def window(self) -> TradingWindow:
        return TradingWindow()

    def score(self, window: TradingWindow, end_ms: int) -> dict[str, float]:
        return {
            "open": window.open,
            "high": window.high,
            "low": window.low,
            "close": window.close,
            "trades": float(window.trades),
            "buys": float(window.buys),
            "rush_orders": float(window.rush_orders),
            "volume": window.volume,
            "buy_volume": window.buy_volume,
            "accumulation": self._accumulation.score(window.close, end_ms),
            "anomaly": self._anomaly.score(window.volume) if window.trades else 0.0,
        }

    def learn(self, window: TradingWindow) -> None:
        if window.trades:
            self._anomaly.learn(window.volume)
            self._accumulation.learn(window.volume, window.close, window.first_ms)

    def price(self, window: TradingWindow) -> str | None:
        return window.close_text

    def volume(self, window: TradingWindow) -> str | None:
        return decimal_text(window.volume)
