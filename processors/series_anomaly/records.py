"""How a surprise compares with the largest ones before it."""

from __future__ import annotations

_NOTHING = 1e-12


class FadingRecord:
    """The largest surprise so far, slowly forgotten.

    Use: makes surprises of any unit comparable, without assuming a distribution: 1 equals the
    record. Under exchangeable surprises a new record among the last n has probability 1/n, so a
    threshold near 1 bounds the rate of alarms, and an event that lasts has soon set the bar for
    itself. Weakness: after a giant surprise smaller ones stay hidden until it has faded; so a
    single one lifts the record by no more than ``growth``.

    Source: conformal p-values (Laxhammar and Falkman 2014, "Online learning and sequential
    anomaly detection in trajectories"), reduced to their smallest value and one number of state.

    Args:
        keep: the share of the record that remains after each value.
        growth: the factor by which one surprise can lift it at most, once warm.
        ceiling: the largest ratio told.
        warm_up: how many surprises it learns before it tells any.
    """

    __slots__ = ("_ceiling", "_growth", "_keep", "_record", "_to_come")

    def __init__(self, keep: float, growth: float, ceiling: float, warm_up: int) -> None:
        self._keep = keep
        self._growth = growth
        self._ceiling = ceiling
        self._to_come = warm_up
        self._record = 0.0

    def ratio(self, surprise: float) -> float:
        """``compare``, then ``learn``."""
        told = self.compare(surprise)
        self.learn(surprise)
        return told

    def compare(self, surprise: float) -> float:
        """The surprise as a share of the record before it; 0 until warm."""
        if self._to_come:
            return 0.0
        record = self._record * self._keep
        if record <= _NOTHING:
            return self._ceiling if surprise > _NOTHING else 0.0
        return min(surprise / record, self._ceiling)

    def learn(self, surprise: float) -> None:
        """Let the record fade, and the surprise set a new one if it is larger."""
        record = self._record * self._keep
        bounded = record > _NOTHING and not self._to_come
        self._to_come = max(0, self._to_come - 1)
        if surprise > record:
            self._record = min(surprise, record * self._growth) if bounded else surprise
        else:
            self._record = record
