"""Reading a token's view on the joined axis: what its signals said lately."""

from __future__ import annotations

from collections.abc import Iterator

from processors.detectors.base import TokenView
from schemas.alerts import Signal
from schemas.times import parse_rfc3339


def since(view: TokenView, kind: str, from_ms: int) -> Iterator[tuple[int, Signal]]:
    """The signals whose window ended after ``from_ms``, newest first, with that end."""
    for signal in reversed(view.signals(kind)):
        end_ms = parse_rfc3339(signal.event_time)
        if end_ms <= from_ms:
            return
        yield end_ms, signal


def mentions_a_minute(view: TokenView, now_ms: int, span_ms: int) -> float:
    """Posts a minute over the last ``span_ms``; windows without posts count as none."""
    counted = sum(s.values["mentions"] for _, s in since(view, "sentiment", now_ms - span_ms))
    return counted / (span_ms / 60_000)


def last_price(view: TokenView) -> float | None:
    """The newest price, if the token has traded within what the view holds."""
    trading = view.signals("trading")
    return trading[-1].values["close"] if trading else None
