"""What the shipped detectors find in simulated markets that nobody looked at while building them.

The market's truth is read here and in `evaluate` only; the detectors never see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from processors.offline import replay
from producers.simulated.generator import SimulatedMarket
from producers.simulated.scoring import JUDGED, PatternScore, score
from producers.simulated.truth import Truth

_START_MS = 1_760_000_000_000
_HOUR_MS = 3_600_000
#: Held out: no line of a detector was drawn with these.
_SEEDS = (711, 712, 713)


@cache
def scores(seed: int) -> Mapping[str, PatternScore]:
    """Sixteen tokens, seven hours, five to twenty scenarios of each pattern."""
    truths: list[Truth] = []
    market = SimulatedMarket(
        seed,
        16,
        start_ms=_START_MS,
        end_ms=_START_MS + 7 * _HOUR_MS,
        on_truth=truths.append,
    )
    alerts = replay(market.events()).alerts
    return score([alert for alert in alerts if alert.revision == 1], truths)


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("pattern", JUDGED)
def test_each_pattern_is_found_and_hardly_anything_else(seed: int, pattern: str) -> None:
    found = scores(seed)[pattern]

    assert found.required >= 5
    assert found.recall is not None
    assert found.recall >= 0.8, found
    assert found.precision is not None
    assert found.precision >= 0.8, found
