"""What transfers alone tell of a token's addresses, in bounded memory and without any labels.

* ``HolderBook``: who received more than was sent on, the largest holders kept.
* ``HubBook``: which addresses deal with many different others, as pools and exchanges do.
"""

from __future__ import annotations

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

    __slots__ = ("_addresses", "_counterparties", "_seen")

    def __init__(self, addresses: int, counterparties: int) -> None:
        self._addresses = addresses
        self._counterparties = counterparties
        #: address -> (transfers counted, checksums of distinct counterparties)
        self._seen: dict[str, tuple[int, tuple[int, ...]]] = {}

    def degree(self, address: str) -> int:
        """Distinct counterparties known of the address, at most the bound."""
        known = self._seen.get(address)
        return len(known[1]) if known else 0

    def learn(self, sender: str, receiver: str) -> None:
        if is_nowhere(sender) or is_nowhere(receiver):
            return
        self._count(sender, receiver)
        self._count(receiver, sender)

    def _count(self, address: str, counterparty: str) -> None:
        seen = self._seen
        known = seen.get(address)
        if known is None:
            inherited = 0
            if len(seen) >= self._addresses:
                least = min(seen, key=lambda name: (seen[name][0], name))
                inherited = seen.pop(least)[0]
            known = (inherited, ())
        transfers, counterparties = known
        checksum = crc32(counterparty.encode())
        if len(counterparties) < self._counterparties and checksum not in counterparties:
            counterparties = (*counterparties, checksum)
        seen[address] = (transfers + 1, counterparties)
