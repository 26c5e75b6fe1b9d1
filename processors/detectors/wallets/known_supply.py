"""Whether an amount is a whale's, by how many tokens there are at all."""

from __future__ import annotations

from processors.detectors.wallets.holders import is_nowhere
from schemas.events import Profile, Transfer


class KnownSupply:
    """The supply that a profile tells of a coin that is older than the log.

    Use: "a part of all tokens" beside "huge for this token", since known holders may hold hardly
    any of them. Weakness: of a coin that was seen from its first minting nothing is said, because
    there such a part is what anybody buys; and where no profile comes it is unknown.
    """

    __slots__ = ("_part", "_supply", "_young")

    def __init__(self, part: float) -> None:
        self._part = part
        self._supply: float | None = None
        #: Whether the first transfer was a minting; None before there was any.
        self._young: bool | None = None

    def learn(self, event: Transfer | Profile) -> None:
        if isinstance(event, Transfer):
            if self._young is None:
                self._young = is_nowhere(event.from_address)
        elif event.total_supply is not None:
            self._supply = float(event.total_supply) or None

    def is_whales(self, amount: float) -> bool:
        """Whether the amount is at least that part of all tokens."""
        return not self._young and self._supply is not None and amount >= self._part * self._supply
