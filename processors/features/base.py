"""The two small classes every feature file has: a window being filled, and a token's history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from schemas.alerts import Signal, SignalKind, signal_id
from schemas.events import Event
from schemas.times import rfc3339

WINDOW_MS = 10_000

E = TypeVar("E", bound=Event)


class Window(ABC, Generic[E]):
    """One token's window while events still may fall into it."""

    @abstractmethod
    def add(self, event: E, time_ms: int) -> None:
        """Take in one event of the window, in log order."""


W = TypeVar("W", bound=Window)  # type: ignore[type-arg]


class History(ABC, Generic[W]):
    """What a token's past windows say about the next: rolling features and anomaly scores."""

    kind: ClassVar[SignalKind]

    @abstractmethod
    def window(self) -> W:
        """A new, empty window."""

    @abstractmethod
    def score(self, window: W, end_ms: int) -> dict[str, float]:
        """The features of a window that just ended."""

    @abstractmethod
    def learn(self, window: W) -> None:
        """Take a window into what is usual: after it was scored, and once all in it is final.

        Windows come in the order of their ends.
        """

    def price(self, window: W) -> str | None:
        """The window's last price as a decimal string."""
        del window
        return None

    def volume(self, window: W) -> str | None:
        """The window's volume as a decimal string."""
        del window
        return None

    def signal(self, window: W, token: str, symbol: str, end_ms: int) -> Signal:
        """The signal of a window that just ended."""
        return Signal(
            id=signal_id(self.kind, token, end_ms, WINDOW_MS),
            token=token,
            symbol=symbol,
            kind=self.kind,
            event_time=rfc3339(end_ms),
            window_ms=WINDOW_MS,
            values={name: _short(value) for name, value in self.score(window, end_ms).items()},
            price=self.price(window),
            volume=self.volume(window),
        )


def _short(value: float) -> float:
    """Ten significant digits: prices of meme coins have eight zeros before the first."""
    return float(f"{value:.10g}")


def decimal_text(number: float) -> str:
    """A plain decimal string without exponent, sixteen places at most."""
    return f"{number:.16f}".rstrip("0").rstrip(".") or "0"
