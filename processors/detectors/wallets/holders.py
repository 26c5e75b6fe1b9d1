"""What transfers alone tell of a token's addresses, in bounded memory and without any labels.

* ``HolderBook``: who received more than was sent on, the largest holders kept.
* ``HubBook``: which addresses deal with many different others, as pools and exchanges do.
* ``RelayBook``: which addresses pass on at once what they received, as deposit addresses do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

#: Where tokens come from when minted and go when burned; neither holds nor trades.
_NOWHERE = frozenset(
    {
        "0x0000000000000000000000000000000000000000",
        "0x000000000000000000000000000000000000dead",
    }
)


def is_nowhere(address: str) -> bool:
    """Whether the address only stands for minting or burning."""
    return address.lower() in _NOWHERE


class HolderBook:
    """Net received amounts of the largest holders.

    Use: a lower bound of an address's balance and of its share of what is known to be held.
    Weakness: a holder from before the stream began is unknown until it receives something.
    """

    __slots__ = ("_amounts", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._amounts: dict[str, float] = {}

    def balance(self, address: str) -> float:
        """Tokens known to be held; 0 for an unknown address."""
        return self._amounts.get(address, 0.0)

    def total(self) -> float:
        """Tokens held by all known holders together."""
        return sum(self._amounts.values())

    def learn(self, sender: str, receiver: str, amount: float) -> None:
        amounts = self._amounts
        if sender in amounts:
            left = amounts[sender] - amount
            if left > 0:
                amounts[sender] = left
            else:
                del amounts[sender]
        if is_nowhere(receiver):
            return
        if receiver in amounts:
            amounts[receiver] += amount
        elif len(amounts) < self._limit:
            amounts[receiver] = amount
        else:
            smallest = min(amounts, key=lambda address: (amounts[address], address))
            if amounts[smallest] < amount:
                del amounts[smallest]
                amounts[receiver] = amount


class HubBook:
    """Addresses with many distinct counterparties, found with Space-Saving counters.

    Metwally, Agrawal and El Abbadi 2005, "Efficient computation of frequent and top-k elements in
    data streams": the busiest ``addresses`` are kept, a new one takes the place of the least busy.
    Of each, up to ``counterparties`` different ones are remembered (as 32-bit checksums).
    """

    __slots__ = ("_addresses", "_counterparties", "_seen", "_transfers")

    def __init__(self, addresses: int, counterparties: int) -> None:
        self._addresses = addresses
        self._counterparties = counterparties
        self._transfers = 0
        self._seen: dict[str, _Dealings] = {}

    def degree(self, address: str) -> int:
        """Distinct counterparties known of the address, at most the bound."""
        known = self._seen.get(address)
        return len(known.counterparties) if known else 0

    def receivers(self, address: str) -> int:
        """Distinct addresses it is known to have sent to, at most the bound."""
        known = self._seen.get(address)
        return len(known.receivers) if known else 0

    def givers(self, address: str) -> int:
        """Distinct addresses it is known to have received from, at most the bound."""
        known = self._seen.get(address)
        return len(known.givers) if known else 0

    def share(self, address: str) -> float:
        """Its share of all transfers, in 0..1; never above the true one."""
        known = self._seen.get(address)
        return (known.counted - known.inherited) / self._transfers if known else 0.0

    def learn(self, sender: str, receiver: str) -> None:
        self._transfers += 1
        if is_nowhere(sender) or is_nowhere(receiver):
            return
        dealings = self._count(sender)
        self._remember(dealings.counterparties, receiver)
        self._remember(dealings.receivers, receiver)
        dealings = self._count(receiver)
        self._remember(dealings.counterparties, sender)
        self._remember(dealings.givers, sender)

    def _count(self, address: str) -> _Dealings:
        seen = self._seen
        known = seen.get(address)
        if known is None:
            inherited = 0
            if len(seen) >= self._addresses:
                least = min(seen, key=lambda name: (seen[name].counted, name))
                inherited = seen.pop(least).counted
            known = seen[address] = _Dealings(inherited, inherited)
        known.counted += 1
        return known

    def _remember(self, known: dict[int, None], address: str) -> None:
        if len(known) < self._counterparties:
            known[crc32(address.encode())] = None


@dataclass(slots=True)
class _Dealings:
    """``counted`` transfers, of which ``inherited`` may be those of addresses before it."""

    counted: int
    inherited: int
    counterparties: dict[int, None] = field(default_factory=dict)
    receivers: dict[int, None] = field(default_factory=dict)
    givers: dict[int, None] = field(default_factory=dict)


class RelayBook:
    """Addresses that pass on at once what they received: deposit addresses made for one person.

    Only receipts from addresses that are no distributors count, and only the newest ``limit``.
    """

    __slots__ = ("_limit", "_receipts", "_within_ms")

    def __init__(self, limit: int, within_ms: int) -> None:
        self._limit = limit
        self._within_ms = within_ms
        #: address -> (when, how much)
        self._receipts: dict[str, tuple[int, float]] = {}

    def passes_on(self, sender: str, amount: float, time_ms: int) -> bool:
        """Whether the sender received most of this amount a moment ago."""
        receipt = self._receipts.get(sender)
        if receipt is None:
            return False
        received_ms, received = receipt
        return 0 <= time_ms - received_ms <= self._within_ms and amount >= 0.9 * received

    def learn(self, receiver: str, amount: float, time_ms: int) -> None:
        self._receipts.pop(receiver, None)
        if len(self._receipts) >= self._limit:
            del self._receipts[next(iter(self._receipts))]
        self._receipts[receiver] = (time_ms, amount)
