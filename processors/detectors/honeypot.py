"""Many buy and hardly anybody sells: the token can be bought, and only its makers get out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.fall_watch import FallWatch
from processors.detectors.likeness import poisson_head
from processors.detectors.pools.buyer_cohort import BuyerCohort, Fates
from processors.detectors.pools.transaction_flow import TransactionFlow
from processors.detectors.wallets.holders import is_nowhere
from processors.detectors.wording import times_text
from schemas.alerts import Evidence, Pattern
from schemas.events import Liquidity, Profile, Transfer
from schemas.topics import TRANSFERS

_HOUR_MS = 3_600_000
#: Standard errors of the bound that is shown as evidence: one side, 1 in 1,000.
_ERRORS = 3.09


@dataclass(frozen=True, slots=True)
class HoneypotParameters:
    """Where the lines lie, and why there."""

    #: Sales for each hour that a buyer holds, where they can sell: at least so many within the
    #: first hour. Most coins are sold far faster; in a calm token a twentieth sells each hour, but
    #: what is sold after more than an hour counts too.
    usual: float = 0.15
    #: Probability up to which so few sellers are believed to be chance. Without any seller it takes
    #: 51 hours of all buyers together; it is looked at again and again, so one in a hundred would
    #: be too many.
    chance: float = 0.0005
    #: Milliseconds that a buyer must have had to sell, and the most that count of one buyer: some
    #: never mean to sell, so it takes 51 of them at least.
    patience_ms: int = 1_800_000
    counted_ms: int = 3_600_000
    #: Milliseconds for which a buyer is followed; who has held so long may mean to.
    follow_ms: int = 21_600_000
    #: Buyers between two looks.
    every: int = 4
    #: Milliseconds after an alert in which no other is opened: it is the same trap.
    cool_down_ms: int = 21_600_000
    #: Buyers, insiders and pools that are remembered.
    buyers: int = 256
    insiders: int = 64
    pools: int = 16


PARAMETERS = HoneypotParameters()


class Honeypot(Detector[Liquidity | Transfer | Profile]):
    """Flag a token that far fewer of its buyers have sold than usual, though they had the time.

    Use: tokens whose pools are watched. Sellers are counted against the hours for which the others
    have held, as in survival analysis (a constant hazard: their number is Poisson); sales of
    insiders (makers of token and pool, and whom they gave tokens) do not count. Weakness: sales
    that fail and taxes are not seen, so it takes dozens of buyers. Torres, Steichen and State
    (2019), "The Art of the Scam: Demystifying Honeypots in Ethereum Smart Contracts", for how such
    contracts look. Parameters: ``HoneypotParameters``.
    """

    pattern: ClassVar[Pattern] = "honeypot"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "2"
    reads = (Liquidity, Transfer, Profile)

    def __init__(self, parameters: HoneypotParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._pools: dict[str, None] = {}
        #: Who made the token or a pool, and True; whom they gave tokens, and False.
        self._insiders: dict[str, bool] = {}
        self._cohort = BuyerCohort(parameters.buyers, parameters.follow_ms)
        self._flow = TransactionFlow()
        self._began = False
        self._first_buy_ms: int | None = None
        self._purchases = 0
        self._insider_sales = 0
        self._quiet_until_ms = 0

    def observe(self, event: Liquidity | Transfer | Profile, time_ms: int) -> Opening | None:
        if isinstance(event, Profile):
            if event.creator:
                self._add_insider(event.creator.lower(), maker=True)
            return None
        opening, flow = None, self._flow
        if event.transaction != flow.transaction:
            if self._settle():
                opening = self._judge(event.symbol, time_ms)
            flow.begin(event.transaction, time_ms)
        if isinstance(event, Liquidity):
            self._liquidity(event)
            return opening
        sender, receiver = event.from_address.lower(), event.to_address.lower()
        if not self._began:
            self._began = True
            if is_nowhere(sender):
                self._add_insider(receiver, maker=True)
        # What a token's own contract takes is a tax, and no purchase.
        if event.contract.lower() not in (sender, receiver):
            flow.move(sender, receiver, float(event.amount))
        return opening

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        del time_ms
        return FallWatch(opening)

    def _liquidity(self, event: Liquidity) -> None:
        pool = event.pool.lower()
        known = pool in self._pools
        if not known and len(self._pools) < self._parameters.pools:
            self._pools[pool] = None
        if event.action in ("added", "removed"):
            self._flow.provides = True
        # Whoever makes or feeds a pool before anybody has bought is behind it.
        made = event.action == "pool_created" or event.action == "added"
        if made and self._first_buy_ms is None:
            for address in (event.from_address, event.to_address):
                if address and address.lower() != pool:
                    self._add_insider(address.lower(), maker=True)

    def _settle(self) -> bool:
        """Learn from the transaction that has ended; True when it is time to judge."""
        flow, insiders = self._flow, self._insiders
        if flow.provides or not flow.nets:
            return False
        pooled = sum(net for name, net in flow.nets.items() if name in self._pools)
        if pooled < 0.0:
            return self._settle_purchase()
        if pooled > 0.0:
            for seller in flow.senders():
                if seller in insiders:
                    self._insider_sales += 1
                elif not is_nowhere(seller):
                    self._cohort.sell(seller, flow.time_ms)
            return False
        for sender in flow.senders():
            # Before anybody has bought, whoever has tokens has them from the makers.
            if insiders.get(sender) or (sender in insiders and self._first_buy_ms is None):
                for receiver in flow.receivers():
                    self._add_insider(receiver, maker=False)
            else:
                self._cohort.move(sender)
        return False

    def _settle_purchase(self) -> bool:
        flow = self._flow
        bought = False
        for buyer in flow.receivers():
            if buyer in self._insiders or buyer in self._pools or is_nowhere(buyer):
                continue
            bought = True
            self._cohort.buy(buyer, flow.time_ms)
        if not bought:
            return False
        if self._first_buy_ms is None:
            self._first_buy_ms = flow.time_ms
        self._purchases += 1
        return self._purchases % self._parameters.every == 0

    def _judge(self, symbol: str, time_ms: int) -> Opening | None:
        parameters = self._parameters
        if time_ms < self._quiet_until_ms:
            return None
        fates = self._cohort.fates(time_ms, parameters.patience_ms, parameters.counted_ms)
        expected = parameters.usual * fates.held_ms / _HOUR_MS
        if expected <= fates.sellers:
            return None
        chance = poisson_head(expected, fates.sellers)
        if chance > parameters.chance:
            return None
        self._quiet_until_ms = time_ms + parameters.cool_down_ms
        began_ms = max(self._first_buy_ms or 0, time_ms - parameters.follow_ms)
        found = _Findings(fates, expected, chance, self._insider_sales, min(began_ms, time_ms))
        return _opening(parameters, found, symbol)

    def _add_insider(self, address: str, *, maker: bool) -> None:
        insiders = self._insiders
        if is_nowhere(address) or address in self._pools:
            return
        if address in insiders:
            insiders[address] = insiders[address] or maker
        elif len(insiders) < self._parameters.insiders:
            insiders[address] = maker


@dataclass(frozen=True, slots=True)
class _Findings:
    """What speaks for a trap."""

    fates: Fates
    #: Sellers there would be at least, where one can sell.
    expected: float
    chance: float
    insider_sales: int
    began_ms: int


def _opening(parameters: HoneypotParameters, found: _Findings, symbol: str) -> Opening:
    mature, sellers, held_ms = found.fates
    share = sellers / mature
    most = wilson_upper(sellers, mature)
    insiders = ""
    if found.insider_sales:
        insiders = f", while insiders sold {times_text(found.insider_sales)}"
    return Opening(
        score=min(1.0, 0.5 + 0.3 * (1.0 - sellers / found.expected) + 0.2 * (1.0 - most)),
        impact=1.0 - most,
        onset_ms=found.began_ms,
        phase="trap",
        explanation=(
            f"{sellers} of {mature} buyers of {symbol} who had time to sell did{insiders}; "
            f"the others have held for {held_ms / _HOUR_MS:.0f} hours together, in which "
            f"{found.expected:.0f} sales or more would be usual."
        ),
        evidence=(
            Evidence(
                feature="sellers_share",
                value=share,
                baseline=min(1.0, found.expected / mature),
                threshold=None,
                weight=0.4,
            ),
            Evidence(
                feature="sellers_share_at_most",
                value=most,
                baseline=None,
                threshold=None,
                weight=0.1,
            ),
            Evidence(
                feature="chance_of_so_few_sellers",
                value=found.chance,
                baseline=1.0,
                threshold=parameters.chance,
                weight=0.3,
            ),
            Evidence(
                feature="buyers_with_time_to_sell",
                value=float(mature),
                baseline=None,
                threshold=None,
                weight=0.2,
            ),
            Evidence(
                feature="insider_sales",
                value=float(found.insider_sales),
                baseline=None,
                threshold=None,
                weight=0.1,
            ),
        ),
    )


def wilson_upper(hits: int, trials: int) -> float:
    """The upper end of the score interval of a share (Wilson 1927, "Probable inference, the law of
    succession, and statistical inference"), in 0..1."""
    if trials <= 0:
        return 1.0
    share, squared = hits / trials, _ERRORS**2
    middle = share + squared / (2 * trials)
    spread = _ERRORS * math.sqrt(share * (1 - share) / trials + squared / (4 * trials**2))
    return min(1.0, (middle + spread) / (1 + squared / trials))
