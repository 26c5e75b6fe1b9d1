"""Somebody large takes tokens off the market: from exchanges and pools into few wallets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.wallets.aftermath import Aftermath, Course
from processors.detectors.wallets.amounts import UsualAmounts
from processors.detectors.wallets.holders import HolderBook, HubBook, is_nowhere
from processors.detectors.wallets.known_supply import KnownSupply
from processors.detectors.wallets.movement import Feature, Movement
from processors.detectors.wallets.withdrawals import Taking, WithdrawalBook
from processors.detectors.wording import amount_text
from schemas.alerts import Evidence, Pattern
from schemas.events import Profile, Transfer
from schemas.topics import TRANSFERS


@dataclass(frozen=True, slots=True)
class WhaleAccumulationParameters:
    """Where the lines lie, and why there."""

    #: Transfers; the window of what is usual: some hours of a busy token, days of a quiet one.
    history: int = 256
    #: Transfers seen before anything may alert; fewer give no deviation worth its name.
    grace: int = 20
    #: Standard deviations above the usual log-amount of one transfer that the sum must have. Not
    #: many, since it must also be a share of all that is held, and be taken by few.
    huge: float = 2.5
    #: Where a profile tells the supply of an older coin: part of it that is a whale's whatever
    #: others hold, and the deviations that suffice then.
    supply_part: float = 0.001
    large: float = 1.5
    #: Milliseconds within which withdrawals of one wallet are one accumulation.
    span_ms: int = 1_800_000
    #: Withdrawals a wallet needs: a single large one is as a rule somebody's custody.
    parts: int = 2
    #: Wallets that may act as one, and the part of the largest one's that each must take; likewise
    #: the part of its largest withdrawal that counts as another.
    wallets: int = 3
    least: float = 0.2
    #: Part of what it took that a wallet must have kept: who passes it on is a station on the way.
    kept: float = 0.7
    #: Part of everything withdrawn meanwhile: who pays out to many concentrates nothing.
    concentration: float = 0.85
    #: Share of what the known holders hold that is taken; less does not move a market.
    taken_share: float = 0.02
    #: Distinct counterparties that make an address a pool or an exchange, if it also sent to some
    #: and takes part in this share of all transfers. The most active wallet of a crowd has fewer.
    hub_degree: int = 4
    hub_receivers: int = 2
    hub_share: float = 0.02
    #: What leaves it is a withdrawal if so many also sent to it, or if its share is so large, what
    #: is being judged included: a treasury only pays, and not that often.
    hub_givers: int = 1
    source_share: float = 0.1
    #: Addresses remembered as holders, hubs and depositors, and withdrawals; up to 30 kB in all.
    addresses: int = 64
    #: Milliseconds after an alert in which no other is opened: it would be the same event.
    cool_down_ms: int = 1_800_000


PARAMETERS = WhaleAccumulationParameters()
#: Counterparties remembered of an address; beyond it a hub is a hub.
_COUNTERPARTIES = 16
_COURSE = Course(
    begun="accumulating",
    confirmed="price follows",
    refuted="sold again",
    ended="accumulated",
    rising=True,
    change=0.05,
)


class WhaleAccumulation(Detector[Transfer | Profile]):
    """Flag a few wallets that take most of what leaves pools and exchanges, far beyond the usual.

    Use: tokens with on-chain transfers. What wallets have taken within half an hour is summed, net
    of what they sent on, so slicing and spreading over up to three wallets hides nothing; wallets
    that send back to a pool or an exchange (cold wallets, market makers, traders) do not count.
    Weakness: one single withdrawal, more wallets than three, or buying over days is not seen;
    an exchange's new cold wallet that is filled in parts and never tested looks the same. Who is a
    pool or an exchange is inferred from the transfers alone (see ``holders``). The quantity is the
    field's "net flow of large holders"; no benchmark is published for it.
    Parameters: ``WhaleAccumulationParameters``.
    """

    pattern: ClassVar[Pattern] = "whale_accumulation"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "3"
    reads = (Transfer, Profile)

    def __init__(self, parameters: WhaleAccumulationParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._amounts = UsualAmounts(parameters.history)
        self._holders = HolderBook(parameters.addresses)
        self._hubs = HubBook(parameters.addresses, _COUNTERPARTIES)
        self._book = WithdrawalBook(parameters.addresses, parameters.span_ms)
        self._supply = KnownSupply(parameters.supply_part)
        self._quiet_until_ms = 0

    def observe(self, event: Transfer | Profile, time_ms: int) -> Opening | None:
        self._supply.learn(event)
        if isinstance(event, Profile):
            return None
        amount = float(event.amount)
        sender, receiver = event.from_address, event.to_address
        if amount <= 0.0 or sender == receiver:
            return None
        opening = None
        if not (is_nowhere(sender) or is_nowhere(receiver)):
            opening = self._judge(sender, receiver, amount, time_ms)
        self._amounts.learn(amount)
        self._holders.learn(sender, receiver, amount)
        self._hubs.learn(sender, receiver)
        if opening is not None:
            self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
            self._book.forget()
        return opening

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        del time_ms
        return Aftermath(_COURSE, opening)

    def _judge(self, sender: str, receiver: str, amount: float, time_ms: int) -> Opening | None:
        parameters, book = self._parameters, self._book
        book.send(sender, amount)
        if self._is_hub(receiver):
            book.note_deposit(sender)
            return None
        # What comes during the cool-down is the rest of what was told.
        if time_ms < self._quiet_until_ms:
            return None
        # Who pays several may be found to be an exchange only by the next withdrawals.
        if self._hubs.receivers(sender) >= parameters.hub_receivers:
            book.withdraw(sender, receiver, amount, time_ms)
        if self._amounts.learned < parameters.grace or not self._is_source(sender):
            return None
        taking = book.largest(
            parameters.wallets,
            parameters.parts,
            parameters.least,
            parameters.kept,
            self._is_source,
        )
        if taking is None or taking.share < parameters.concentration:
            return None
        deviations = self._amounts.deviations(taking.amount)
        share = taking.amount / max(self._holders.total(), taking.amount)
        whale = self._supply.is_whales(taking.amount)
        threshold = parameters.large if whale else parameters.huge
        if deviations < threshold or (not whale and share < parameters.taken_share):
            return None
        movement = Movement(
            amount=taking.amount,
            usual=self._amounts.usual,
            unusual=deviations,
            huge=threshold,
            share=share,
            much=None if whale else parameters.taken_share,
        )
        return _opening(movement, taking, parameters.concentration)

    def _is_hub(self, address: str) -> bool:
        hubs, parameters = self._hubs, self._parameters
        return (
            hubs.degree(address) >= parameters.hub_degree
            and hubs.receivers(address) >= parameters.hub_receivers
            and hubs.share(address) >= parameters.hub_share
        )

    def _is_source(self, address: str) -> bool:
        hubs, parameters = self._hubs, self._parameters
        return self._is_hub(address) and (
            hubs.givers(address) >= parameters.hub_givers
            or hubs.share(address) >= parameters.source_share
        )


def _opening(movement: Movement, taking: Taking, concentration: float) -> Opening:
    who = "One wallet" if taking.wallets == 1 else f"{taking.wallets} wallets"
    return Opening(
        score=movement.score,
        impact=min(1.0, movement.share),
        onset_ms=taking.first_ms,
        phase=_COURSE.begun,
        explanation=(
            f"{who} took {amount_text(taking.amount)} tokens off pools and exchanges in "
            f"{taking.parts} parts ({movement.share:.1%} of what is known to be held, "
            f"{taking.share:.0%} of what was withdrawn meanwhile)."
        ),
        evidence=(
            *movement.evidence(
                Feature("taken_amount", 0.2),
                Feature("amount_deviations", 0.3),
                Feature("taken_share", 0.3),
            ),
            Evidence(
                feature="withdrawn_share",
                value=taking.share,
                baseline=None,
                threshold=concentration,
                weight=0.2,
            ),
        ),
    )
