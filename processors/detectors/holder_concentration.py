"""A few addresses hold nearly all of a token while others come to buy it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.fall_watch import FallWatch
from processors.detectors.wallets.balance_book import BalanceBook
from schemas.alerts import Evidence, Pattern
from schemas.events import Liquidity, Profile, Transfer
from schemas.topics import TRANSFERS

_TOP = 10


@dataclass(frozen=True, slots=True)
class HolderConcentrationParameters:
    """Where the lines lie, and why there."""

    #: Part of what circulates that the ten largest hold. Of 60 or more strangers whose sums differ
    #: as they do at a fair launch the ten largest hold half to three quarters.
    top: float = 0.8
    #: Herfindahl index (sum of squared parts) from which on antitrust guidelines of 2010 called a
    #: market highly concentrated: as if four shared it.
    index: float = 0.25
    #: Part of all tokens that the ten largest hold at least: less does not empty a pool.
    supply_part: float = 0.2
    #: Holders that are known at least: among few, ten are always nearly all.
    holders: int = 60
    #: A rise of the ten largest holders' part within that many milliseconds that is told before it
    #: is extreme, and from which part on.
    jump: float = 0.2
    jump_ms: int = 3_600_000
    jump_top: float = 0.6
    #: New buyers within that many milliseconds that make it matter; it is looked at when so many
    #: have come.
    buyers: int = 10
    buyers_ms: int = 3_600_000
    #: Milliseconds for which it must last: whoever moves a pool holds what was in it for a moment.
    lasting_ms: int = 60_000
    #: Milliseconds after an alert in which no other is opened: holders change slowly.
    cool_down_ms: int = 43_200_000
    #: Holders that are always remembered, and pools.
    remembered: int = 160
    pools: int = 16


PARAMETERS = HolderConcentrationParameters()


class HolderConcentration(Detector[Transfer | Liquidity | Profile]):
    """Flag a token of which ten addresses hold nearly all that circulates, when people buy it.

    Use: tokens seen from their first transfer, or whose profile tells the holders. What pools,
    locks and exchanges hold circulates not. Weakness: one person's many addresses count as many, an
    unknown lock as a holder. Holders' concentration is a feature in Mazorra and others (2022), "Do
    not rug on me"; the index is Herfindahl's (Rhoades 1993). Parameters:
    ``HolderConcentrationParameters``.
    """

    pattern: ClassVar[Pattern] = "holder_concentration"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "2"
    reads = (Liquidity, Transfer, Profile)

    def __init__(self, parameters: HolderConcentrationParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._book = BalanceBook(parameters.remembered)
        self._pools: dict[str, None] = {}
        #: When the newest buyers came that held nothing before.
        self._buyers: deque[int] = deque(maxlen=parameters.buyers)
        self._unjudged = 0
        #: (when, part of the ten largest) of the last looks.
        self._looks: deque[tuple[int, float]] = deque(maxlen=16)
        #: Since when every look has found it; None when the last one did not.
        self._since_ms: int | None = None
        self._quiet_until_ms = 0

    def observe(self, event: Transfer | Liquidity | Profile, time_ms: int) -> Opening | None:
        book = self._book
        if isinstance(event, Liquidity):
            pool = event.pool.lower()
            if pool not in self._pools and len(self._pools) < self._parameters.pools:
                self._pools[pool] = None
                book.share_out(pool)
            if event.action == "reserves" and event.token_amount is not None:
                book.hold(pool, float(event.token_amount))
            return None
        if isinstance(event, Profile):
            if event.holders and event.total_supply and float(event.total_supply) > 0:
                holders = [(each.address.lower(), float(each.amount)) for each in event.holders]
                book.restate(float(event.total_supply), holders)
                self._looks.clear()
            return None
        amount = float(event.amount)
        sender, receiver = event.from_address.lower(), event.to_address.lower()
        if amount <= 0.0 or sender == receiver:
            return None
        bought = sender in self._pools and receiver not in book.balances
        book.move(sender, receiver, amount)
        if not bought or book.is_shared(receiver):
            return None
        self._buyers.append(time_ms)
        self._unjudged += 1
        # Once found, every new buyer is a reason to look again.
        due = self._since_ms is not None or self._unjudged >= self._parameters.buyers
        if not due or not book.whole:
            return None
        self._unjudged = 0
        return self._judge(event.symbol, time_ms)

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        del time_ms
        return FallWatch(opening)

    def _judge(self, symbol: str, time_ms: int) -> Opening | None:
        parameters, measured = self._parameters, self._measure()
        since_found_ms, self._since_ms = self._since_ms, None
        if measured is None or measured.holders < parameters.holders:
            return None
        since_ms = time_ms - parameters.jump_ms
        lowest = min((top for when, top in self._looks if when >= since_ms), default=measured.top)
        if since_found_ms is None:
            self._looks.append((time_ms, measured.top))
        if time_ms < self._quiet_until_ms or time_ms - self._buyers[0] > parameters.buyers_ms:
            return None
        if measured.supply_part < parameters.supply_part:
            return None
        how: Literal["extreme", "jump"]
        if measured.top >= parameters.top or measured.herfindahl >= parameters.index:
            how = "extreme"
        elif measured.top - lowest >= parameters.jump and measured.top >= parameters.jump_top:
            how = "jump"
        else:
            return None
        self._since_ms = time_ms if since_found_ms is None else since_found_ms
        if time_ms - self._since_ms < parameters.lasting_ms:
            return None
        self._since_ms = None
        self._quiet_until_ms = time_ms + parameters.cool_down_ms
        onset_ms = min(self._buyers[0], time_ms)
        return _opening(parameters, _Findings(measured, lowest, how, onset_ms), symbol)

    def _measure(self) -> _Measured | None:
        book = self._book
        circulating = book.circulating()
        if circulating <= 0.0 or book.supply <= 0.0:
            return None
        amounts = sorted(book.free().values(), reverse=True)
        top = sum(amounts[:_TOP])
        return _Measured(
            top=min(1.0, top / circulating),
            herfindahl=min(1.0, sum((amount / circulating) ** 2 for amount in amounts)),
            supply_part=min(1.0, top / book.supply),
            holders=len(amounts),
        )


class _Measured(NamedTuple):
    """``top`` and ``herfindahl`` are of what circulates, ``supply_part`` is of all tokens."""

    top: float
    herfindahl: float
    supply_part: float
    holders: int


@dataclass(frozen=True, slots=True)
class _Findings:
    """What speaks for an alert; ``lowest`` is the ten largest holders' part within the hour."""

    measured: _Measured
    lowest: float
    how: Literal["extreme", "jump"]
    onset_ms: int


def _opening(parameters: HolderConcentrationParameters, found: _Findings, symbol: str) -> Opening:
    measured = found.measured
    rise = f", {measured.top - found.lowest:.1%} more than within the hour before"
    return Opening(
        score=min(1.0, 0.3 + 0.4 * measured.top + 0.3 * min(1.0, measured.supply_part / 0.5)),
        impact=min(1.0, measured.top),
        onset_ms=found.onset_ms,
        phase="concentrated" if found.how == "extreme" else "gathered",
        explanation=(
            f"The ten largest of {measured.holders} holders have {measured.top:.1%} of what "
            f"circulates of {symbol}{rise if found.how == 'jump' else ''}, and "
            f"{measured.supply_part:.1%} of all there is, while others come to buy."
        ),
        evidence=(
            Evidence(
                feature="top_10_share",
                value=measured.top,
                baseline=found.lowest,
                threshold=parameters.top,
                weight=0.4,
            ),
            Evidence(
                feature="herfindahl_index",
                value=measured.herfindahl,
                baseline=1.0 / measured.holders,
                threshold=parameters.index,
                weight=0.3,
            ),
            Evidence(
                feature="top_10_share_of_supply",
                value=measured.supply_part,
                baseline=None,
                threshold=parameters.supply_part,
                weight=0.2,
            ),
            Evidence(
                feature="holders",
                value=float(measured.holders),
                baseline=None,
                threshold=float(parameters.holders),
                weight=0.1,
            ),
        ),
    )
