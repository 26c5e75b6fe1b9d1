"""How many tokens there are, how many were burned, and what those hold who were issued them."""

from __future__ import annotations

from collections.abc import Iterable

from processors.detectors.wallets.holders import is_nowhere
from schemas.events import Profile

#: Addresses followed that tokens were issued to: a token has one maker, a bridge many users.
_ISSUED_TO = 4


class TokenBook:
    """Supply, burned tokens and the makers' balances of one token.

    Use: what part of a token its makers could sell. Weakness: without a profile, and not seen from
    the first transfer on, nothing of it is known.
    """

    __slots__ = ("_balances", "_began", "_whole", "burned", "creator", "issued_to", "supply")

    def __init__(self) -> None:
        self._began = False
        #: Whether the supply is known: seen from the first issue on, or told by a profile.
        self._whole = False
        #: Balances of the makers.
        self._balances: dict[str, float] = {}
        self.supply = 0.0
        self.burned = 0.0
        #: Who made the token, as its profile tells.
        self.creator: str | None = None
        #: To whom the first tokens ever seen were issued.
        self.issued_to: str | None = None

    def move(self, sender: str, receiver: str, amount: float) -> float:
        """Take in a transfer; returns how many tokens were newly issued, as a part of the supply
        before it, where that is known."""
        issued = 0.0
        if is_nowhere(sender):
            if not self._began:
                self.issued_to, self._whole = receiver, True
            elif self._whole and self.supply > 0.0:
                issued = amount / self.supply
            self.supply += amount
            if len(self._balances) < _ISSUED_TO:
                self._balances.setdefault(receiver, 0.0)
        elif sender in self._balances:
            self._balances[sender] = max(0.0, self._balances[sender] - amount)
        self._began = True
        if is_nowhere(receiver):
            self.burned += amount
        elif receiver in self._balances:
            self._balances[receiver] += amount
        return issued

    def learn(self, profile: Profile) -> None:
        """Take in what is known of the token's contract."""
        if profile.creator:
            self.creator = profile.creator.lower()
            self._balances.setdefault(self.creator, 0.0)
        if profile.total_supply is not None and (supply := float(profile.total_supply)) > 0.0:
            self.supply, self._whole = supply, True
        for holder in profile.holders:
            address = holder.address.lower()
            if address in self._balances:
                self._balances[address] = float(holder.amount)

    def share(self, amount: float) -> float | None:
        """An amount as a part of all tokens; None when their number is not known."""
        return amount / self.supply if self._whole and self.supply > 0.0 else None

    def makers(self, young: bool) -> tuple[str, ...]:
        """Who made the token; ``young`` when it is known to be hardly older than what is looked at:
        tokens are also issued to bridges' users."""
        issued_to = self.issued_to if young else None
        found = (self.creator, issued_to if issued_to != self.creator else None)
        return tuple(maker for maker in found if maker is not None)

    def held_by(self, addresses: Iterable[str]) -> float | None:
        """What these makers (each named once) hold, as a part of all tokens."""
        return self.share(sum(self._balances.get(address, 0.0) for address in addresses))
