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
from schemas.alerts import Alert

_START_MS = 1_760_000_000_000
_HOUR_MS = 3_600_000
#: Held out: nobody had looked at these when the detectors were done.
_SEEDS = (2007, 2008, 2009)


@cache
def scores() -> Mapping[str, PatternScore]:
    """Three markets of sixteen tokens and seven hours: fifteen to ninety scenarios of each pattern.

    They are judged together: of the five to ten in one market two missed ones are no finding.
    """
    truths: list[Truth] = []
    alerts: list[Alert] = []
    for seed in _SEEDS:
        market = SimulatedMarket(
            seed,
            16,
            start_ms=_START_MS,
            end_ms=_START_MS + 7 * _HOUR_MS,
            on_truth=truths.append,
        )
        alerts += [alert for alert in replay(market.events()).alerts if alert.revision == 1]
    return score(alerts, truths)


@pytest.mark.parametrize("pattern", JUDGED)
def test_each_pattern_is_found_and_hardly_anything_else(pattern: str) -> None:
    found = scores()[pattern]

    assert found.required >= 15
    assert found.recall is not None
    assert found.recall >= 0.8, found
    assert found.precision is not None
    assert found.precision >= 0.8, found
