"""Where tokens go within one transaction, as far as a pool can ask when it speaks of it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

#: Addresses of one transaction whose tokens are followed back to where they came from.
_ADDRESSES = 16


@dataclass(frozen=True, slots=True)
class Paid:
    """Tokens that came into a pool; ``by`` had them before the transaction."""

    by: str
    amount: float


class TokenTrail:
    """The newest transaction: who paid tokens into pools, and who got some.

    Use: a trader behind a router. Weakness: who is behind a router that hands on what it bought is
    told only after the pool has spoken.
    """

    __slots__ = ("_got", "_origins", "_paid", "_transaction")

    def __init__(self) -> None:
        self._transaction: str | None = None
        #: address -> who had its tokens before
        self._origins: dict[str, str] = {}
        self._paid: dict[str, Paid] = {}
        self._got: dict[str, str] = {}

    def move(
        self, transaction: str, sender: str, receiver: str, amount: float, pools: Container[str]
    ) -> bool:
        """Take in a transfer; whether it begins another transaction."""
        begins = transaction != self._transaction
        if begins:
            self._transaction = transaction
            self._origins, self._paid, self._got = {}, {}, {}
        origin = self._origins.get(sender, sender)
        if len(self._origins) < _ADDRESSES:
            self._origins[receiver] = origin
        if receiver in pools:
            self._paid[receiver] = Paid(origin, amount)
        if sender in pools:
            self._got[sender] = receiver
        return begins

    def paid(self, transaction: str, pool: str) -> Paid | None:
        """What was paid into the pool in that transaction, if it is the newest."""
        return self._paid.get(pool) if transaction == self._transaction else None

    def buyer(self, transaction: str, pool: str) -> str | None:
        """Who got tokens from the pool in that transaction, if it is the newest."""
        return self._got.get(pool) if transaction == self._transaction else None
