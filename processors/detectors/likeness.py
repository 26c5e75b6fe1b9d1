"""Whether some of many amounts are too alike to be those of strangers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Alike(NamedTuple):
    """The amounts that are most unlikely to be so alike by chance.

    ``members`` are their places; ``chance`` is an upper bound of the probability that strangers'
    amounts lie as close together, 1 when there is nothing to compare.
    """

    members: tuple[int, ...]
    chance: float


def most_alike(amounts: Sequence[float], density: float, least: float) -> Alike:
    """Scan sorted log-amounts for the group that chance explains worst.

    ``density`` is the highest density of strangers' log-amounts, ``least`` the part of them that
    meets any one amount at least, since people like round numbers. Among ``n`` amounts some group
    of ``k`` within a width ``w`` has at most the probability ``n · P(Bin(n − 1, p) ≥ k − 1)`` with
    ``p = max(least, density · w)``: the bound of the scan statistic (Glaz, Naus and Wallenstein
    2001, "Scan Statistics", chapter 8). All amounts are above zero.
    """
    count = len(amounts)
    order = sorted(range(count), key=lambda place: (amounts[place], place))
    logs = [math.log(amounts[place]) for place in order]
    best = Alike((), 1.0)
    for size in range(2, count + 1):
        width, first = min(
            (logs[first + size - 1] - logs[first], first) for first in range(count - size + 1)
        )
        part = max(least, density * width)
        if part >= 1.0:
            continue
        chance = count * binomial_tail(count - 1, part, size - 1)
        if chance < best.chance:
            best = Alike(tuple(sorted(order[first : first + size])), chance)
    return best


def binomial_tail(trials: int, part: float, least: int) -> float:
    """P(X ≥ least) for X binomial; 0 < part < 1."""
    return sum(_mass(trials, part, hits) for hits in range(max(0, least), trials + 1))


def poisson_head(expected: float, most: int) -> float:
    """P(X ≤ most) for X Poisson; 0 < expected."""
    log = math.log(expected)
    return sum(math.exp(hits * log - expected - math.lgamma(hits + 1)) for hits in range(most + 1))


def _mass(trials: int, part: float, hits: int) -> float:
    return math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(trials - hits + 1)
        + hits * math.log(part)
        + (trials - hits) * math.log1p(-part)
    )
