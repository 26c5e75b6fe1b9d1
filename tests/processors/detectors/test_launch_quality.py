"""How well launches are judged on coins that nothing was chosen on. Each pattern is also shown the
other cheats, and must not be told there."""

from __future__ import annotations

from collections import Counter

from processors.detectors.base import Detector
from processors.detectors.holder_concentration import HolderConcentration
from processors.detectors.honeypot import Honeypot
from processors.detectors.sniper_bundle import SniperBundle
from schemas.codec import event_time_ms
from schemas.events import Event
from tests.processors.detectors.launch_market import launch_market

_SEEDS = (901, 902)
_EACH = 12


def test_recall_and_precision_on_fresh_launches() -> None:
    required, found, false = Counter[str](), Counter[str](), Counter[str]()
    detectors = (SniperBundle, Honeypot, HolderConcentration)
    for seed in _SEEDS:
        for coin in launch_market(seed, _EACH):
            for detector in detectors:
                pattern, told = detector.pattern, _is_told(detector(), coin.events)
                if pattern == coin.pattern:
                    required[pattern] += 1
                    found[pattern] += told
                elif pattern not in coin.also:
                    false[pattern] += told
    for detector in detectors:
        pattern = detector.pattern
        assert found[pattern] / required[pattern] >= 0.8, (pattern, found, required)
        assert found[pattern] / (found[pattern] + false[pattern]) >= 0.8, (pattern, found, false)


def _is_told(detector: Detector[Event], events: list[Event]) -> bool:
    return any(detector.observe(event, event_time_ms(event)) is not None for event in events)
