"""An open alert tells how the price has moved since, but does not chatter."""

from __future__ import annotations

from collections import deque

from processors.detectors.base import TokenView
from processors.progress import FEATURE, Progress
from schemas.alerts import Signal, signal_id
from schemas.times import rfc3339
from tests.processors.engine import START_MS


def view_at(*prices: float) -> TokenView:
    view = TokenView("T", "T", {"trading": deque()})
    for number, price in enumerate(prices):
        end_ms = START_MS + number * 10_000
        view.recent["trading"].append(
            Signal(
                id=signal_id("trading", "T", end_ms, 10_000),
                token="T",
                symbol="T",
                kind="trading",
                event_time=rfc3339(end_ms),
                window_ms=10_000,
                values={"close": price},
            )
        )
    return view


def test_a_move_is_news_after_half_a_minute_and_when_it_is_large_enough() -> None:
    progress = Progress(view_at(1.0), START_MS)
    assert not progress.news(view_at(1.0, 1.5), START_MS + 10_000)
    assert not progress.news(view_at(1.0, 1.005), START_MS + 60_000)
    assert progress.news(view_at(1.0, 1.02), START_MS + 60_000)
    (evidence,) = progress.tell(view_at(1.0, 1.02), START_MS + 60_000)
    assert (evidence.feature, evidence.value) == (FEATURE, 0.02)
    assert not progress.news(view_at(1.0, 1.02), START_MS + 120_000)
    assert progress.news(view_at(1.0, 1.0), START_MS + 120_000)


def test_an_alert_before_any_trade_measures_from_the_first_price() -> None:
    progress = Progress(TokenView("T", "T"), START_MS)
    assert not progress.news(TokenView("T", "T"), START_MS + 60_000)
    assert progress.tell(TokenView("T", "T"), START_MS + 60_000) == ()
    assert progress.tell(view_at(2.0), START_MS + 60_000)[0].value == 0.0
    assert progress.tell(view_at(3.0), START_MS + 120_000)[0].value == 0.5
