"""Chance that depends on nothing but names: one stream for each purpose, none disturbs another."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

#: Above this mean a rounded normal draw is close enough to Poisson, and much cheaper.
_NORMAL_FROM = 40.0


class Dice(random.Random):
    """A seeded stream of chance. Only ``random`` and ``gauss`` are used, which Python keeps stable
    between its versions, so a seed means the same market everywhere."""

    def poisson(self, mean: float) -> int:
        """A count with the given mean (0 for a mean of 0 or less)."""
        if mean <= 0.0:
            return 0
        if mean > _NORMAL_FROM:
            return max(0, round(self.gauss(mean, math.sqrt(mean))))
        limit, count, product = math.exp(-mean), 0, self.random()
        while product > limit:
            count += 1
            product *= self.random()
        return count

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely as another."""
        return items[int(self.random() * len(items))]

    def between(self, low: float, high: float) -> float:
        """Evenly spread between two bounds."""
        return low + (high - low) * self.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int(self.random() * (high - low + 1))

    def spread(self, low: float, high: float) -> float:
        """Evenly spread in the logarithm: each doubling is as likely as the next."""
        return low * math.exp(self.random() * math.log(high / low))

    def heavy(self, deviation: float) -> float:
        """A lognormal factor with mean 1; ``deviation`` is that of its logarithm."""
        return math.exp(self.gauss(0.0, deviation) - deviation * deviation / 2)

    def waiting(self, mean: float) -> float:
        """An exponential waiting time."""
        return -mean * math.log(1.0 - self.random())

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def mixed(self, items: Sequence[T]) -> list[T]:
        """The items in a new random order."""
        return [item for _, _, item in sorted((self.random(), n, i) for n, i in enumerate(items))]

    def address(self) -> str:
        """A chain address that nobody owns."""
        return f"0x{int(self.random() * 2**48):012x}" + "".join(
            f"{int(self.random() * 2**28):07x}" for _ in range(4)
        )


def dice(*names: object) -> Dice:
    """The stream of chance with these names; equal names give equal streams."""
    return Dice(int.from_bytes(digest(*names), "big"))


def digest(*names: object, size: int = 16) -> bytes:
    """``size`` bytes that are a pure function of the names."""
    text = "\x1f".join(map(str, names))
    return hashlib.blake2b(text.encode(), digest_size=size).digest()


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for lists that read better in lines."""
    return tuple(text.split())
