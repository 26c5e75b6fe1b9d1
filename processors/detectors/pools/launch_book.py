"""Who got a token out of its new pool in the first blocks, and what they paid beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.events import Liquidity, Transfer

#: Buyers of one launch that are remembered; a bundle is seen long before.
_BUYERS = 64


@dataclass(slots=True)
class Bought:
    """What one address has got, in tokens and in the pool's first quote (which counts as 1)."""

    tokens: float
    paid: float
    #: Its newest.
    transaction: str


@dataclass(slots=True)
class Launch:
    """A pool from its creation until its first blocks of trading are over.

    ``fed`` is what it held when trading began. What a buyer paid is taken from the curve of a
    constant product, so that equal payments are seen though each later one gets fewer tokens.
    """

    created_ms: int
    #: Tokens in it now, and those that were provided.
    reserve: float = 0.0
    provided: float = 0.0
    fed: float = 0.0
    began_ms: int | None = None
    began_block: int | None = None
    over: bool = False
    buyers: dict[str, Bought] = field(default_factory=dict)

    def provide(self, event: Liquidity) -> None:
        self.provided += float(event.token_amount or 0)

    def contains(self, event: Transfer, time_ms: int, blocks: int, span_ms: int) -> bool:
        """Whether the event is of the first blocks; what comes later ends the launch. Where no
        block is told, or blocks are fast, it is the first ``span_ms``."""
        if self.over or self.began_ms is None:
            return not self.over
        within = time_ms - self.began_ms <= span_ms
        if event.block_number is not None and self.began_block is not None:
            within = within or event.block_number - self.began_block < blocks
        if not within:
            self.over = True
            self.buyers.clear()
        return within

    def buy(self, buyer: str, event: Transfer, amount: float, time_ms: int) -> None:
        if self.began_ms is None:
            self.began_ms, self.began_block = time_ms, event.block_number
            self.fed = self.reserve = max(self.reserve, self.provided)
        left = self.reserve - amount
        if left <= 0.0:
            return  # More than the pool is known to hold: nothing can be said of the price.
        paid = amount * self.fed / (self.reserve * left)
        self.reserve = left
        self._give(buyer, amount, paid, event.transaction)

    def sell(self, seller: str, amount: float) -> None:
        """Tokens come in: from providers before trading, from sellers then."""
        self.reserve += amount
        self._take(seller, amount)

    def pass_on(self, sender: str, receiver: str, amount: float, transaction: str) -> bool:
        """Routers and bots hand on what they bought in the same transaction."""
        bought = self.buyers.get(sender)
        if bought is None or bought.transaction != transaction:
            return False
        paid = self._take(sender, amount)
        self._give(receiver, amount, paid, transaction)
        return True

    def undo(self, transaction: str) -> None:
        """It was no purchase: the pool gave back what was provided."""
        for buyer in [name for name, b in self.buyers.items() if b.transaction == transaction]:
            del self.buyers[buyer]

    def _give(self, buyer: str, amount: float, paid: float, transaction: str) -> None:
        bought = self.buyers.get(buyer)
        if bought is not None:
            bought.tokens += amount
            bought.paid += paid
            bought.transaction = transaction
        elif len(self.buyers) < _BUYERS:
            self.buyers[buyer] = Bought(amount, paid, transaction)

    def _take(self, seller: str, amount: float) -> float:
        """What was paid for what goes."""
        bought = self.buyers.get(seller)
        if bought is None:
            return 0.0
        part = min(1.0, amount / bought.tokens)
        paid = part * bought.paid
        bought.tokens -= part * bought.tokens
        bought.paid -= paid
        # What is left of rounding is nothing.
        if part > 1.0 - 1e-9:
            del self.buyers[seller]
        return paid
