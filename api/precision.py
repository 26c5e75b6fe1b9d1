"""How sure a share is that was counted on few."""

from __future__ import annotations

import math
from typing import NamedTuple

#: Of the standard normal distribution 95 % lie within.
_Z = 1.959964
#: A few wrong ones in a row are an accident, whatever the interval says of them.
LEAST_JUDGED = 5


class Interval(NamedTuple):
    """The bounds between which a share lies with 95 % certainty."""

    low: float
    high: float


def wilson(hits: int, trials: int) -> Interval:
    """The score interval of ``hits`` in ``trials``, of which there is at least one.

    Use: shares close to 0 and 1, where the usual interval is too narrow or leaves the range.
    Weakness: a little too narrow below ten trials. Source: Wilson, "Probable inference, the law of
    succession, and statistical inference" (1927).
    """
    share, square = hits / trials, _Z * _Z / trials
    centre = share + square / 2
    half = _Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return Interval(
        max(0.0, (centre - half) / (1 + square)), min(1.0, (centre + half) / (1 + square))
    )


def is_below(hits: int, trials: int, floor: float) -> bool:
    """Whether the share is hardly as high as ``floor``, even if chance was against it."""
    return trials >= LEAST_JUDGED and wilson(hits, trials).high < floor
