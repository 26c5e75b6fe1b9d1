"""Quiet buying before a pump: more is traded than usual, and the price does not show it."""

from __future__ import annotations

import math

from processors.detectors.statistics import DecayingMoments, DecayingRate

_RECENT_MS = 1_800_000
_USUAL_MS = 21_600_000
#: Until so much of the token's past was seen nothing is called unusual.
_WARM_UP_MS = 3_600_000
#: A price that is this far from its recent mean, in logarithms, is not flat.
_MOVED = 0.05


class Accumulation:
    """How much of the recent volume is more than usual, as far as the price stands still; 0..1.

    Recent is a half-life of half an hour, usual one of six. Use: a feature beside an alert; by
    itself it is no alert, since most quiet hours of high volume end in nothing. Weakness: the
    rhythm of a day looks like it. Karbalaii 2025: 70 % of the volume before an announced pump
    falls in its last hour.
    """

    def __init__(self) -> None:
        self._recent = DecayingRate(_RECENT_MS)
        self._usual = DecayingRate(_USUAL_MS)
        self._price = DecayingMoments(_RECENT_MS)

    def score(self, close: float, time_ms: int) -> float:
        """The value now; ``close`` is the last price."""
        usual = self._usual.per_minute(time_ms)
        if usual <= 0.0 or self._usual.observed_ms(time_ms) < _WARM_UP_MS:
            return 0.0
        recent = self._recent.per_minute(time_ms)
        moved = abs(math.log(close) - self._price.mean)
        return max(0.0, 1.0 - usual / recent) * max(0.0, 1.0 - moved / _MOVED) if recent else 0.0

    def learn(self, volume: float, close: float, time_ms: int) -> None:
        """Take in a window with trades."""
        self._recent.learn(time_ms, volume)
        self._usual.learn(time_ms, volume)
        self._price.learn(math.log(close), time_ms)
