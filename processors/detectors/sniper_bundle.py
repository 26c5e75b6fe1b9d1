"""Many fresh addresses buy alike in a pool's first blocks: one party behind many names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.fall_watch import FallWatch
from processors.detectors.likeness import Alike, most_alike
from processors.detectors.pools.launch_book import Bought, Launch
from processors.detectors.wallets.holders import is_nowhere
from schemas.alerts import Evidence, Pattern
from schemas.events import Liquidity, Profile, Transfer
from schemas.topics import TRANSFERS


@dataclass(frozen=True, slots=True)
class SniperBundleParameters:
    """Where the lines lie, and why there."""

    #: Blocks counted from the first purchase: the one in which trading begins and the next, which
    #: nobody reaches who reads of it.
    blocks: int = 2
    #: Milliseconds that count as these blocks where blocks are faster, or are not told: people
    #: need longer.
    span_ms: int = 3_000
    #: The highest density of strangers' log-amounts: a normal law with a deviation of 0.8, which
    #: spreads nine of ten purchases over a factor of 14.
    density: float = 0.5
    #: Part of the pool that a considerable purchase takes, and the density among those alone: the
    #: end of a normal law is steeper than its middle, four times at two deviations.
    considerable: float = 0.01
    considerable_density: float = 2.0
    #: Part of strangers who pay the same round sum, at least.
    round_sums: float = 0.15
    #: Probability up to which strangers are believed; five of five equal amounts are beyond it.
    chance: float = 0.01
    #: Fresh addresses that one transaction buys for: a tax may go to two or three more.
    one_transaction: int = 5
    #: Part of what was in the pool that the bundle got: with less nobody moves the price.
    pool_part: float = 0.1
    #: Part of all tokens, where that is known: small side pools are nobody's launch.
    supply_part: float = 0.01
    #: Parts of the pool from which on it is graver, and told anew.
    high: float = 0.25
    critical: float = 0.5
    #: Launches that are followed at a time, and holders from before that are remembered.
    launches: int = 8
    holders: int = 64


PARAMETERS = SniperBundleParameters()


class SniperBundle(Detector[Liquidity | Transfer | Profile]):
    """Flag purchases of a pool's first two blocks that are too alike to be those of strangers.

    Use: tokens whose pools are watched from their creation. Amounts are compared in tokens and in
    what was paid along the pool's curve; a group is judged by a scan statistic (``likeness``),
    among all and among the considerable ones, since bots with small change hide nobody.
    Weakness: who funded the addresses is not seen, so sizes that spread like a crowd's hide a
    bundle. MemeTrans (2026) lists bundled purchases of a launch's first blocks among the features
    of high-risk launches. Parameters: ``SniperBundleParameters``.
    """

    pattern: ClassVar[Pattern] = "sniper_bundle"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "2"
    reads = (Liquidity, Transfer, Profile)

    def __init__(self, parameters: SniperBundleParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._launches: dict[str, Launch] = {}
        #: Who got tokens before trading began; such are not fresh.
        self._holders: dict[str, None] = {}
        self._supply: float | None = None
        #: What was minted, while the token was seen from its first transfer on.
        self._minted: float | None = None
        self._began = False
        self._told: dict[str, int] = {}

    def observe(self, event: Liquidity | Transfer | Profile, time_ms: int) -> Opening | None:
        if isinstance(event, Transfer):
            return self._transfer(event, time_ms)
        if isinstance(event, Profile):
            if event.total_supply is not None:
                self._supply = float(event.total_supply) or None
            return None
        pool = event.pool.lower()
        if event.action == "pool_created":
            self._launches.pop(pool, None)
            self._told.pop(pool, None)
            if len(self._launches) >= self._parameters.launches:
                oldest = next(iter(self._launches))
                del self._launches[oldest]
                self._told.pop(oldest, None)
            self._launches[pool] = Launch(time_ms)
        elif (launch := self._launches.get(pool)) is not None and not launch.over:
            if event.action == "added" and launch.began_ms is None:
                launch.provide(event)
            elif event.action == "removed":
                launch.undo(event.transaction)
        return None

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        del time_ms
        return FallWatch(opening)

    def _transfer(self, event: Transfer, time_ms: int) -> Opening | None:
        sender, receiver = event.from_address.lower(), event.to_address.lower()
        amount = float(event.amount)
        if not self._began:
            self._began = True
            self._minted = 0.0 if is_nowhere(sender) else None
        if self._minted is not None and is_nowhere(sender):
            self._minted += amount
        if amount <= 0.0 or sender == receiver:
            return None
        parameters, launches = self._parameters, self._launches
        for pool, launch in launches.items():
            if launch.over or not launch.contains(
                event, time_ms, parameters.blocks, parameters.span_ms
            ):
                continue
            if sender == pool:
                if not is_nowhere(receiver):
                    launch.buy(receiver, event, amount, time_ms)
                return self._judge(pool, launch, event, time_ms)
            if receiver == pool:
                launch.sell(sender, amount)
                return None
            if launch.pass_on(sender, receiver, amount, event.transaction):
                return self._judge(pool, launch, event, time_ms)
        if len(self._holders) < parameters.holders:
            self._holders[receiver] = None
        return None

    def _judge(self, pool: str, launch: Launch, event: Transfer, time_ms: int) -> Opening | None:
        parameters = self._parameters
        fresh = [
            (name, bought)
            for name, bought in launch.buyers.items()
            if name not in self._holders and name not in self._launches
        ]
        got = sum(bought.tokens for _, bought in fresh)
        if not launch.fed or got < parameters.pool_part * launch.fed or len(fresh) < 2:
            return None
        alike = self._most_alike([bought for _, bought in fresh], launch.fed)
        members = set(alike.members) if alike.chance <= parameters.chance else set()
        by_transaction = Counter(bought.transaction for _, bought in fresh)
        together = {name for name, n in by_transaction.items() if n >= parameters.one_transaction}
        members |= {place for place, (_, b) in enumerate(fresh) if b.transaction in together}
        if not members:
            return None
        tokens = sum(fresh[place][1].tokens for place in members)
        supply = self._supply or self._minted
        found = _Findings(
            launch=launch,
            buyers=len(fresh),
            members=len(members),
            in_one=max((by_transaction[name] for name in together), default=1),
            tokens=tokens,
            share=tokens / launch.fed,
            supply_share=min(1.0, tokens / supply) if supply else None,
            chance=min(1.0, alike.chance),
        )
        if found.share < parameters.pool_part:
            return None
        if found.supply_share is not None and found.supply_share < parameters.supply_part:
            return None
        grade = (found.share >= parameters.high) + (found.share >= parameters.critical)
        told = self._told.get(pool)
        if told is not None and grade <= told:
            return None
        self._told[pool] = grade
        return _opening(parameters, found, event, time_ms)

    def _most_alike(self, purchases: Sequence[Bought], fed: float) -> Alike:
        """By tokens or by what was paid, among all or among considerable ones, whichever chance
        explains worst: four looks, so four times the chance."""
        parameters = self._parameters
        least = parameters.considerable * fed
        large = [n for n, bought in enumerate(purchases) if bought.tokens >= least]
        everybody = range(len(purchases))
        looks = [
            _look([values[n] for n in places], places, density, parameters.round_sums)
            for values in ([b.tokens for b in purchases], [b.paid for b in purchases])
            for places, density in (
                (everybody, parameters.density),
                (large, parameters.considerable_density),
            )
        ]
        found = min(looks, key=lambda alike: alike.chance)
        return Alike(found.members, len(looks) * found.chance)


def _look(
    values: Sequence[float], places: Sequence[int], density: float, round_sums: float
) -> Alike:
    """The most alike of some purchases, by their places among all."""
    found = most_alike(values, density, round_sums)
    return Alike(tuple(places[member] for member in found.members), found.chance)


@dataclass(frozen=True, slots=True)
class _Findings:
    """What speaks for a bundle; ``members`` of the ``buyers`` belong to it."""

    launch: Launch
    buyers: int
    members: int
    #: Most addresses that one transaction bought for.
    in_one: int
    tokens: float
    share: float
    supply_share: float | None
    chance: float


def _opening(
    parameters: SniperBundleParameters,
    found: _Findings,
    event: Transfer,
    time_ms: int,
) -> Opening:
    sure = 1.0 if found.in_one > 1 else 1.0 - found.chance / parameters.chance
    launch = found.launch
    onset_ms = time_ms if launch.began_ms is None else min(launch.began_ms, time_ms)
    supply = "" if found.supply_share is None else f", {found.supply_share:.1%} of all tokens"
    how = (
        f"{found.in_one} of them in one transaction"
        if found.in_one > 1
        else "in amounts too alike for strangers"
    )
    evidence = [
        Evidence(
            feature="bundle_share_of_pool",
            value=found.share,
            baseline=0.0,
            threshold=parameters.pool_part,
            weight=0.4,
        ),
        Evidence(
            feature="bundle_addresses",
            value=float(found.members),
            baseline=float(found.buyers),
            threshold=None,
            weight=0.2,
        ),
        Evidence(
            feature="chance_of_equal_amounts",
            value=found.chance,
            baseline=1.0,
            threshold=parameters.chance,
            weight=0.3,
        ),
        Evidence(
            feature="addresses_in_one_transaction",
            value=float(found.in_one),
            baseline=1.0,
            threshold=float(parameters.one_transaction),
            weight=0.2,
        ),
        Evidence(
            feature="seconds_after_pool_creation",
            value=max(0, onset_ms - launch.created_ms) / 1000,
            baseline=None,
            threshold=None,
            weight=0.1,
        ),
    ]
    if found.supply_share is not None:
        evidence.append(
            Evidence(
                feature="bundle_share_of_supply",
                value=found.supply_share,
                baseline=0.0,
                threshold=parameters.supply_part,
                weight=0.2,
            )
        )
    return Opening(
        score=min(1.0, 0.4 + 0.4 * min(1.0, found.share / parameters.critical) + 0.2 * sure),
        impact=min(1.0, found.share),
        onset_ms=onset_ms,
        phase="bundled",
        explanation=(
            f"{found.members} of {found.buyers} fresh addresses took {found.share:.1%} of a new "
            f"pool of {event.symbol}{supply} in its first blocks of trading, {how}."
        ),
        evidence=tuple(evidence),
    )
