"""Who holds how much of a token, from its first transfer on or from a profile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from zlib import crc32

from processors.detectors.wallets.holders import is_nowhere
from processors.detectors.wallets.known_addresses import holds_for_others

#: Part of all tokens that somebody may send without having been seen to get it: an address whose
#: small balance was forgotten. Beyond it the history is not whole.
_UNSEEN = 0.01
#: Part of all tokens from which on it is followed with whom a holder deals, and how many people who
#: send to it, and as many who get from it, make it an exchange: other large holders hardly do both.
_LARGE = 0.01
_DEALINGS = 3
_LARGE_HOLDERS = 32


@dataclass(slots=True)
class _Dealings:
    """Checksums of those who sent to an address and who got from it."""

    senders: dict[int, None] = field(default_factory=dict)
    receivers: dict[int, None] = field(default_factory=dict)

    def is_of_exchange(self) -> bool:
        return len(self.senders) >= _DEALINGS and len(self.receivers) >= _DEALINGS


class BalanceBook:
    """Balances of the largest holders, exact while these are few, and of what nobody holds alone.

    Beyond twice ``limit`` holders the smaller half is forgotten; these are the ones that matter
    least, and what they hold still counts as part of the whole. ``whole`` is False as long as the
    history was not seen from the first issue of tokens, and from when somebody spends what they
    were never seen to get.
    """

    __slots__ = ("_began", "_dealings", "_limit", "_shared", "balances", "supply", "whole")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._began = False
        self.whole = False
        self.supply = 0.0
        self.balances: dict[str, float] = {}
        #: Pools, locks and exchanges, which hold for others.
        self._shared: dict[str, float] = {}
        self._dealings: dict[str, _Dealings] = {}

    def share_out(self, pool: str) -> None:
        """The address is a pool."""
        if pool not in self._shared:
            self._shared[pool] = self.balances.pop(pool, 0.0)

    def hold(self, pool: str, amount: float) -> None:
        """A pool says itself what it holds."""
        if pool in self._shared:
            self._shared[pool] = amount

    def is_shared(self, address: str) -> bool:
        """Whether the address holds for others."""
        return address in self._shared

    def restate(self, supply: float, holders: Iterable[tuple[str, float]]) -> None:
        """A profile tells who holds what; the history before it does not matter any more."""
        self._began = self.whole = True
        self.supply = supply
        self.balances = {}
        self._shared = dict.fromkeys(self._shared, 0.0)
        for address, amount in holders:
            self._credit(address, amount)
        self._prune()

    def move(self, sender: str, receiver: str, amount: float) -> None:
        """Learn one transfer between small-letter addresses."""
        if not self._began:
            self._began = True
            self.whole = is_nowhere(sender)
        self._debit(sender, amount)
        self._credit(receiver, amount)
        self._note(sender, receiver)
        self._prune()

    def free(self) -> dict[str, float]:
        """Balances of those who can sell them alone."""
        return {
            name: amount for name, amount in self.balances.items() if not self._is_exchange(name)
        }

    def circulating(self) -> float:
        """All tokens but those of pools, locks and exchanges."""
        exchanges = sum(a for name, a in self.balances.items() if self._is_exchange(name))
        return self.supply - sum(self._shared.values()) - exchanges

    def _debit(self, sender: str, amount: float) -> None:
        if is_nowhere(sender):
            self.supply += amount
        elif sender in self._shared:
            self._shared[sender] = max(0.0, self._shared[sender] - amount)
        else:
            left = self.balances.get(sender, 0.0) - amount
            if left < -_UNSEEN * self.supply:
                self.whole = False
            # What is left of rounding is nothing.
            if left > 1e-12 * self.supply:
                self.balances[sender] = left
            else:
                self.balances.pop(sender, None)

    def _credit(self, receiver: str, amount: float) -> None:
        if is_nowhere(receiver):
            self.supply = max(0.0, self.supply - amount)
        elif receiver in self._shared or holds_for_others(receiver):
            self._shared[receiver] = self._shared.get(receiver, 0.0) + amount
        else:
            self.balances[receiver] = self.balances.get(receiver, 0.0) + amount

    def _note(self, sender: str, receiver: str) -> None:
        large = _LARGE * self.supply
        for holder, other, got in ((receiver, sender, True), (sender, receiver, False)):
            if self.balances.get(holder, 0.0) < large or is_nowhere(other):
                continue
            known = self._dealings.pop(holder, None)
            if known is None:
                known = _Dealings()
                if len(self._dealings) >= _LARGE_HOLDERS:
                    del self._dealings[next(iter(self._dealings))]
            self._dealings[holder] = known
            # Pools deal with everybody; that makes nobody an exchange.
            met = known.senders if got else known.receivers
            if other not in self._shared and len(met) < _DEALINGS:
                met[crc32(other.encode())] = None

    def _is_exchange(self, address: str) -> bool:
        known = self._dealings.get(address)
        return known is not None and known.is_of_exchange()

    def _prune(self) -> None:
        if len(self.balances) > 2 * self._limit:
            largest = sorted(self.balances.items(), key=lambda item: (-item[1], item[0]))
            kept = {name for name, _ in largest[: self._limit]}
            self.balances = {name: a for name, a in self.balances.items() if name in kept}
