"""Trades that are nearly all of one size on both sides: what washing leaves without any names."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

#: Width of a class of sizes in the logarithm; a band is three of them, its surroundings nine.
_CLASS = 0.07
_SIDE = 4
#: A block has so many trades of a class that is worth a look.
_WORTH = 3
#: From this weight, or this many classes, on all are scaled down and the faded ones forgotten.
_HUGE_WEIGHT = 1e9
_CLASSES = 256


#: What is looked at of a trade, as it came: time, amount, side. A bare tuple, for speed.
SizedTrade = tuple[int, str, str | None]


class _Block(NamedTuple):
    first_ms: int
    #: 2 · class + (1 for a buy) -> trades
    counts: Counter[int]


@dataclass(frozen=True, slots=True)
class Band:
    """A band of sizes that stands out: how many trades, what was usual, out of which."""

    trades: int
    usual: float
    around: int
    buys: int
    first_ms: int
    #: Its two ends, in quote units.
    low: float
    high: float

    @property
    def purity(self) -> float:
        """The share of trades of about that size that lie in the band itself."""
        return self.trades / self.around


class SizeBook:
    """Classes of trade sizes within a span, against how often each is usual for the token.

    A market maker's bot that always trades one size is usual; one that quotes many sizes fills the
    surroundings too. It takes whole blocks of trades, which is what makes it cheap. Memory: the
    counts of the newest ``blocks``, and one number a class.
    """

    __slots__ = (
        "_blocks",
        "_first_ms",
        "_last_ms",
        "_limit",
        "_span_ms",
        "_tau_ms",
        "_usual",
        "_w",
    )

    def __init__(self, blocks: int, span_ms: int, half_life_ms: float) -> None:
        self._limit = blocks
        self._span_ms = span_ms
        self._tau_ms = half_life_ms / math.log(2)
        self._blocks: deque[_Block] = deque()
        #: class -> trades before the span, older ones counting less, times the weight ``_w``
        self._usual: dict[int, float] = {}
        self._w = 1.0
        self._first_ms: int | None = None
        self._last_ms = 0

    def observed_ms(self, time_ms: int) -> int:
        """Since when trades have been seen."""
        return 0 if self._first_ms is None else max(0, time_ms - self._first_ms)

    def add(self, trades: Sequence[SizedTrade], price: float) -> list[int]:
        """Take up trades of about that price; the classes that have several of them."""
        # Bots hold to a size in money, and so does a class while the price drifts.
        shift, floor, log = math.log(price), math.floor, math.log
        counts = Counter(
            [
                2 * floor((log(tokens) + shift) / _CLASS) + (side == "buy")
                for _, amount, side in trades
                if (tokens := float(amount)) > 0.0
            ]
        )
        first_ms = trades[0][0]
        if self._first_ms is None:
            self._first_ms = first_ms
        self._blocks.append(_Block(first_ms, counts))
        self._forget(trades[-1][0])
        sizes = dict.fromkeys(key >> 1 for key, count in counts.items() if 2 * count >= _WORTH)
        return [s for s in sizes if counts[2 * s] + counts[2 * s + 1] >= _WORTH]

    def count(self, size: int) -> int:
        """Trades of the band around a class within the span."""
        return sum(self._counted(2 * size - 2, 2 * size + 4))

    def band(self, size: int, time_ms: int) -> Band:
        """The band around a class."""
        keys = range(2 * size - 2, 2 * size + 4)
        return Band(
            trades=self.count(size),
            usual=sum(self._usual_count(each, time_ms) for each in range(size - 1, size + 2)),
            around=sum(self._counted(2 * (size - _SIDE), 2 * (size + _SIDE) + 2)),
            buys=sum(block.counts[key] for block in self._blocks for key in keys if key % 2),
            first_ms=min(
                block.first_ms for block in self._blocks if any(key in block.counts for key in keys)
            ),
            low=math.exp((size - 1) * _CLASS),
            high=math.exp((size + 2) * _CLASS),
        )

    def _counted(self, from_key: int, to_key: int) -> list[int]:
        return [
            counts[key]
            for _, counts in self._blocks
            for key in range(from_key, to_key)
            if key in counts
        ]

    def _usual_count(self, size: int, time_ms: int) -> float:
        """How many trades of a class a span usually has."""
        observed_ms = self._tau_ms * (1.0 - math.exp(-self.observed_ms(time_ms) / self._tau_ms))
        return (
            self._usual.get(size, 0.0) / self._w * self._span_ms / max(observed_ms, self._span_ms)
        )

    def _forget(self, now_ms: int) -> None:
        """What leaves the span becomes part of what is usual."""
        if now_ms > self._last_ms:
            if self._last_ms:
                self._w *= math.exp(min(50.0, (now_ms - self._last_ms) / self._tau_ms))
            self._last_ms = now_ms
        blocks, usual, weight = self._blocks, self._usual, self._w
        since_ms = now_ms - self._span_ms
        while len(blocks) > 1 and (blocks[0].first_ms < since_ms or len(blocks) > self._limit):
            for key, count in blocks.popleft().counts.items():
                usual[key >> 1] = usual.get(key >> 1, 0.0) + weight * count
        if weight > _HUGE_WEIGHT or len(usual) > _CLASSES:
            # What has faded to less than a tenth of a trade is forgotten.
            self._usual = {size: w / weight for size, w in usual.items() if w / weight >= 0.1}
            self._w = 1.0
