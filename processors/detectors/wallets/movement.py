"""How large something was that moved, and how an alert tells it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from schemas.alerts import Evidence


class Feature(NamedTuple):
    """What a piece of evidence is called, and how much it weighs."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Movement:
    """Tokens that moved, measured by a usual transfer and by what the known holders hold."""

    amount: float
    usual: float
    #: How far out of the usual it is, and from where on that is huge.
    unusual: float
    huge: float
    #: Its part of what is known to be held, and from where on that matters; None where a whale is
    #: told by the supply.
    share: float
    much: float | None

    @property
    def score(self) -> float:
        """From half to 0.9 with the share; what follows adds the rest."""
        return 0.5 + 0.4 * min(1.0, math.sqrt(self.share))

    def evidence(self, amount: Feature, unusual: Feature, share: Feature) -> tuple[Evidence, ...]:
        return (
            Evidence(
                feature=amount.name,
                value=self.amount,
                baseline=self.usual,
                threshold=None,
                weight=amount.weight,
            ),
            Evidence(
                feature=unusual.name,
                value=self.unusual,
                baseline=0.0,
                threshold=self.huge,
                weight=unusual.weight,
            ),
            Evidence(
                feature=share.name,
                value=self.share,
                baseline=None,
                threshold=self.much,
                weight=share.weight,
            ),
        )
