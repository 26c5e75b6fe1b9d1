"""What the chain has said about a pool so far, in the sixteen numbers the rug model knows."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from processors.detectors.pools.share_book import ShareBook
from processors.detectors.pools.token_book import TokenBook

_WEEK_MS = 604_800_000.0


@dataclass(slots=True)
class _Times:
    """How often something happened, and when on average, in milliseconds after the first."""

    count: int = 0
    since_first: float = 0.0

    def note(self, since_first_ms: int) -> None:
        self.count += 1
        self.since_first += since_first_ms

    def mean(self) -> float:
        return self.since_first / self.count if self.count else 0.0


class PoolFeatures:
    """The rug model's inputs of one pool, kept up event by event.

    Use: ``inputs`` gives the numbers as the labelled tokens have them; what is not known is left
    out. Each is defined as it was published with those tokens (kangmyoungseok, "RugPull Prediction
    AI", 2021; labels in the manner of Mazorra, Adan and Daza 2022, "Do not rug on me"):

    * ``mint_count_per_week``, ``burn_count_per_week``, ``swap_in_per_week``, ``swap_out_per_week``:
      provisions, removals, purchases and sales a week, over the time from the first provision to
      the newest event and one week more.
    * ``mint_ratio``, ``burn_ratio``: provisions and removals among all of these.
    * ``mint_mean_period``, ``swap_mean_period``, ``burn_mean_period``: when they happened on
      average, as a part of that time.
    * ``lp_avg``: 100 over the number of holders who have at least a ten-thousandth of the shares.
    * ``lp_std``: the root of the sum of squares of their per cent less ``lp_avg``.
    * ``lp_creator_holding_ratio``: the part of the shares that insiders hold.
    * ``lp_lock_ratio``: the part of the shares that is burned or locked.
    * ``token_burn_ratio``, ``token_creator_holding_ratio``: the parts of all tokens that are
      burned, and that the makers hold.
    * ``number_of_token_creation_of_creator``: tokens the creator has made; no source tells it.

    Where it differs: in the labelled tokens one address is the creator, and whatever it has parted
    with is locked. Here whom it gave shares to counts as the creator, unless that is a known lock;
    all insiders together are one holder, so that spreading shares over their wallets hides nothing.
    """

    __slots__ = ("_burns", "_first_ms", "_last_ms", "_mints", "_purchases", "_sales", "shares")

    def __init__(self, holders: int) -> None:
        self.shares = ShareBook(holders)
        self._mints, self._burns = _Times(), _Times()
        self._purchases, self._sales = _Times(), _Times()
        self._first_ms: int | None = None
        self._last_ms = 0

    @property
    def purchases(self) -> int:
        """How often somebody bought."""
        return self._purchases.count

    def provided(self, time_ms: int) -> None:
        """Somebody fed the pool."""
        self._note(self._mints, time_ms)

    def removed(self, time_ms: int) -> None:
        """Somebody took liquidity out."""
        self._note(self._burns, time_ms)

    def swapped(self, purchase: bool, time_ms: int) -> None:
        """Somebody bought tokens from the pool, or sold it some."""
        self._note(self._purchases if purchase else self._sales, time_ms)

    def inputs(self, insiders: Collection[str], token: TokenBook) -> dict[str, float]:
        """The numbers that are known now; each of the insiders is named once."""
        return self._activity() | self._standing(insiders, token)

    def _note(self, times: _Times, time_ms: int) -> None:
        if self._first_ms is None:
            self._first_ms = time_ms
        self._last_ms = max(self._last_ms, time_ms)
        times.note(max(0, time_ms - self._first_ms))

    def _activity(self) -> dict[str, float]:
        kinds = (self._mints, self._burns, self._purchases, self._sales)
        total = sum(kind.count for kind in kinds)
        if self._first_ms is None or not total:
            return {}
        life_ms = self._last_ms - self._first_ms
        weeks = life_ms / _WEEK_MS + 1.0
        whole_ms = max(1.0, float(life_ms))
        swaps = _Times(
            self._purchases.count + self._sales.count,
            self._purchases.since_first + self._sales.since_first,
        )
        return {
            "mint_count_per_week": self._mints.count / weeks,
            "burn_count_per_week": self._burns.count / weeks,
            "mint_ratio": self._mints.count / total,
            "burn_ratio": self._burns.count / total,
            "mint_mean_period": self._mints.mean() / whole_ms,
            "swap_mean_period": swaps.mean() / whole_ms,
            "burn_mean_period": self._burns.mean() / whole_ms,
            "swap_in_per_week": self._purchases.count / weeks,
            "swap_out_per_week": self._sales.count / weeks,
        }

    def _standing(self, insiders: Collection[str], token: TokenBook) -> dict[str, float]:
        known: dict[str, float] = {}
        parts = self.shares.shares(insiders)
        if parts:
            average = 100.0 / len(parts)
            spread = math.sqrt(sum((100.0 * part - average) ** 2 for part in parts))
            known |= {
                "lp_avg": average,
                "lp_std": spread,
                "lp_creator_holding_ratio": self.shares.share_of(insiders),
                "lp_lock_ratio": self.shares.locked(),
            }
        if (burned := token.share(token.burned)) is not None:
            known["token_burn_ratio"] = burned
        if (held := token.held_by(insiders)) is not None:
            known["token_creator_holding_ratio"] = held
        return known
