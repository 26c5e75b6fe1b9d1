"""An online anomaly score of a univariate series, the same for every series."""

from __future__ import annotations

import math
from dataclasses import dataclass

from river.stats import EWMean

from processors.detectors.statistics import squash
from processors.series_anomaly.precedents import Precedents
from processors.series_anomaly.records import FadingRecord

#: A score of at least this is an anomaly. Fixed; no series, file or profile has another.
THRESHOLD = 0.5

#: What each expert is surprised by, in the order of ``Settings.weights``.
EXPERTS = ("recent", "hour", "day", "level", "step", "noise")

_BELOW_THRESHOLD = 0.49


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The same for every series.

    ``processors.tuning.nab`` chose the first three, on recorded and generated series; the others
    were set by hand with the same series in view, where a change by half moves little.
    """

    #: The strength (1: all experts at their record) at which the score is 0.5.
    strength: float = 0.8
    #: Values after which a record has faded by half.
    record_half_life: int = 6_000
    #: The factor by which one surprise can lift a record at most.
    record_growth: float = 1.5
    #: Values after an anomaly during which no other one is told.
    rest: int = 48
    #: Surprises that an expert learns before it has a say.
    warm_up: int = 150
    #: The largest ratio of a surprise to its record that counts.
    ceiling: float = 5.0
    #: How much each of ``EXPERTS`` counts; 0 leaves it out.
    weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


class SeriesAnomaly:
    """How unusual the newest value of a series is, in 0..1; from 0.5 on it is an anomaly.

    Use: numbers of mentions, volumes, rates, gauges; one instance a series, one call a value, at
    any roughly regular pace. Six experts are surprised by different things:

    * ``recent``, ``hour``, ``day``: exponential means over 4, 12 and 24 values without
      precedent at about this time on the last three days (``Precedents``);
    * ``level``: the mean over 12 values has left that over 288;
    * ``step``: the change since the last value;
    * ``noise``: the mean one-step error over 12 values has grown: a restless stretch.

    What the benchmark's standard profile loses without each, in points on the recorded and the
    generated series that settings were chosen on: ``recent`` 1.2 and 1.2, ``hour`` 0.6 and 2.4,
    ``day`` 0.7 and 3.3, ``level`` -0.6 and 3.9, ``step`` 4.3 and 6.6, ``noise`` 0.7 and 2.6.

    ``day`` and ``level`` look at signed square roots, which even out the noise of counts, and
    have, as ``step`` has, a record for rises and one for falls, since a series of counts falls
    by less than it rises. Each surprise is divided by its own fading record; the strength is the
    quadratic mean of the six ratios, so either most experts are near their record or one is far
    above it. After an anomaly the score stays below 0.5 for a while (``rest``), and since the
    records were just set, only something greater is an anomaly afterwards.

    Score before learning; no value is looked at twice, and nothing depends on the length of the
    series, its unit (a factor changes nothing), its name or the clock (a shift changes nothing).
    Weakness: weekly rhythms are new for it each time; a slow drift is learned away; a series
    that simply stops has no values to be surprised by. State: about 11 kB pickled.

    Source: precedents and ratios as said there; averaging experts instead of choosing among
    them after Aggarwal and Sathe 2015, "Theoretical foundations and algorithms for outlier
    ensembles"; settings by ``processors.tuning.nab``.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._means = {values: _mean(values) for values in (4, 12)}
        self._root_means = {values: _mean(values) for values in (12, 24, 288)}
        self._error = _mean(12)
        self._recent = Precedents()
        self._hour = Precedents()
        self._day = Precedents()
        self._records = [_SignedRecord(self._settings) for _ in EXPERTS]
        self._first_ms: int | None = None
        self._last_value = 0.0
        self._resting = 0

    def score_and_learn(self, value: float, time_ms: int) -> float:
        """Score the value at its event time, then learn from it.

        A value that is not finite scores 0 and is not learned.
        """
        if not math.isfinite(value):
            return 0.0
        strength = self._strength(self._surprises(value, time_ms))
        self._last_value = value
        score = squash(strength, self._settings.strength)
        if self._resting:
            self._resting -= 1
            return min(score, _BELOW_THRESHOLD)
        if score >= THRESHOLD:
            self._resting = self._settings.rest
        return score

    def _surprises(self, value: float, time_ms: int) -> tuple[float | None, ...]:
        """Each expert's surprise in the order of ``EXPERTS``; the sign says rise or fall.

        None where there is nothing yet to compare with.
        """
        first = self._first_ms is None
        if self._first_ms is None:
            self._first_ms = time_ms
        since_ms = time_ms - self._first_ms
        root = math.copysign(math.sqrt(abs(value)), value)
        error = None if first else abs(value - self._means[4].get())
        step = None if first else value - self._last_value
        for mean in self._means.values():
            mean.update(value)
        for mean in self._root_means.values():
            mean.update(root)
        if error is not None:
            self._error.update(error)
        recent = _unprecedented(self._recent, self._means[4].get(), since_ms)
        hour = _unprecedented(self._hour, self._means[12].get(), since_ms)
        return (
            # Rises and falls of the faster means share one record, which tells less often.
            None if recent is None else abs(recent),
            None if hour is None else abs(hour),
            _unprecedented(self._day, self._root_means[24].get(), since_ms),
            self._root_means[12].get() - self._root_means[288].get(),
            step,
            self._error.get(),
        )

    def _strength(self, surprises: tuple[float | None, ...]) -> float:
        weights = self._settings.weights
        squares = 0.0
        for surprise, record, weight in zip(surprises, self._records, weights, strict=True):
            if surprise is not None:
                squares += weight * record.ratio(surprise) ** 2
        return math.sqrt(squares / sum(weights))


class _SignedRecord:
    """A record for rises and one for falls; the larger of the two ratios counts."""

    __slots__ = ("_falls", "_rises")

    def __init__(self, settings: Settings) -> None:
        self._rises = _record(settings)
        self._falls = _record(settings)

    def ratio(self, surprise: float) -> float:
        return max(self._rises.ratio(max(0.0, surprise)), self._falls.ratio(max(0.0, -surprise)))


def _record(settings: Settings) -> FadingRecord:
    keep = 0.5 ** (1 / settings.record_half_life)
    return FadingRecord(keep, settings.record_growth, settings.ceiling, settings.warm_up)


def _mean(half_life: int) -> EWMean:
    """An exponential mean in which a value's weight halves after this many values."""
    return EWMean(fading_factor=1 - 0.5 ** (1 / half_life))


def _unprecedented(precedents: Precedents, value: float, since_ms: int) -> float | None:
    gap = precedents.gap(value, since_ms)
    precedents.learn(value, since_ms)
    return gap
