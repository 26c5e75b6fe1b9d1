"""Exponential means and rates over event time: a few numbers each, whatever the stream's length.

A sample's weight halves with every half-life of event time (Finch 2009, "Incremental calculation
of weighted mean and variance", section 9, with the weights decaying by time, not by count).
Samples that step back in time are weighted as if they came now.
"""

from __future__ import annotations

import math


class DecayingMoments:
    """Mean and variance of a value, recent samples counting most.

    Use: a token's own baseline of sentiment, returns, log-amounts. Weakness: a lasting change is
    learned as the new normal within a few half-lives.
    """

    __slots__ = ("_last_ms", "_tau_ms", "mean", "variance", "weight")

    def __init__(self, half_life_ms: float) -> None:
        self._tau_ms = half_life_ms / math.log(2)
        self._last_ms: int | None = None
        self.mean = 0.0
        self.variance = 0.0
        #: The decayed sum of the samples' weights.
        self.weight = 0.0

    def learn(self, value: float, time_ms: int, weight: float = 1.0) -> None:
        if weight <= 0.0:
            return
        if self._last_ms is not None and time_ms > self._last_ms:
            self.weight *= math.exp((self._last_ms - time_ms) / self._tau_ms)
        if self._last_ms is None or time_ms > self._last_ms:
            self._last_ms = time_ms
        before = self.weight
        self.weight += weight
        difference = value - self.mean
        part = weight / self.weight
        self.mean += difference * part
        self.variance = before / self.weight * (self.variance + difference**2 * part)

    def deviation(self, floor: float) -> float:
        """The standard deviation, at least ``floor``."""
        return max(math.sqrt(self.variance), floor)


class DecayingRate:
    """Events a minute, recent ones counting most, corrected for the time not yet observed.

    Use: how often a token is usually mentioned. Weakness: none of the rhythm of a day is known.
    """

    __slots__ = ("_first_ms", "_last_ms", "_sum", "_tau_ms")

    def __init__(self, half_life_ms: float) -> None:
        self._tau_ms = half_life_ms / math.log(2)
        self._first_ms: int | None = None
        self._last_ms = 0
        self._sum = 0.0

    def learn(self, time_ms: int, count: float = 1.0) -> None:
        """Count events that happened at ``time_ms``."""
        if self._first_ms is None:
            self._first_ms = self._last_ms = time_ms
        if time_ms > self._last_ms:
            self._sum *= math.exp((self._last_ms - time_ms) / self._tau_ms)
            self._last_ms = time_ms
        self._sum += count

    def per_minute(self, time_ms: int) -> float:
        """The rate at ``time_ms``; 0 before anything was counted."""
        if self._first_ms is None or time_ms <= self._first_ms:
            return 0.0
        decay = math.exp(min(0, self._last_ms - time_ms) / self._tau_ms)
        observed_ms = self._tau_ms * (1.0 - math.exp((self._first_ms - time_ms) / self._tau_ms))
        return self._sum * decay / observed_ms * 60_000

    def observed_ms(self, time_ms: int) -> float:
        """The decayed length of what was observed: near 0 at first, at most the time constant."""
        if self._first_ms is None or time_ms <= self._first_ms:
            return 0.0
        return self._tau_ms * (1.0 - math.exp((self._first_ms - time_ms) / self._tau_ms))


def squash(strength: float, threshold: float) -> float:
    """A strength at or above its threshold as a score: 0.5 at the threshold, towards 1 beyond."""
    if strength <= 0.0:
        return 0.0
    return strength / (strength + threshold)
