"""How well warnings are judged on coins that nothing was chosen on, and that no drain is missed."""

from __future__ import annotations

from collections import Counter

from processors.detectors.rug_pull import RugPull
from schemas.codec import event_time_ms
from tests.processors.detectors.rug_market import Life, rug_market

_SEEDS = (77,)
_EACH = 6


def told(life: Life) -> dict[str, int]:
    """When each phase was first told of."""
    detector = RugPull()
    found: dict[str, int] = {}
    for event in life.events:
        time_ms = event_time_ms(event)
        opening = detector.observe(event, time_ms)
        if opening is not None:
            found.setdefault(opening.phase, time_ms)
    return found


def test_warnings_come_before_prepared_drains_and_seldom_else() -> None:
    prepared, warned, false = Counter[str](), Counter[str](), Counter[str]()
    for seed in _SEEDS:
        for life in rug_market(seed, _EACH):
            found = told(life)
            if life.drained_ms is not None:
                prepared[life.strength] += 1
                warned[life.strength] += found.get("warned", life.drained_ms) < life.drained_ms
                assert found["draining"] == life.drained_ms
            elif life.kind == "sudden":
                assert "draining" in found
            else:
                assert "draining" not in found
                false[life.kind] += "warned" in found
    assert warned["strong"] == prepared["strong"]
    assert warned["weak"] / prepared["weak"] >= 0.6
    assert warned.total() / (warned.total() + false.total()) >= 0.8, false
