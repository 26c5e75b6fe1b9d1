"""A wallet that has long rested moves a large amount."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.wallets.aftermath import Aftermath, Course
from processors.detectors.wallets.amounts import UsualAmounts
from processors.detectors.wallets.hoards import Awakening, HoardBook
from processors.detectors.wallets.holders import is_nowhere
from processors.detectors.wallets.known_supply import KnownSupply
from processors.detectors.wallets.movement import Feature, Movement
from processors.detectors.wording import amount_text
from schemas.alerts import Evidence, Pattern
from schemas.events import Profile, Transfer
from schemas.topics import TRANSFERS

_HOUR_MS = 3_600_000
#: What the shortest rest is worth.
_LEAST_REST = 0.05


@dataclass(frozen=True, slots=True)
class DormantWalletParameters:
    """Where the lines lie, and why there."""

    #: Transfers; the window of what is usual: some hours of a busy token, days of a quiet one.
    history: int = 256
    #: Transfers seen before anything may alert; fewer give no deviation worth its name.
    grace: int = 20
    #: Standard deviations above the mean log-amount that make a movement huge (1 in 400).
    huge: float = 2.8
    #: Where a profile tells the supply of an older coin: part of it that is a whale's whatever
    #: others hold, and the deviations that suffice then (1 in 40).
    supply_part: float = 0.001
    large: float = 2.0
    #: Milliseconds a wallet must have rested. Short, since a young log knows no more; what that
    #: is worth stands in the score, which grows with it up to ``long_ms``.
    idle_ms: int = 5_400_000
    long_ms: int = 7_776_000_000
    #: Share of what the known holders hold that is moved; less does not move a market.
    moved_share: float = 0.02
    #: Part of the wallet's own hoard that is moved; less is change.
    moved_part: float = 0.05
    #: A receipt of this part of what is then held counts as stirring; dust does not.
    significant: float = 0.05
    #: Milliseconds without a transfer after which a movement is over, so slicing hides nothing.
    slices_ms: int = 1_800_000
    #: Receivers ever beyond which it works for others (a staking contract, an exchange) and does
    #: not move its own.
    receivers: int = 3
    #: Movements, the one in question included, beyond which it only rests between two errands.
    movements: int = 2
    #: Holders remembered; up to 20 kB in all.
    addresses: int = 64
    #: Milliseconds after an alert in which no other is opened: it would be the same event.
    cool_down_ms: int = 1_800_000


PARAMETERS = DormantWalletParameters()
_COURSE = Course(
    begun="awakened",
    confirmed="price gives way",
    refuted="price rose",
    ended="moved",
    rising=False,
    change=0.05,
)


class DormantWallet(Detector[Transfer | Profile]):
    """Flag a large holder that has rested and now moves much of what it holds: idle time × value.

    Use: tokens with on-chain transfers. A test transfer and slices count as one movement, dust
    received meanwhile does not count as life. Weakness: dormancy is known only since the wallet
    was last seen here (its last transfer, its last receipt worth mentioning, or a profile that
    names it), so a wallet from before the log began is unknown; and in a young log an hour and a
    half is "long", which the low score and severity say. A holder that moves to its own new wallet
    is no different. The quantity is that of "coin days destroyed" (idle time × amount), as the
    field counts awakenings; no benchmark is published for it.
    Parameters: ``DormantWalletParameters``.
    """

    pattern: ClassVar[Pattern] = "dormant_wallet"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "2"
    reads = (Transfer, Profile)

    def __init__(self, parameters: DormantWalletParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._amounts = UsualAmounts(parameters.history)
        self._book = HoardBook(
            parameters.addresses,
            parameters.significant,
            parameters.slices_ms,
            parameters.receivers,
            parameters.movements,
        )
        self._supply = KnownSupply(parameters.supply_part)
        self._quiet_until_ms = 0

    def observe(self, event: Transfer | Profile, time_ms: int) -> Opening | None:
        self._supply.learn(event)
        if isinstance(event, Profile):
            for holder in event.holders:
                self._book.note(holder.address, float(holder.amount), time_ms)
            return None
        amount = float(event.amount)
        sender, receiver = event.from_address, event.to_address
        if amount <= 0.0 or sender == receiver:
            return None
        total = self._book.total()
        awakening = self._book.send(sender, receiver, amount, time_ms)
        opening = None
        if awakening is not None and not is_nowhere(receiver):
            opening = self._judge(awakening, total, time_ms)
        self._book.receive(receiver, amount, time_ms)
        self._amounts.learn(amount)
        if opening is not None:
            self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
        return opening

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        del time_ms
        return Aftermath(_COURSE, opening)

    def _judge(self, awakening: Awakening, total: float, time_ms: int) -> Opening | None:
        parameters = self._parameters
        if awakening.idle_ms < parameters.idle_ms or self._amounts.learned < parameters.grace:
            return None
        if time_ms < self._quiet_until_ms:
            return None
        if awakening.amount < parameters.moved_part * awakening.held:
            return None
        share = min(1.0, awakening.amount / max(total, awakening.amount))
        whale = self._supply.is_whales(awakening.amount)
        if not whale and share < parameters.moved_share:
            return None
        threshold = parameters.large if whale else parameters.huge
        deviations = self._amounts.deviations(awakening.amount)
        if deviations < threshold:
            return None
        movement = Movement(
            amount=awakening.amount,
            usual=self._amounts.usual,
            unusual=deviations,
            huge=threshold,
            share=share,
            much=None if whale else parameters.moved_share,
        )
        return _opening(parameters, awakening, movement)


def _opening(
    parameters: DormantWalletParameters, awakening: Awakening, movement: Movement
) -> Opening:
    share, idle_ms = movement.share, awakening.idle_ms
    # 0 at the shortest rest that counts, 1 at a long one, in the logarithm.
    rest = min(
        1.0,
        math.log(idle_ms / parameters.idle_ms) / math.log(parameters.long_ms / parameters.idle_ms),
    )
    part = min(1.0, awakening.amount / max(awakening.held, awakening.amount))
    return Opening(
        score=0.3 + 0.35 * rest + 0.3 * math.sqrt(share),
        # Hours of rest are nothing yet: the share counts the more the longer it was.
        impact=share * max(_LEAST_REST, rest),
        onset_ms=awakening.first_ms,
        phase=_COURSE.begun,
        explanation=(
            f"A wallet that had not moved for {_duration(idle_ms)}, as far as is known, sent "
            f"{amount_text(awakening.amount)} tokens in {awakening.parts} "
            f"part{'' if awakening.parts == 1 else 's'} ({part:.0%} of what it held, {share:.1%} "
            "of what is known to be held)."
        ),
        evidence=(
            Evidence(
                feature="idle_hours",
                value=round(idle_ms / _HOUR_MS, 3),
                baseline=None,
                threshold=parameters.idle_ms / _HOUR_MS,
                weight=0.3,
            ),
            *movement.evidence(
                Feature("moved_amount", 0.1),
                Feature("amount_deviations", 0.3),
                Feature("moved_share", 0.3),
            ),
        ),
    )


def _duration(milliseconds: int) -> str:
    hours = milliseconds / _HOUR_MS
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"
