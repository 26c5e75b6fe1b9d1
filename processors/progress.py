"""How the price has moved since an alert was raised: what a trader asks about every open alert."""

from __future__ import annotations

from processors.detectors.base import TokenView
from schemas.alerts import Evidence

FEATURE = "price_since_alert"
#: Told again after half a minute of event time at the earliest, so that no alert chatters.
_INTERVAL_MS = 30_000
#: A smaller move, as a share of the price at the alert, is no news.
_STEP = 0.01


class Progress:
    """The move of one open alert's price, and what was last told of it."""

    __slots__ = ("_at_alert", "_told", "_told_ms")

    def __init__(self, view: TokenView, time_ms: int) -> None:
        self._at_alert = _last_price(view)
        self._told = 0.0
        self._told_ms = time_ms

    def news(self, view: TokenView, now_ms: int) -> bool:
        """Whether the move since it was last told is worth a revision of its own."""
        if now_ms - self._told_ms < _INTERVAL_MS:
            return False
        return abs(self._move(view) - self._told) >= _STEP

    def tell(self, view: TokenView, now_ms: int) -> tuple[Evidence, ...]:
        """The move as evidence of a revision that is being made; none without a price."""
        if self._at_alert is None:
            self._at_alert = _last_price(view)
        if self._at_alert is None:
            return ()
        self._told = self._move(view)
        self._told_ms = now_ms
        return (
            Evidence(
                feature=FEATURE,
                value=round(self._told, 6),
                baseline=0.0,
                threshold=None,
                weight=0.0,
            ),
        )

    def _move(self, view: TokenView) -> float:
        price = _last_price(view)
        return price / self._at_alert - 1.0 if price and self._at_alert else 0.0


def _last_price(view: TokenView) -> float | None:
    signals = view.signals("trading")
    return signals[-1].values["close"] if signals else None
