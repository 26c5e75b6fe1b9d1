"""Who holds the shares of one pool, in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from processors.detectors.wallets.holders import is_nowhere
from processors.detectors.wallets.known_addresses import holds_for_others

#: Of a holder this is no share worth counting, as block explorers' lists of holders end.
_SMALLEST_SHARE = 1e-4


class ShareBook:
    """The largest holders of a pool's shares, and what is locked or burned.

    Use: what part of a pool somebody could take out now. Weakness: shares from before the stream
    began belong to nobody known, and a lock that is not on the list looks like a holder. Of more
    holders than ``limit`` the smallest are forgotten.
    """

    __slots__ = ("_held", "_limit", "_total")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        #: holder -> shares; also locks, and the pool itself while shares are handed in.
        self._held: dict[str, float] = {}
        self._total = 0.0

    @property
    def total(self) -> float:
        """All shares there are, as far as that is known."""
        return self._total

    def share_of(self, holders: Iterable[str]) -> float:
        """The part of all shares that these (each named once) hold, in 0..1."""
        held = sum(self._held.get(holder, 0.0) for holder in holders)
        return min(1.0, held / self._total) if self._total > 0.0 else 0.0

    def locked(self) -> float:
        """The part of all shares that nobody can take out: burned, or in a known lock."""
        return self.share_of(name for name in self._held if is_locked(name))

    def shares(self, party: Collection[str]) -> Sequence[float]:
        """The parts of all known holders worth counting; a party is one holder."""
        if self._total <= 0.0:
            return ()
        others = (held / self._total for name, held in self._held.items() if name not in party)
        parts = (self.share_of(party), *others)
        return [part for part in parts if part >= _SMALLEST_SHARE]

    def make(self, holder: str, shares: float, total: float | None) -> None:
        """New shares; ``total`` is all there are after it, where that is told."""
        self._give(holder, shares)
        self._total = self._total + shares if total is None else total

    def move(self, sender: str, receiver: str, shares: float, total: float | None) -> None:
        """Shares change hands."""
        if total is not None:
            self._total = total
        self._take(sender, shares)
        self._give(receiver, shares)

    def burn(self, pool: str, holder: str, shares: float, total: float | None) -> None:
        """Shares are taken back: those handed in to the pool, else the holder's."""
        self._take(pool if self._held.get(pool, 0.0) > 0.0 else holder, shares)
        self._total = max(0.0, self._total - shares) if total is None else total

    def _give(self, holder: str, shares: float) -> None:
        held = self._held
        if holder not in held and len(held) >= self._limit:
            smallest = min(held, key=lambda name: (held[name], name))
            if held[smallest] >= shares:
                return
            del held[smallest]
        held[holder] = held.get(holder, 0.0) + shares

    def _take(self, holder: str, shares: float) -> None:
        left = self._held.get(holder, 0.0) - shares
        # What is left of rounding is nothing.
        if left > _SMALLEST_SHARE**2 * self._total:
            self._held[holder] = left
        else:
            self._held.pop(holder, None)


def is_locked(holder: str) -> bool:
    """Whether shares of this holder (in small letters) can be taken out by nobody for now."""
    return is_nowhere(holder) or holds_for_others(holder)
