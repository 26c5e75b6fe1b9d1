"""Wallets that trade among themselves and end where they began: washing by name."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """Wallets whose trades with each other cancel out."""

    wallets: int
    trades: int
    #: Of all trades of the span.
    share: float
    #: What is left of all they moved, as a part of it.
    net: float
    first_ms: int


class PairBook:
    """Who bought from whom within a span, at most ``limit`` trades; names as 32-bit checksums.

    Use: self trades, matched pairs and circles, all the same: pairs that come again and again, in
    a set of wallets where each sells what it buys (Victor and Weintraud 2021, "Detecting and
    Quantifying Wash Trading on Decentralized Cryptocurrency Exchanges", section 4). Weakness: a
    wash that uses each pair once is not seen.
    """

    __slots__ = ("_limit", "_pairs", "_span_ms", "_trades")

    def __init__(self, limit: int, span_ms: int) -> None:
        self._limit = limit
        self._span_ms = span_ms
        #: (time, buyer, seller, amount)
        self._trades: deque[tuple[int, int, int, float]] = deque()
        self._pairs: dict[tuple[int, int], int] = {}

    def add(self, time_ms: int, buyer: str, seller: str, amount: float) -> int:
        """Take up a trade; how often its pair has met within the span, in this direction."""
        pair = crc32(buyer.encode()), crc32(seller.encode())
        trades, pairs = self._trades, self._pairs
        trades.append((time_ms, *pair, amount))
        times = pairs[pair] = pairs.get(pair, 0) + 1
        since_ms = time_ms - self._span_ms
        while trades[0][0] < since_ms or len(trades) > self._limit:
            _, left_buyer, left_seller, _ = trades.popleft()
            left = left_buyer, left_seller
            if pairs[left] == 1:
                del pairs[left]
            else:
                pairs[left] -= 1
        return times

    def closed(self, times: int, net: float) -> ClosedSet | None:
        """The wallets whose pairs met at least so many times and which keep at most ``net`` of
        what they moved among each other."""
        inside = {pair for pair, count in self._pairs.items() if count >= times}
        while inside:
            bought: dict[int, float] = {}
            moved: dict[int, float] = {}
            for _, buyer, seller, amount in self._trades:
                if (buyer, seller) in inside:
                    for wallet, change in ((buyer, amount), (seller, -amount)):
                        bought[wallet] = bought.get(wallet, 0.0) + change
                        moved[wallet] = moved.get(wallet, 0.0) + amount
            keeps = {wallet for wallet, left in bought.items() if abs(left) > net * moved[wallet]}
            if not keeps:
                return self._describe(inside, bought, moved)
            inside = {pair for pair in inside if not keeps.intersection(pair)}
        return None

    def _describe(
        self, inside: set[tuple[int, int]], bought: dict[int, float], moved: dict[int, float]
    ) -> ClosedSet:
        theirs = [trade for trade in self._trades if trade[1:3] in inside]
        return ClosedSet(
            wallets=len(bought),
            trades=len(theirs),
            share=len(theirs) / len(self._trades),
            net=sum(map(abs, bought.values())) / sum(moved.values()),
            first_ms=min(trade[0] for trade in theirs),
        )
