"""What one transaction leaves behind: routers, taxes and detours within it cancel out."""

from __future__ import annotations

#: Addresses of one transaction that are followed; those of a large airdrop say nothing here.
_ADDRESSES = 64


class TransactionFlow:
    """Net amounts by address of the newest transaction, in tokens.

    Events of one transaction follow each other. ``provides`` is set when it feeds or drains a pool,
    so that it is no trade.
    """

    __slots__ = ("nets", "provides", "time_ms", "transaction")

    def __init__(self) -> None:
        self.transaction: str | None = None
        self.time_ms = 0
        self.nets: dict[str, float] = {}
        self.provides = False

    def begin(self, transaction: str, time_ms: int) -> None:
        self.transaction, self.time_ms = transaction, time_ms
        self.nets = {}
        self.provides = False

    def move(self, sender: str, receiver: str, amount: float) -> None:
        nets = self.nets
        if len(nets) < _ADDRESSES:
            nets[sender] = nets.get(sender, 0.0) - amount
            nets[receiver] = nets.get(receiver, 0.0) + amount

    def receivers(self) -> list[str]:
        """Who got the most, and whoever got at least half as much: a tax is less."""
        most = max(self.nets.values(), default=0.0)
        return [name for name, net in self.nets.items() if net > 0.0 and net >= 0.5 * most]

    def senders(self) -> list[str]:
        """The same of those who gave."""
        least = min(self.nets.values(), default=0.0)
        return [name for name, net in self.nets.items() if net < 0.0 and net <= 0.5 * least]
