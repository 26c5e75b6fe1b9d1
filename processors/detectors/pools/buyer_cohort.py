"""Buyers of a token and what became of them: who sold, and how long the others have held."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

_HELD, _SOLD, _MOVED = 0, 1, 2


class Fates(NamedTuple):
    """``mature`` buyers had time to sell, or have sold; ``sellers`` of them did, the others have
    held for ``held_ms`` together."""

    mature: int
    sellers: int
    held_ms: int


class BuyerCohort:
    """The first ``limit`` buyers, each for ``follow_ms``; later ones when there is room.

    Who is taken in does not depend on who sells, so the share of sellers is that of all buyers. Who
    moved tokens elsewhere may have sold there, and is left out. Addresses are kept as 32-bit
    checksums.
    """

    __slots__ = ("_buyers", "_follow_ms", "_limit", "_strangers")

    def __init__(self, limit: int, follow_ms: int) -> None:
        self._limit = limit
        self._follow_ms = follow_ms
        #: checksum -> (when first bought, fate)
        self._buyers: dict[int, tuple[int, int]] = {}
        #: Sellers who were never seen to buy, and when they sold.
        self._strangers: dict[int, int] = {}

    def buy(self, address: str, time_ms: int) -> None:
        buyers, key = self._buyers, _key(address)
        if key not in buyers and len(buyers) < self._limit:
            buyers[key] = (time_ms, _HELD)

    def sell(self, address: str, time_ms: int) -> None:
        key = _key(address)
        known = self._buyers.get(key)
        if known is not None:
            self._buyers[key] = (known[0], _SOLD)
        elif len(self._strangers) < self._limit:
            self._strangers[key] = time_ms

    def move(self, address: str) -> None:
        key = _key(address)
        known = self._buyers.get(key)
        if known is not None and known[1] == _HELD:
            self._buyers[key] = (known[0], _MOVED)

    def fates(self, time_ms: int, patience_ms: int, counted_ms: int) -> Fates:
        """Strangers who sold count as buyers who did: selling was possible. Of nobody more than
        ``counted_ms`` counts."""
        self._forget(time_ms - self._follow_ms)
        mature = sellers = len(self._strangers)
        held_ms = 0
        for bought_ms, fate in self._buyers.values():
            if fate == _SOLD:
                mature += 1
                sellers += 1
            elif fate == _HELD and time_ms - bought_ms >= patience_ms:
                mature += 1
                held_ms += min(time_ms - bought_ms, counted_ms)
        return Fates(mature, sellers, held_ms)

    def _forget(self, before_ms: int) -> None:
        self._buyers = {k: known for k, known in self._buyers.items() if known[0] >= before_ms}
        self._strangers = {k: sold for k, sold in self._strangers.items() if sold >= before_ms}


def _key(address: str) -> int:
    return crc32(address.encode())
