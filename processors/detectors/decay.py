"""What the last moments hold: fading sums and held means over event time, in constant memory.

Beside ``statistics``, whose rates tell what is usual. A step back in time counts as no time passed.
"""

from __future__ import annotations

from math import exp, log


class DecayingSum:
    """A sum whose parts halve with every half-life.

    Of a steady stream it holds ``tau_ms`` worth of amounts.
    """

    __slots__ = ("_time_ms", "_value", "tau_ms")

    def __init__(self, half_life_ms: float) -> None:
        self.tau_ms = half_life_ms / log(2)
        self._value = 0.0
        self._time_ms = 0

    def add(self, amount: float, time_ms: int) -> None:
        self._value = self.at(time_ms) + amount
        if time_ms > self._time_ms:
            self._time_ms = time_ms

    def at(self, time_ms: int) -> float:
        """What is left of the sum at ``time_ms``."""
        if time_ms <= self._time_ms or self._value == 0.0:
            return self._value
        return self._value * exp((self._time_ms - time_ms) / self.tau_ms)


class HeldMean:
    """Time-weighted mean of a value that holds until the next one, as a price does."""

    __slots__ = ("_mean", "_tau_ms", "_time_ms", "held")

    def __init__(self, half_life_ms: float, value: float, time_ms: int) -> None:
        self._tau_ms = half_life_ms / log(2)
        #: The value that holds now.
        self.held = value
        self._mean = value
        self._time_ms = time_ms

    def move(self, value: float, time_ms: int) -> float:
        """Let the old value hold until ``time_ms``, take the new one; the mean without the new."""
        if time_ms > self._time_ms:
            kept = exp((self._time_ms - time_ms) / self._tau_ms)
            self._mean = self._mean * kept + self.held * (1.0 - kept)
            self._time_ms = time_ms
        self.held = value
        return self._mean
