"""What a series did at about this time on the days before."""

from __future__ import annotations

import math

SLOT_MS = 30 * 60_000
DAYS = 3
_SLOTS_A_DAY = 24 * 3_600_000 // SLOT_MS
_NEIGHBOURS = 1
_SIZE = DAYS * _SLOTS_A_DAY + _NEIGHBOURS + 1
_NEVER = -(1 << 62)


class Precedents:
    """The lowest and highest value of each half hour of the last three days.

    Use: a value is without precedent when no half hour at about this time of the day, on none of
    the last three days, had one like it; a daily rush hour is not. Without a daily rhythm it is
    simply a value unlike those of a few recent hours. Weakness: knows no weeks, so a weekend may
    be without precedent; one extreme value hides its like for three days. State: 146 half hours,
    whatever the rate of values. Slots count from the first value, so a shifted clock changes
    nothing.

    Source: the contexts of CAD OSE (Smirnov 2016, "Contextual Anomaly Detector for the Numenta
    Anomaly Benchmark") in one dimension; the seasonal naive forecast of Hyndman and
    Athanasopoulos, "Forecasting: Principles and Practice", section 5.2.
    """

    __slots__ = ("_highs", "_lows", "_slots")

    def __init__(self) -> None:
        self._slots = [_NEVER] * _SIZE
        self._lows = [0.0] * _SIZE
        self._highs = [0.0] * _SIZE

    def gap(self, value: float, since_first_ms: int) -> float | None:
        """How far the value lies above (or, negative, below) the nearest precedent.

        0 when it lies within one, None when there is none to compare with.
        """
        slot = since_first_ms // SLOT_MS
        nearest = math.inf
        for day in range(1, DAYS + 1):
            middle = slot - day * _SLOTS_A_DAY
            for precedent in range(middle - _NEIGHBOURS, middle + _NEIGHBOURS + 1):
                place = precedent % _SIZE
                if self._slots[place] != precedent:
                    continue
                if value > self._highs[place]:
                    gap = value - self._highs[place]
                elif value < self._lows[place]:
                    gap = value - self._lows[place]
                else:
                    return 0.0
                if abs(gap) < abs(nearest):
                    nearest = gap
        return nearest if math.isfinite(nearest) else None

    def learn(self, value: float, since_first_ms: int) -> None:
        """Remember the value; one that comes too late for its place is left out."""
        slot = since_first_ms // SLOT_MS
        place = slot % _SIZE
        if slot > self._slots[place]:
            self._slots[place] = slot
            self._lows[place] = self._highs[place] = value
        elif slot == self._slots[place]:
            self._lows[place] = min(self._lows[place], value)
            self._highs[place] = max(self._highs[place], value)
