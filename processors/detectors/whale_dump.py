"""A large holder moves a huge amount to where it can be sold, and then the price gives way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, cast

from river.anomaly import GaussianScorer

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.holders import HolderBook, HubBook, is_nowhere
from processors.detectors.sale_watch import SaleWatch
from schemas.alerts import Evidence, Pattern, Severity
from schemas.events import Transfer
from schemas.topics import TRANSFERS


@dataclass(frozen=True, slots=True)
class WhaleDumpParameters:
    """Where the lines lie, and why there."""

    #: Transfers; the scorer's window: some hours of a busy token, days of a quiet one.
    history: int = 256
    #: Transfers seen before anything may alert; fewer give no standard deviation worth its name.
    grace: int = 40
    #: River's anomaly of the log-amount in 0..1; 0.99 is 2.6 standard deviations above the mean.
    anomaly: float = 0.99
    #: Share of what the known holders hold that is moved; less does not move a market.
    moved_share: float = 0.01
    #: Distinct counterparties that make an address a pool or an exchange.
    hub_degree: int = 8
    #: Addresses remembered as holders and as hubs; 64 of each are about 12 kB.
    holders: int = 64
    hubs: int = 64
    #: Milliseconds in which several deposits of one sender count as one, so slicing hides nothing.
    slices_ms: int = 900_000
    #: Milliseconds after an alert in which no other is opened: it would be the same event.
    cool_down_ms: int = 1_800_000


PARAMETERS = WhaleDumpParameters()


class WhaleDump(Detector[Transfer]):
    """Flag a huge deposit by a large holder at a pool or an exchange.

    Use: tokens with on-chain transfers; it speaks before the sale. Weakness: a holder that sells
    over the counter, or through many fresh wallets, is not seen; nor is a pool so new that few
    have dealt with it. The amount's anomaly is River's ``GaussianScorer`` of log-amounts.
    Parameters: ``WhaleDumpParameters``.
    """

    pattern: ClassVar[Pattern] = "whale_dump"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "1"

    def __init__(self, parameters: WhaleDumpParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._scorer = GaussianScorer(window_size=parameters.history, grace_period=parameters.grace)
        self._holders = HolderBook(parameters.holders)
        self._hubs = HubBook(parameters.hubs, 2 * parameters.hub_degree)
        self._slices: dict[str, _Slices] = {}
        self._quiet_until_ms = 0

    def observe(self, event: Transfer, time_ms: int) -> Opening | None:
        amount = float(event.amount)
        sender, receiver = event.from_address, event.to_address
        if amount <= 0.0 or sender == receiver:
            return None
        opening = self._judge(sender, receiver, amount, time_ms)
        self._scorer.learn_one(None, math.log(amount))
        self._holders.learn(sender, receiver, amount)
        self._hubs.learn(sender, receiver)
        if opening is not None:
            self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
        return opening

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return SaleWatch(opening, time_ms)

    def _judge(self, sender: str, receiver: str, amount: float, time_ms: int) -> Opening | None:
        parameters = self._parameters
        degree = self._hubs.degree(receiver)
        if degree < parameters.hub_degree or is_nowhere(sender) or is_nowhere(receiver):
            return None
        if self._hubs.degree(sender) >= parameters.hub_degree:
            return None
        deposits = self._deposits(sender, amount, time_ms)
        if time_ms < self._quiet_until_ms:
            return None
        value = math.log(deposits.amount)
        usual = cast(float, self._scorer.gaussian.mu)
        anomaly = float(self._scorer.score_one(None, value)) if value > usual else 0.0
        held = max(self._holders.balance(sender) + deposits.amount - amount, deposits.amount)
        known = max(self._holders.total() + deposits.amount - amount, held)
        share = deposits.amount / known
        if anomaly < parameters.anomaly or share < parameters.moved_share:
            return None
        return _opening(parameters, deposits, math.exp(usual), anomaly, share, degree)

    def _deposits(self, sender: str, amount: float, time_ms: int) -> _Slices:
        """The sender's deposits of the last minutes, this one included."""
        since = time_ms - self._parameters.slices_ms
        for address in [a for a, s in self._slices.items() if s.last_ms < since]:
            del self._slices[address]
        deposits = self._slices.get(sender)
        if deposits is None:
            if len(self._slices) >= self._parameters.holders:
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


def _opening(
    parameters: WhaleDumpParameters,
    deposits: _Slices,
    usual: float,
    anomaly: float,
    share: float,
    degree: int,
) -> Opening:
    score = min(1.0, 0.5 + 0.5 * math.sqrt(min(share, 0.25) / 0.25))
    severity: Severity = "critical" if share >= 0.1 else "high" if share >= 0.03 else "medium"
    return Opening(
        score=score,
        severity=severity,
        onset_ms=deposits.first_ms,
        phase="deposit",
        explanation=(
            f"A large holder moved {deposits.amount:,.0f} tokens ({share:.1%} of what is known to "
            f"be held, {deposits.amount / usual:,.0f} times a usual transfer) to a pool or "
            f"exchange."
        ),
        evidence=(
            Evidence(
                feature="transfer_amount",
                value=deposits.amount,
                baseline=usual,
                threshold=None,
                weight=0.3,
            ),
            Evidence(
                feature="amount_anomaly",
                value=anomaly,
                baseline=0.0,
                threshold=parameters.anomaly,
                weight=0.3,
            ),
            Evidence(
                feature="moved_share",
                value=share,
                baseline=None,
                threshold=parameters.moved_share,
                weight=0.3,
            ),
            Evidence(
                feature="receiver_counterparties",
                value=float(degree),
                baseline=None,
                threshold=float(parameters.hub_degree),
                weight=0.1,
            ),
        ),
    )
