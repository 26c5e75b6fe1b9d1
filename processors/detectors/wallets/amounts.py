"""How large a token's transfers usually are, and how far out of that one is."""

from __future__ import annotations

import math
from typing import cast

from river.stats import RollingQuantile

#: The quartiles of a normal distribution lie so many deviations apart.
_QUARTILES = 1.349
#: Deviations of log-amounts are never taken for less than this: bots that send always the same.
_FLOOR = 0.5


class UsualAmounts:
    """Median and quartiles of log-amounts: River's ``RollingQuantile`` over the newest ones.

    Use: "huge for this token", whatever its unit is worth. Up to a quarter of the amounts may be
    huge without hiding the next, also in the first minutes. Weakness: amounts with two humps (a
    bot of dust beside real trade) widen the spread, and less counts as huge. Huber and Ronchetti
    2009, "Robust Statistics", chapter 5, for the normalised distance of the quartiles as a scale.
    """

    __slots__ = ("_learned", "_lower", "_median", "_upper")

    def __init__(self, history: int) -> None:
        self._lower = RollingQuantile(0.25, history)
        self._median = RollingQuantile(0.5, history)
        self._upper = RollingQuantile(0.75, history)
        self._learned = 0

    @property
    def learned(self) -> int:
        """Transfers seen."""
        return self._learned

    @property
    def usual(self) -> float:
        """The amount of a usual transfer; 0 before the first."""
        return math.exp(cast(float, self._median.get())) if self._learned else 0.0

    def deviations(self, amount: float) -> float:
        """How many standard deviations the amount lies above the usual one, in the logarithm."""
        if not self._learned:
            return 0.0
        median = cast(float, self._median.get())
        spread = (cast(float, self._upper.get()) - cast(float, self._lower.get())) / _QUARTILES
        return (math.log(amount) - median) / max(spread, _FLOOR)

    def learn(self, amount: float) -> None:
        value = math.log(amount)
        self._lower.update(value)
        self._median.update(value)
        self._upper.update(value)
        self._learned += 1
