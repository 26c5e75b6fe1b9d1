"""A pool is drained: whoever holds its shares takes the money out, and nobody else can sell.

The removal is told here, in its event; what announces one is weighed in ``rug_warning``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.pools.drain_watch import DrainWatch
from processors.detectors.pools.pool_book import Pool, PoolBook
from processors.detectors.pools.rug_warning import WARNED, RugWarning
from processors.detectors.pools.token_book import TokenBook
from processors.detectors.pools.warning_watch import WarningWatch
from processors.detectors.wording import amount_text
from schemas.alerts import Evidence, Pattern
from schemas.events import Liquidity, Profile, Transfer
from schemas.topics import TRANSFERS

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class RugPullParameters:
    """Where the lines lie, and why there."""

    #: Part of the pool that anybody may not take at once: with half of it gone the same sale moves
    #: the price twice as far. Small providers come and go far below it.
    drained: float = 0.5
    #: The same for the pool's insiders, who as a rule have no reason to take any.
    insiders_drained: float = 0.25
    #: Milliseconds within which one party's removals count as one, so slicing hides nothing.
    slices_ms: int = 3_600_000
    #: Part of all tokens in known pools that the pool must hold: a dust pool is nobody's loss.
    pool_part: float = 0.05
    #: A removal is a move when its party has put that part of the money into another pool within
    #: this many milliseconds before.
    moved_part: float = 0.8
    moved_ms: int = 3_600_000
    #: Parts from which on it is graver, and told anew: a pool without half, and one that is as
    #: good as empty.
    high: float = 0.5
    critical: float = 0.9
    #: Milliseconds after an alert in which only a graver one is opened: it is the same event.
    cool_down_ms: int = 1_800_000
    #: Pools of a token, insiders of a pool and recent providers that are remembered.
    pools: int = 16
    insiders: int = 16
    providers: int = 32


PARAMETERS = RugPullParameters()


class RugPull(Detector[Liquidity | Transfer | Profile]):
    """Flag a removal that takes a large part of a pool, in the very event, and warn before it when
    the makers' shares and doings announce one.

    Use: tokens whose pools are watched. Shares of the pool's own total where the source tells it,
    else of what the pool held. Weakness: a pool of concentrated liquidity that was not seen from
    its creation tells neither, and is not judged. Xia and others (2021), "Trade or Trick?
    Detecting and Characterizing Scam Tokens on Uniswap", and Mazorra and others (2022), "Do not
    rug on me", for who drains pools and how completely. Parameters: ``RugPullParameters``.
    """

    pattern: ClassVar[Pattern] = "rug_pull"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "2"
    reads = (Liquidity, Transfer, Profile)

    def __init__(self, parameters: RugPullParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._book = PoolBook(parameters.pools, parameters.insiders)
        self._token = TokenBook()
        self._warning = RugWarning(self._book, self._token)
        #: provider -> (when, what) of the newest provision
        self._provisions: dict[str, tuple[int, _Provision]] = {}
        self._alerted_ms: int | None = None
        self._alerted_grade = 0

    def observe(self, event: Liquidity | Transfer | Profile, time_ms: int) -> Opening | None:
        if isinstance(event, Transfer):
            return self._warning.move_tokens(event, time_ms)
        if isinstance(event, Profile):
            self._token.learn(event)
            return None
        self._warning.take_in(event, time_ms)
        pool = self._book.pool(event)
        name = event.pool.lower()
        if event.action == "removed":
            opening = self._judge(event, pool, time_ms)
            if opening is not None:
                self._warning.settle(name, time_ms)
                return opening
        elif event.action == "pool_created":
            pool.create(event, time_ms)
        elif event.action == "added":
            pool.add(event)
            self._note_provision(event, time_ms)
        elif event.action == "reserves":
            pool.hold(event)
        else:
            pool.move_shares(event)
        return self._warning.look(name, time_ms)

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        if opening.phase == WARNED:
            return WarningWatch(opening, time_ms)
        return DrainWatch(opening)

    def _judge(self, event: Liquidity, pool: Pool, time_ms: int) -> Opening | None:
        parameters = self._parameters
        removed = pool.remove(event)
        if removed is None or removed <= 0:
            return None
        role = self._role(event, pool)
        # Insiders act as one party.
        party = "" if role else (event.from_address or event.to_address or "?").lower()
        since_ms = time_ms - parameters.slices_ms
        share = pool.drained(party, removed, time_ms, since_ms)
        usual = pool.largest_earlier
        pool.largest_earlier = max(usual, float(removed))
        threshold = parameters.insiders_drained if role else parameters.drained
        if share < threshold or self._moves(event, time_ms):
            return None
        tokens = float(event.token_amount or 0)
        if tokens and self._book.part(pool, tokens) < parameters.pool_part:
            return None
        grade = self._grade(share)
        if not self._is_news(grade, time_ms):
            return None
        self._alerted_ms, self._alerted_grade = time_ms, grade
        onset_ms = pool.began(party, time_ms)
        found = _Findings(event, pool, role, share, threshold, usual, onset_ms)
        return _opening(found, time_ms)

    def _role(self, event: Liquidity, pool: Pool) -> str | None:
        """Who removes, as far as it matters: who sends the transaction, or who gets the money."""
        makers = self._token.makers(young=pool.created_ms is not None)
        for address in (event.from_address, event.to_address):
            if address is None:
                continue
            if address.lower() in makers:
                return "token's creator"
            if role := pool.role(address):
                return role
        return None

    def _grade(self, share: float) -> int:
        return (share >= self._parameters.high) + (share >= self._parameters.critical)

    def _is_news(self, grade: int, time_ms: int) -> bool:
        if self._alerted_ms is None or time_ms - self._alerted_ms >= self._parameters.cool_down_ms:
            return True
        return grade > self._alerted_grade

    def _note_provision(self, event: Liquidity, time_ms: int) -> None:
        if event.from_address is None or event.quote_amount is None:
            return
        provider, provisions = event.from_address.lower(), self._provisions
        provisions.pop(provider, None)
        if len(provisions) >= self._parameters.providers:
            del provisions[next(iter(provisions))]
        provided = _Provision(event.pool.lower(), event.quote, float(event.quote_amount))
        provisions[provider] = (time_ms, provided)

    def _moves(self, event: Liquidity, time_ms: int) -> bool:
        """Whether the party has just put as much money into another pool of the token. Tokens do
        not count: whoever issued them has as many as they like."""
        provided_ms, provided = self._provisions.get((event.from_address or "").lower(), (0, None))
        return (
            provided is not None
            and event.quote_amount is not None
            and time_ms - provided_ms <= self._parameters.moved_ms
            and provided.pool != event.pool.lower()
            and provided.quote == event.quote
            and provided.amount >= self._parameters.moved_part * float(event.quote_amount)
        )


class _Provision(NamedTuple):
    """What somebody put into a pool, in its quote."""

    pool: str
    quote: str | None
    amount: float


@dataclass(frozen=True, slots=True)
class _Findings:
    """What speaks for a rug pull."""

    event: Liquidity
    pool: Pool
    role: str | None
    share: float
    threshold: float
    #: The largest part that one removal took from this pool before.
    usual: float
    onset_ms: int

    @property
    def age_ms(self) -> int | None:
        created_ms = self.pool.created_ms
        return None if created_ms is None else max(0, self.onset_ms - created_ms)


def _opening(found: _Findings, time_ms: int) -> Opening:
    share = found.share
    # Who is behind the pool counts as much as the last quarter of it.
    insider = 0.2 if found.role else 0.0
    return Opening(
        score=min(1.0, 0.3 + 0.5 * share + insider),
        impact=min(1.0, share),
        onset_ms=min(found.onset_ms, time_ms),
        phase="draining",
        explanation=_explanation(found, share),
        evidence=tuple(_evidence(found, share)),
    )


def _explanation(found: _Findings, share: float) -> str:
    event = found.event
    who = f"The {found.role}" if found.role else "A provider"
    money = ""
    if event.quote_amount is not None:
        money = (
            f", {amount_text(float(event.quote_amount))} {event.quote or 'of its quote'} just now"
        )
    age_ms = found.age_ms
    age = f", {age_ms / _HOUR_MS:,.1f} hours after the pool was made" if age_ms is not None else ""
    return f"{who} took {share:.1%} of the liquidity out of a pool of {event.symbol}{money}{age}."


def _evidence(found: _Findings, share: float) -> list[Evidence]:
    event, pool = found.event, found.pool
    evidence = [
        Evidence(
            feature="removed_share",
            value=share,
            baseline=found.usual,
            threshold=found.threshold,
            weight=0.5,
        ),
        Evidence(
            feature="by_insider",
            value=1.0 if found.role else 0.0,
            baseline=0.0,
            threshold=None,
            weight=0.2,
        ),
    ]
    if event.quote_amount is not None:
        evidence.append(
            Evidence(
                feature="quote_removed",
                value=float(event.quote_amount),
                baseline=pool.quote_before(event),
                threshold=None,
                weight=0.1,
            )
        )
    if found.age_ms is not None:
        evidence.append(
            Evidence(
                feature="pool_age_hours",
                value=round(found.age_ms / _HOUR_MS, 3),
                baseline=None,
                threshold=None,
                weight=0.1,
            )
        )
    if pool.shares_moved:
        evidence.append(
            Evidence(
                feature="shares_moved_before",
                value=pool.shares_moved,
                baseline=0.0,
                threshold=None,
                weight=0.1,
            )
        )
    return evidence
