"""A large holder moves a huge amount to where it can be sold, and then the price gives way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, cast

from river.anomaly import GaussianScorer

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.pools.pool_money import PoolMoney
from processors.detectors.wallets.holders import HolderBook, HubBook, RelayBook, is_nowhere
from processors.detectors.wallets.movement import Feature, Movement
from processors.detectors.wallets.sale_watch import SaleWatch
from schemas.alerts import Evidence, Pattern
from schemas.events import Liquidity, Profile, Transfer
from schemas.topics import TRANSFERS


@dataclass(frozen=True, slots=True)
class WhaleDumpParameters:
    """Where the lines lie, and why there."""

    #: Transfers; the scorer's window: some hours of a busy token, days of a quiet one.
    history: int = 256
    #: Transfers seen before anything may alert; fewer give no deviation worth its name.
    grace: int = 20
    #: Standard deviations above the mean log-amount that make a transfer huge (1 in 1,000) ...
    huge: float = 3.1
    #: ... and more while the history is short: times (1 + this / transfers), about Student's t.
    caution: float = 3.0
    #: Where a profile tells the supply: part of it that is a whale's whatever is usual, and the
    #: deviations that suffice then (1 in 40). The deviation itself is unsure by a tenth or two.
    supply_part: float = 0.001
    large: float = 2.0
    #: Standard deviations at which amounts are cut off for learning, so that one whale does not
    #: hide the next (winsorising).
    learned: float = 1.75
    #: Share of what the known holders hold that is moved; less does not move a market.
    moved_share: float = 0.01
    #: Distinct counterparties that make an address a pool or an exchange, if it also takes part
    #: in this share of all transfers. The most active wallet of a crowd has fewer.
    hub_degree: int = 4
    hub_share: float = 0.02
    #: Distinct receivers that make an active sender a distributor: an exchange's or a project's
    #: own wallet, whose large transfers are settlements.
    distributor_receivers: int = 2
    #: Milliseconds within which a deposit address passes on what it received.
    relay_ms: int = 60_000
    #: Addresses remembered as holders, hubs, relays and depositors; together about 15 kB.
    addresses: int = 64
    #: Milliseconds in which deposits of one sender count as one, so slicing hides nothing.
    slices_ms: int = 900_000
    #: Milliseconds after an alert in which no other of that sender, or of whom it sent to, is
    #: opened: it would be the same event; and those in which none of anybody is.
    cool_down_ms: int = 1_800_000
    rest_ms: int = 300_000
    #: Pools that tell what they hold.
    pools: int = 16


PARAMETERS = WhaleDumpParameters()
#: Deviations of log-amounts are never taken for less: bots that send always the same.
_LEAST_DEVIATION = 0.5
#: Counterparties remembered of an address; beyond it a hub is a hub.
_COUNTERPARTIES = 16


class WhaleDump(Detector[Liquidity | Transfer | Profile]):
    """Flag a huge deposit by a large holder at a pool or an exchange.

    Use: tokens with on-chain transfers; it speaks before the sale. Weakness: a holder that sells
    over the counter or through many fresh wallets is not seen; the first days of a token show no
    hubs yet. What is provided for a pool that tells what it holds is no deposit. The amount's
    anomaly is River's ``GaussianScorer`` of log-amounts; who is a pool or an exchange is inferred
    from the transfers alone (see ``holders``).
    Parameters: ``WhaleDumpParameters``.
    """

    pattern: ClassVar[Pattern] = "whale_dump"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "3"
    reads = (Liquidity, Transfer, Profile)

    def __init__(self, parameters: WhaleDumpParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._scorer = GaussianScorer(window_size=parameters.history, grace_period=parameters.grace)
        self._holders = HolderBook(parameters.addresses)
        self._hubs = HubBook(parameters.addresses, _COUNTERPARTIES)
        self._relays = RelayBook(parameters.addresses, parameters.relay_ms)
        self._slices: dict[str, _Slices] = {}
        self._pools = PoolMoney(parameters.pools)
        #: The newest transfer, while it is open whether its pool pays for it.
        self._open: Transfer | None = None
        self._supply: float | None = None
        #: Who is told of already, and until when.
        self._told: dict[str, int] = {}
        self._quiet_until_ms = 0

    def observe(self, event: Liquidity | Transfer | Profile, time_ms: int) -> Opening | None:
        if isinstance(event, Profile):
            if event.total_supply is not None:
                self._supply = float(event.total_supply) or None
            return None
        if isinstance(event, Liquidity):
            paid = self._pools.pays(event)
            return None if paid is None else self._settle(event, time_ms, sold=paid)
        if self._open is not None:
            self._settle(event, time_ms, sold=False)
        if float(event.amount) <= 0.0 or event.from_address == event.to_address:
            return None
        self._open = event
        if self._pools.tells(event.to_address):
            return None
        return self._settle(event, time_ms, sold=True)

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return SaleWatch(opening, time_ms)

    def _settle(self, event: Liquidity | Transfer, time_ms: int, *, sold: bool) -> Opening | None:
        """Take in the open transfer; it is judged unless it went into a pool and was not sold."""
        transfer, self._open = self._open, None
        if transfer is None:
            return None
        sender, receiver, amount = (
            transfer.from_address,
            transfer.to_address,
            float(transfer.amount),
        )
        opening = None
        if sold and transfer.transaction == event.transaction:
            opening = self._judge(sender, receiver, amount, time_ms)
        self._learn(sender, receiver, amount, time_ms)
        if opening is not None:
            self._quiet_until_ms = time_ms + self._parameters.rest_ms
            self._told = {name: until for name, until in self._told.items() if until > time_ms}
            for name in (sender, receiver):
                self._told[name] = time_ms + self._parameters.cool_down_ms
        return opening

    def _judge(self, sender: str, receiver: str, amount: float, time_ms: int) -> Opening | None:
        if is_nowhere(sender) or is_nowhere(receiver) or self._is_distributor(sender):
            return None
        if not (self._is_hub(receiver) or self._relays.passes_on(sender, amount, time_ms)):
            return None
        deposits = self._deposits(sender, amount, time_ms)
        if time_ms < max(self._quiet_until_ms, self._told.get(sender, 0)):
            return None
        value = math.log(deposits.amount)
        usual = self._usual()
        anomaly = self._anomaly(value)
        # In a young coin's own pool a thousandth of all tokens changes hands every minute.
        known = None if self._pools.tells(receiver) else self._supply
        whale = known is not None and deposits.amount >= self._parameters.supply_part * known
        threshold = self._threshold(whale)
        earlier = deposits.amount - amount
        held = max(self._holders.balance(sender) + earlier, deposits.amount)
        share = deposits.amount / max(self._holders.total() + earlier, held)
        if anomaly < threshold or share < self._parameters.moved_share:
            return None
        movement = Movement(
            amount=deposits.amount,
            usual=math.exp(usual),
            unusual=anomaly,
            huge=threshold,
            share=share,
            much=self._parameters.moved_share,
        )
        degree = self._hubs.degree(receiver)
        return _opening(movement, deposits.first_ms, degree, self._parameters.hub_degree)

    def _learn(self, sender: str, receiver: str, amount: float, time_ms: int) -> None:
        value = math.log(amount)
        if self._learned() >= self._parameters.grace:
            value = min(value, self._usual() + self._parameters.learned * self._deviation())
        self._scorer.learn_one(None, value)
        if not self._is_distributor(sender):
            self._relays.learn(receiver, amount, time_ms)
        self._holders.learn(sender, receiver, amount)
        self._hubs.learn(sender, receiver)

    def _usual(self) -> float:
        """The mean log-amount."""
        return cast(float, self._scorer.gaussian.mu)

    def _deviation(self) -> float:
        """The deviation of log-amounts. Rounding may take the variance of equal amounts, as of an
        airdrop, below zero, and its root is no number that can be compared then."""
        sigma = self._scorer.gaussian.sigma
        return max(_LEAST_DEVIATION, sigma) if isinstance(sigma, float) else _LEAST_DEVIATION

    def _anomaly(self, value: float) -> float:
        """2·(Φ(z) − ½) of amounts above the usual, as River has it, or with the least deviation."""
        usual, deviation = self._usual(), self._deviation()
        if value <= usual or self._learned() < self._parameters.grace:
            return 0.0
        if deviation > _LEAST_DEVIATION:
            return float(self._scorer.score_one(None, value))
        return math.erf((value - usual) / (deviation * math.sqrt(2)))

    def _learned(self) -> int:
        """Transfers the scorer knows."""
        return cast(int, self._scorer.gaussian.n_samples)

    def _threshold(self, whale: bool) -> float:
        """The anomaly, 2·(Φ(z) − ½), from which on an amount is huge, given so much history."""
        parameters, transfers = self._parameters, max(1, self._learned())
        deviations = parameters.large if whale else parameters.huge
        return math.erf(deviations * (1 + parameters.caution / transfers) / math.sqrt(2))

    def _is_hub(self, address: str) -> bool:
        return (
            self._hubs.degree(address) >= self._parameters.hub_degree
            and self._hubs.share(address) >= self._parameters.hub_share
        )

    def _is_distributor(self, address: str) -> bool:
        return (
            self._hubs.receivers(address) >= self._parameters.distributor_receivers
            and self._hubs.share(address) >= self._parameters.hub_share
        )

    def _deposits(self, sender: str, amount: float, time_ms: int) -> _Slices:
        """The sender's deposits of the last minutes, this one included."""
        since_ms = time_ms - self._parameters.slices_ms
        for address in [a for a, s in self._slices.items() if s.last_ms < since_ms]:
            del self._slices[address]
        deposits = self._slices.get(sender)
        if deposits is None:
            if len(self._slices) >= self._parameters.addresses:
                del self._slices[min(self._slices, key=lambda a: (self._slices[a].amount, a))]
            deposits = self._slices[sender] = _Slices(time_ms)
        deposits.amount += amount
        deposits.last_ms = time_ms
        return deposits


@dataclass(slots=True)
class _Slices:
    """What one sender deposited lately."""

    first_ms: int
    last_ms: int = 0
    amount: float = 0.0


def _opening(movement: Movement, onset_ms: int, degree: int, hub_degree: int) -> Opening:
    amount, share = movement.amount, movement.share
    target = "a pool or exchange" if degree else "an exchange through a deposit address"
    return Opening(
        score=movement.score,
        impact=min(1.0, share),
        onset_ms=onset_ms,
        phase="deposit",
        explanation=(
            f"A large holder moved {amount:,.0f} tokens ({share:.1%} of what is known to be held, "
            f"{amount / movement.usual:,.0f} times a usual transfer) to {target}."
        ),
        evidence=(
            *movement.evidence(
                Feature("transfer_amount", 0.2),
                Feature("amount_anomaly", 0.4),
                Feature("moved_share", 0.3),
            ),
            Evidence(
                feature="receiver_counterparties",
                value=float(degree),
                baseline=None,
                threshold=float(hub_degree),
                weight=0.1,
            ),
        ),
    )
