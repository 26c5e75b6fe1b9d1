from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.features.accumulation import Accumulation

_MINUTE_MS = 60_000


def after(hours: float, volume: float = 100.0) -> tuple[Accumulation, int]:
    """A token that trades the same volume every minute at a price of 1."""
    accumulation = Accumulation()
    minutes = round(60 * hours)
    for minute in range(minutes):
        accumulation.learn(volume, 1.0, minute * _MINUTE_MS)
    return accumulation, minutes * _MINUTE_MS


def test_usual_trading_is_no_accumulation():
    accumulation, now_ms = after(12)
    assert accumulation.score(1.0, now_ms) < 0.1


def test_more_volume_at_a_standing_price_is_and_at_a_rising_one_is_not():
    accumulation, now_ms = after(12)
    for minute in range(60):
        accumulation.learn(500.0, 1.0 + 0.001 * (minute % 2), now_ms + minute * _MINUTE_MS)
    now_ms += 60 * _MINUTE_MS
    assert accumulation.score(1.0, now_ms) > 0.5
    assert accumulation.score(1.2, now_ms) == 0.0


def test_a_young_token_has_no_usual_volume():
    accumulation, now_ms = after(0.5)
    accumulation.learn(10_000.0, 1.0, now_ms)
    assert accumulation.score(1.0, now_ms) == 0.0
    assert Accumulation().score(1.0, 0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(1e-9, 1e6)), max_size=40))
def test_it_lies_between_none_and_all(trades: list[tuple[float, float]]):
    accumulation, now_ms = after(2)
    for number, (volume, close) in enumerate(trades, start=1):
        accumulation.learn(volume, close, now_ms + number * _MINUTE_MS)
        assert 0.0 <= accumulation.score(close, now_ms + number * _MINUTE_MS) <= 1.0
