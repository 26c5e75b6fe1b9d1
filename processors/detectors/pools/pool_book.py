"""What a token's pools hold, who is behind them, and what part of a pool a removal takes.

What part one removal takes is an exact fraction of what the chain says, rounded once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from fractions import Fraction
from typing import NamedTuple

from processors.detectors.pools.share_book import is_locked
from schemas.events import Liquidity

#: Removals remembered of a pool: a drain in more slices than this is seen by its large ones.
_REMOVALS = 32
_ZERO = Fraction(0)


class _Removal(NamedTuple):
    """Sizes are in what the pool was before the oldest removal that is remembered."""

    time_ms: int
    party: str
    taken: float
    size_before: float


class Pool:
    """One pool. Its creator, whoever first provided for it, and to whom these passed shares on,
    are its insiders."""

    __slots__ = (
        "_insiders",
        "_limit",
        "_provided",
        "_removals",
        "_reserves",
        "_size",
        "_total",
        "created_ms",
        "largest_earlier",
        "shares_moved",
    )

    def __init__(self, insiders: int) -> None:
        self._limit = insiders
        self._insiders: dict[str, str] = {}
        #: (transaction, tokens, quote) after the newest change, and its like before that one.
        self._reserves: tuple[str, str | None, str | None] | None = None
        #: All shares there are, while nothing was missed since that was known.
        self._total: Fraction | None = None
        self._provided = False
        self._removals: deque[_Removal] = deque(maxlen=_REMOVALS)
        #: How large it is beside what it was before these removals.
        self._size = 1.0
        #: When the pool was made; None when that was not seen.
        self.created_ms: int | None = None
        #: Part of all shares that insiders have passed on to others (0..1).
        self.shares_moved = 0.0
        #: The largest part that one removal took before.
        self.largest_earlier = 0.0

    @property
    def insiders(self) -> Collection[str]:
        """Their addresses, in small letters."""
        return self._insiders.keys()

    @property
    def tokens(self) -> float | None:
        """Tokens it held after the newest change; None when that was never told."""
        if self._reserves is None or self._reserves[1] is None:
            return None
        return float(self._reserves[1])

    def quote_before(self, event: Liquidity) -> float | None:
        """What it held of its quote before a removal; None when that cannot be told."""
        before = self._before(event, -1)[0][1]
        return None if before is None else float(before)

    def create(self, event: Liquidity, time_ms: int) -> None:
        self.created_ms = time_ms
        self._total = _ZERO
        if event.from_address:
            self._insiders[event.from_address.lower()] = "pool's creator"

    def add(self, event: Liquidity) -> None:
        """Somebody provided. Shares may be made out to another than who pays."""
        if self.created_ms is not None and not self._provided:
            for address in (event.from_address, event.to_address):
                if address and not is_locked(address.lower()):
                    self._insiders.setdefault(address.lower(), "pool's first provider")
        self._provided = True
        self._grow(event)
        self._follow_total(event, 1)

    def hold(self, event: Liquidity) -> None:
        """What the pool holds now."""
        self._reserves = (event.transaction, event.token_amount, event.quote_amount)

    def move_shares(self, event: Liquidity) -> None:
        """Shares changed hands; who has an insider's shares, or those out of a lock, acts for
        them."""
        sender, receiver = event.from_address, event.to_address
        if sender is None or receiver is None:
            return
        is_insider = self.role(sender) is not None
        if not is_insider and not is_locked(sender.lower()):
            return
        if receiver.lower() == event.pool.lower():
            return  # How shares are handed in to be burned.
        total = self._total if event.total_liquidity is None else Fraction(event.total_liquidity)
        if is_insider and total and event.liquidity:
            moved = float(Fraction(event.liquidity) / total)
            self.shares_moved = min(1.0, self.shares_moved + moved)
        if not is_locked(receiver.lower()) and len(self._insiders) < self._limit:
            self._insiders.setdefault(receiver.lower(), "receiver of an insider's shares")

    def role(self, address: str | None) -> str | None:
        """What the address is to the pool; None for everybody else."""
        return None if address is None else self._insiders.get(address.lower())

    def remove(self, event: Liquidity) -> Fraction | None:
        """The part of the pool that the removal takes, in 0..1; None when that cannot be told."""
        share = self._share_of_shares(event, -1) or self._share_of_reserves(event, -1)
        self._follow_total(event, -1)
        return None if share is None else min(share, Fraction(1))

    def drained(self, party: str, share: Fraction, time_ms: int, since_ms: int) -> float:
        """What one party has taken since then, this removal included, as a part of the pool when
        it was largest. Who takes the rest of a pool that others have drained takes little."""
        changes = self._removals
        while changes and changes[0].time_ms < since_ms:
            changes.popleft()
        if not changes:
            self._size = 1.0
        removal = _Removal(time_ms, party, float(share) * self._size, self._size)
        changes.append(removal)
        self._size -= removal.taken
        taken = sum(each.taken for each in changes if each.party == party)
        return taken / max(each.size_before for each in changes)

    def began(self, party: str, time_ms: int) -> int:
        """When the party's removals that count began."""
        return min(
            (each.time_ms for each in self._removals if each.party == party), default=time_ms
        )

    def _grow(self, event: Liquidity) -> None:
        """Follow how large the pool is beside what it was."""
        share = self._share_of_shares(event, 1) or self._share_of_reserves(event, 1)
        if share is None or self._size <= 0.0:
            # By how much it grew cannot be told: what was taken before counts no more.
            self._removals.clear()
            self._size = 1.0
        else:
            self._size *= 1.0 + float(share)

    def _share_of_shares(self, event: Liquidity, sign: int) -> Fraction | None:
        """Shares made (sign 1) or burned (-1) as a part of all there were before."""
        if not event.liquidity:
            return None
        changed = Fraction(event.liquidity)
        if event.total_liquidity is not None:
            before = Fraction(event.total_liquidity) - sign * changed
        elif self._total is not None:
            before = self._total
        else:
            return None
        return changed / before if before > 0 else None

    def _share_of_reserves(self, event: Liquidity, sign: int) -> Fraction | None:
        """The same by the quote, which nobody can print; by the tokens where it is not told."""
        for changed, before in self._before(event, sign):
            if changed and before is not None and before > 0:
                return changed / before
        return None

    def _before(self, event: Liquidity, sign: int) -> list[tuple[Fraction | None, Fraction | None]]:
        """What changed, and what the pool held before; first of its quote, then of the token."""
        transaction, tokens, quote = self._reserves or (None, None, None)
        found = []
        for amount, reserve in ((event.quote_amount, quote), (event.token_amount, tokens)):
            changed = None if amount is None else Fraction(amount)
            before = None if reserve is None else Fraction(reserve)
            # A pool tells what it holds before it tells of the change that led to it.
            if before is not None and changed is not None and transaction == event.transaction:
                before -= sign * changed
            found.append((changed, before))
        return found

    def _follow_total(self, event: Liquidity, sign: int) -> None:
        if event.total_liquidity is not None:
            self._total = Fraction(event.total_liquidity)
        elif self._total is not None and event.liquidity:
            self._total = max(_ZERO, self._total + sign * Fraction(event.liquidity))


class PoolBook:
    """The pools of a token that something happened to lately."""

    __slots__ = ("_insiders", "_limit", "_pools")

    def __init__(self, pools: int, insiders: int) -> None:
        self._limit = pools
        self._insiders = insiders
        self._pools: dict[str, Pool] = {}

    def pool(self, event: Liquidity) -> Pool:
        """The event's pool; a new one takes the place of the one idle longest."""
        name = event.pool.lower()
        pool = self._pools.pop(name, None)
        if pool is None or event.action == "pool_created":
            pool = Pool(self._insiders)
            if len(self._pools) >= self._limit:
                del self._pools[next(iter(self._pools))]
        self._pools[name] = pool
        return pool

    def insiders(self, name: str) -> Collection[str]:
        """The insiders of a pool (its name in small letters)."""
        pool = self._pools.get(name)
        return () if pool is None else pool.insiders

    def is_young(self, name: str) -> bool:
        """Whether the pool was seen from its creation."""
        pool = self._pools.get(name)
        return pool is not None and pool.created_ms is not None

    def part_of(self, name: str) -> float:
        """A pool's part of all tokens in known pools."""
        pool = self._pools.get(name)
        return 0.0 if pool is None else self.part(pool, 0.0)

    def part(self, pool: Pool, removed: float) -> float:
        """The pool's part of all tokens in known pools, before ``removed`` left it."""
        held = (pool.tokens or 0.0) + removed
        others = sum(other.tokens or 0.0 for other in self._pools.values() if other is not pool)
        return held / (held + others) if held + others > 0 else 1.0
