"""How unusual a window's activity is, by what ``SeriesAnomaly`` has for young series."""

from __future__ import annotations

import math

from river.stats import EWMean

from processors.series_anomaly.records import FadingRecord

#: What a window adds to exponential means with half-lives of 4, 12 and 288 windows, and how records
#: fade and grow: as ``SeriesAnomaly`` has them.
_RECENT, _HOUR, _LONG = (1.0 - 0.5 ** (1.0 / windows) for windows in (4, 12, 288))
_KEEP = 0.5 ** (1 / 6_000)
_GROWTH = 1.5
_CEILING = 5.0
#: Windows before anything is called unusual; ``SeriesAnomaly`` waits longer, but tokens are young.
_WARM_UP = 30
#: The strength (1: all three experts at their record) that is an anomaly. ``SeriesAnomaly`` wants
#: 0.8 of six experts; three of those are silent without days of history.
_ANOMALY = 0.8 * math.sqrt(2.0)
#: So that an anomaly scores 0.95, from which on those who read the score call a window unusual.
_STEEPNESS = math.log(0.05) / math.log(0.5)


class ActivityAnomaly:
    """Score of a non-negative activity against the token's own recent windows, in 0..1.

    Use: volumes and counts of windows; 0.95 and more is unusual. Three experts of
    ``processors.series_anomaly.SeriesAnomaly`` are surprised by a rise: ``level`` (the mean of the
    square roots of 12 windows has left that of 288), ``step`` (more than in the last window) and
    ``noise`` (a restless stretch). Each surprise is divided by its own fading record; the strength
    is their quadratic mean. The other three experts ask what was usual at that time on days
    before, which few tokens have; with them a score costs three times as much, and a token's state
    is fourteen times as large.

    On the earlier 21 of 30 recorded pumps it tells nine of ten onsets at 0.6 alarms a coin-day
    (with all experts 0.4), three quarters at 0.2 and half at 0.06; on the later ones three
    quarters at 0.5 and half at 0.14, and nine of ten only at 6. A ``GaussianScorer`` of logarithms
    is 1 at most onsets, and also 2.5 times (on the later ones 3.2 times) a coin-day for nothing.
    ``processors.tuning.windows`` compares them.

    Weakness: a slow rise is learned away, and after a giant surprise smaller ones stay hidden for
    a while. 0 until 30 windows are known, and for activity below the mean. Score before learning.
    """

    __slots__ = ("_error", "_hour", "_last", "_level", "_long", "_noise", "_recent", "_step")

    def __init__(self) -> None:
        self._recent = EWMean(fading_factor=_RECENT)
        self._hour = EWMean(fading_factor=_HOUR)
        self._long = EWMean(fading_factor=_LONG)
        self._error = EWMean(fading_factor=_HOUR)
        self._last: float | None = None
        self._level = _record()
        self._step = _record()
        self._noise = _record()

    def score(self, activity: float) -> float:
        if self._last is None or math.sqrt(activity) <= self._long.get():
            return 0.0
        level, step, noise = self._surprises(activity, self._last)
        squares = (
            self._level.compare(level) ** 2
            + self._step.compare(step) ** 2
            + self._noise.compare(noise) ** 2
        )
        strength = math.sqrt(squares / 3.0)
        return float(1.0 - (_ANOMALY / (_ANOMALY + strength)) ** _STEEPNESS)

    def learn(self, activity: float) -> None:
        if self._last is None:
            self._error.update(0.0)
        else:
            level, step, noise = self._surprises(activity, self._last)
            self._level.learn(level)
            self._step.learn(step)
            self._noise.learn(noise)
            self._error.update(abs(activity - self._recent.get()))
        root = math.sqrt(activity)
        self._recent.update(activity)
        self._hour.update(root)
        self._long.update(root)
        self._last = activity

    def _surprises(self, activity: float, last: float) -> tuple[float, float, float]:
        """What each expert would see with this window; falls surprise none."""
        root = math.sqrt(activity)
        level = _after(self._hour, _HOUR, root) - _after(self._long, _LONG, root)
        error = abs(activity - self._recent.get())
        return max(0.0, level), max(0.0, activity - last), _after(self._error, _HOUR, error)


def _after(mean: EWMean, fading: float, value: float) -> float:
    """The mean as it would be with one more value."""
    before = float(mean.get())
    return before + fading * (value - before)


def _record() -> FadingRecord:
    return FadingRecord(_KEEP, _GROWTH, _CEILING, _WARM_UP)
