"""The scoring of the Numenta Anomaly Benchmark.

Source: Lavin and Ahmad 2015, "Evaluating real-time anomaly detection algorithms: the Numenta
Anomaly Benchmark", section II; the details (rows of a window counted from 1, a window's hit
relative to the greatest possible one, rewards of -1 from three widths behind a window on) as its
program has them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PROBATION = 0.15
_LONGEST_PROBATION = 750
#: So many widths behind a window a false alarm has nothing to do with it any more.
_FAR = 3.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What a hit, a false alarm and a miss are worth to somebody."""

    name: str
    hit: float
    false_alarm: float
    miss: float


PROFILES = (
    Profile("standard", 1.0, 0.11, 1.0),
    Profile("reward_low_FP_rate", 1.0, 0.22, 1.0),
    Profile("reward_low_FN_rate", 1.0, 0.11, 2.0),
)


@dataclass(frozen=True, slots=True)
class FileScore:
    """One file: ``rewards`` of the windows hit (0..1), ``penalty`` of the false alarms (<= 0)."""

    windows: int
    rewards: tuple[float, ...]
    misses: int
    false_alarms: int
    penalty: float

    def raw(self, profile: Profile) -> float:
        return (
            profile.hit * sum(self.rewards)
            + profile.false_alarm * self.penalty
            - profile.miss * self.misses
        )

    def null(self, profile: Profile) -> float:
        """What a detector that never tells anything gets."""
        return -profile.miss * (len(self.rewards) + self.misses)

    def perfect(self, profile: Profile) -> float:
        """What a detector gets that tells at the first row of each window and never else."""
        return profile.hit * self.windows


def probation(rows: int) -> int:
    """How many rows at a file's beginning are not scored."""
    return min(math.floor(_PROBATION * rows), _LONGEST_PROBATION)


def score_file(
    rows: int, windows: Sequence[tuple[int, int]], anomalies: Iterable[int]
) -> FileScore:
    """Score the rows at which a detector told an anomaly.

    A window counts once, by its earliest anomaly. A false alarm soon after a window costs less.
    A window that ends within the probation is neither hit nor missed.

    Args:
        rows: the file's length.
        windows: first and last row of each, in order, without overlap.
    """
    start = probation(rows)
    rewards: dict[int, float] = {}
    false_alarms = 0
    penalty = 0.0
    for row in anomalies:
        if row < start:
            continue
        inside = next((i for i, (a, b) in enumerate(windows) if a <= row <= b), None)
        if inside is not None:
            first, last = windows[inside]
            reward = _reward(-(last - row + 1) / (last - first + 1)) / _reward(-1.0)
            rewards[inside] = max(reward, rewards.get(inside, reward))
            continue
        false_alarms += 1
        before = [window for window in windows if window[1] < row]
        if before:
            first, last = before[-1]
            penalty += _reward((row - last) / max(1, last - first))
        else:
            penalty += _reward(_FAR)
    scored = sum(last >= start for _, last in windows)
    return FileScore(
        windows=len(windows),
        rewards=tuple(rewards[i] for i in sorted(rewards)),
        misses=scored - len(rewards),
        false_alarms=false_alarms,
        penalty=penalty,
    )


def normalised(scores: Sequence[FileScore], profile: Profile) -> float:
    """Of all files together: 0 as the silent detector, 100 as the perfect one; NaN without windows.

    A detector with many false alarms is below 0.
    """
    null = sum(score.null(profile) for score in scores)
    perfect = sum(score.perfect(profile) for score in scores)
    if perfect == null:
        return math.nan
    return 100.0 * (sum(score.raw(profile) for score in scores) - null) / (perfect - null)


def _reward(position: float) -> float:
    """1 well before a window's end (position -1: its width before), 0 at the end, -1 far behind."""
    if position >= _FAR:
        return -1.0
    return 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0
