"""Who could drain a pool seems about to: a warning before the money leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass

from processors.detectors.base import Opening
from processors.detectors.pool_book import PoolBook
from processors.detectors.pool_features import PoolFeatures
from processors.detectors.rug_signs import SIGNS, SignName, Signs
from processors.detectors.share_book import is_locked
from processors.detectors.token_book import TokenBook
from processors.rug_model.standing import shipped
from schemas.alerts import Evidence
from schemas.events import Liquidity, Transfer

WARNED = "warned"
#: Addresses of one transaction whose tokens are followed back to where they came from.
_ORIGINS = 16


@dataclass(frozen=True, slots=True)
class RugWarningParameters:
    """Where the lines lie, and why there."""

    #: How many of the pools that somebody watches are drained, before anything is known of one. Of
    #: all pools ever made most are, but of those hardly any is watched. A warning is to be rare.
    prior: float = 0.05
    #: From this probability on there is a warning.
    probability: float = 0.5
    #: How much likelier the signs together must make it: what honest makers do now and then is no
    #: warning by itself, however the pool stands.
    signs_odds: float = 5.0
    #: Part of the shares that insiders must be able to take out at once.
    in_reach: float = 0.5
    #: Part of the pool's quote that others must have brought by buying: else there is no loot.
    brought: float = 0.05
    #: How often somebody must have bought: one's own first purchase is no loot either.
    purchases: int = 5
    #: Part of all tokens in known pools that the pool must hold: a dust pool is nobody's loss.
    pool_part: float = 0.05
    #: Milliseconds for which a sign counts: makers prepare within a day, or wait for a better one.
    span_ms: int = 86_400_000
    #: Milliseconds after a warning in which there is none about the same pool, unless its shares
    #: were locked meanwhile: as long as it is followed.
    cool_down_ms: int = 21_600_000
    #: Pools of a token, and holders of a pool's shares, that are kept up.
    pools: int = 4
    holders: int = 24


PARAMETERS = RugWarningParameters()


class _Watched:
    """One pool between its creation and its end."""

    __slots__ = ("features", "provided", "quote", "signs", "tokens", "warned_ms")

    def __init__(self, parameters: RugWarningParameters) -> None:
        self.features = PoolFeatures(parameters.holders)
        self.signs = Signs(parameters.span_ms)
        #: What it held after the newest change.
        self.tokens: float | None = None
        self.quote: float | None = None
        #: The part of the quote that providers brought, less what left with removals and what
        #: insiders got for tokens.
        self.provided: float | None = None
        self.warned_ms: int | None = None

    def is_quiet(self, time_ms: int, cool_down_ms: int) -> bool:
        """Whether a warning is too young for another."""
        return self.warned_ms is not None and time_ms - self.warned_ms < cool_down_ms

    def brought(self) -> float:
        """The part of the quote that buyers brought."""
        if not self.quote or self.provided is None:
            return 0.0
        return max(0.0, 1.0 - self.provided / self.quote)


class RugWarning:
    """Weighs who can drain a pool, what there is to take, and what looks like preparation.

    Use: beside ``RugPull``, which tells the removal itself. Three things must come together: makers
    hold most of the shares and have not locked them; others have brought money; and there is a sign
    of preparation. The probability starts from ``prior``, is multiplied (as odds) by the likelihood
    ratio of the pool's standing (``rug_model.standing``), and by that of each sign. Standing alone
    never warns: at one rug in twenty not one of three such warnings would be right.

    Weakness: a drain without any preparation is not foreseen. Nor is one of a pool that does not
    tell what it holds, such as those of concentrated liquidity, or that was not seen from its
    creation and has no profile. The odds of signs are judgement. Signs may be independent of each
    other in none of the two worlds; they are taken to be so.
    """

    def __init__(
        self, book: PoolBook, token: TokenBook, parameters: RugWarningParameters = PARAMETERS
    ) -> None:
        self._book = book
        self._token = token
        self._parameters = parameters
        self._pools: dict[str, _Watched] = {}
        #: The newest transaction, and in it from whom each address got its tokens.
        self._transaction: str | None = None
        self._origins: dict[str, str] = {}
        #: Who sent how many tokens to a pool in it; what an insider moved on the way there.
        self._paid_in: dict[str, tuple[str, float]] = {}
        self._moved = 0.0

    def move_tokens(self, event: Transfer, time_ms: int) -> Opening | None:
        """Take in a transfer; pools speak after the transfers of their transaction."""
        sender, receiver = event.from_address.lower(), event.to_address.lower()
        amount = float(event.amount)
        issued = self._token.move(sender, receiver, amount)
        if not self._pools:
            return None
        if event.transaction != self._transaction:
            self._transaction = event.transaction
            self._origins, self._paid_in, self._moved = {}, {}, 0.0
        origin = self._origins.get(sender, sender)
        if len(self._origins) < _ORIGINS:
            self._origins[receiver] = origin
        if issued:
            self._sign("supply_issued", issued, time_ms)
        elif receiver in self._pools:
            self._paid_in[receiver] = (origin, amount)
            # It only passed through a router.
            self._sign("insider_tokens_moved", -self._moved, time_ms)
            self._moved = 0.0
            return None
        elif self._is_insider(sender) and not is_locked(receiver):
            moved = self._token.share(amount) or 0.0
            self._moved += moved
            self._sign("insider_tokens_moved", moved, time_ms)
        else:
            return None
        looked = (self.look(pool, time_ms) for pool in self._pools)
        return next((opening for opening in looked if opening is not None), None)

    def take_in(self, event: Liquidity, time_ms: int) -> None:
        """Take in a change of a pool, before the pool book does."""
        watched = self._watched(event)
        action = event.action
        if action == "reserves":
            self._hold(watched, event, time_ms)
        elif action == "added":
            self._provide(watched, event, time_ms)
        elif action == "removed":
            self._remove(watched, event, time_ms)
        elif action == "shares_moved":
            self._move_shares(watched, event, time_ms)

    def look(self, pool: str, time_ms: int) -> Opening | None:
        """A warning about the pool (in small letters), if there is one now."""
        parameters = self._parameters
        watched = self._pools.get(pool)
        if watched is None or watched.is_quiet(time_ms, parameters.cool_down_ms):
            return None
        signs = watched.signs.counting(time_ms)
        brought = watched.brought()
        if (
            not signs
            or brought < parameters.brought
            or watched.features.purchases < parameters.purchases
        ):
            return None
        insiders = self._insiders(pool)
        in_reach = watched.features.shares.share_of(insiders)
        part = self._book.part_of(pool)
        if in_reach < parameters.in_reach or part < parameters.pool_part:
            return None
        inputs = watched.features.inputs(insiders, self._token)
        found = _Findings(
            parameters,
            in_reach,
            watched.features.shares.locked(),
            brought,
            {name: sign.part for name, sign in signs.items()},
            inputs,
        )
        probability = found.probability
        if found.signs_odds < parameters.signs_odds or probability < parameters.probability:
            return None
        watched.warned_ms = time_ms
        return Opening(
            score=probability,
            impact=min(1.0, in_reach * part),
            onset_ms=min(time_ms, *(sign.since_ms for sign in signs.values())),
            phase=WARNED,
            explanation=found.explanation(),
            evidence=tuple(found.evidence()),
        )

    def settle(self, pool: str, time_ms: int) -> None:
        """The pool was drained: nothing is left to warn of."""
        watched = self._pools.get(pool)
        if watched is not None:
            watched.warned_ms = time_ms
            watched.signs.clear()

    def _watched(self, event: Liquidity) -> _Watched:
        name = event.pool.lower()
        watched = self._pools.pop(name, None)
        if watched is None or event.action == "pool_created":
            watched = _Watched(self._parameters)
            if len(self._pools) >= self._parameters.pools:
                del self._pools[next(iter(self._pools))]
        self._pools[name] = watched
        return watched

    def _insiders(self, pool: str) -> tuple[str, ...]:
        """Who may drain the pool, each once."""
        known = self._book.insiders(pool)
        makers = self._token.makers(self._book.is_young(pool))
        return (*known, *(maker for maker in makers if maker not in known))

    def _is_insider(self, address: str) -> bool:
        """Whether the address is an insider of any pool."""
        return any(address in self._insiders(pool) for pool in self._pools)

    def _sign(self, name: SignName, part: float, time_ms: int) -> None:
        """Something about the token, which concerns each of its pools that is traded in."""
        if part:
            for watched in self._pools.values():
                if watched.features.purchases:
                    watched.signs.add(name, part, time_ms)

    def _hold(self, watched: _Watched, event: Liquidity, time_ms: int) -> None:
        """What the pool holds now. In a trade one side grows and the other shrinks."""
        if event.token_amount is None or event.quote_amount is None:
            return
        tokens, quote = float(event.token_amount), float(event.quote_amount)
        before, quote_before = watched.tokens, watched.quote
        watched.tokens, watched.quote = tokens, quote
        if before is None or quote_before is None:
            return
        if tokens < before and quote > quote_before:
            watched.features.swapped(purchase=True, time_ms=time_ms)
        elif tokens > before and quote < quote_before:
            watched.features.swapped(purchase=False, time_ms=time_ms)
            name = event.pool.lower()
            seller, sold = self._paid_in.get(name, ("", 0.0))
            if event.transaction == self._transaction and seller in self._insiders(name):
                watched.signs.add("insider_sold", sold / tokens, time_ms)
                if watched.provided is not None:
                    # They have their money back: all the more of what is left is of others.
                    watched.provided = max(0.0, watched.provided - (quote_before - quote))

    def _provide(self, watched: _Watched, event: Liquidity, time_ms: int) -> None:
        watched.features.provided(time_ms)
        quote = float(event.quote_amount or 0)
        shares = watched.features.shares
        made = _number(event.liquidity)
        if made is None:
            # As a pool makes them: as many as it grew, the first ones as the quote.
            before = (watched.quote or 0.0) - quote
            made = shares.total * quote / before if shares.total and before > 0.0 else quote
        holder = (event.to_address or event.from_address or "").lower()
        if made > 0.0 and holder:
            shares.make(holder, made, _number(event.total_liquidity))
        if watched.provided is None:
            # What a pool held before it was first seen counts as provided.
            watched.provided = watched.quote or quote
        else:
            watched.provided += quote

    def _remove(self, watched: _Watched, event: Liquidity, time_ms: int) -> None:
        watched.features.removed(time_ms)
        quote = float(event.quote_amount or 0)
        before = (watched.quote or 0.0) + quote
        part = min(1.0, quote / before) if before > 0.0 else 0.0
        if watched.provided is not None:
            watched.provided *= 1.0 - part
        shares = watched.features.shares
        burned = _number(event.liquidity)
        holder = (event.from_address or event.to_address or "").lower()
        if burned is None:
            burned = shares.total * part
        shares.burn(event.pool.lower(), holder, burned, _number(event.total_liquidity))
        if holder in self._insiders(event.pool.lower()):
            watched.signs.add("insider_removed", part, time_ms)

    def _move_shares(self, watched: _Watched, event: Liquidity, time_ms: int) -> None:
        moved = _number(event.liquidity)
        if event.from_address is None or event.to_address is None or not moved:
            return
        sender, receiver = event.from_address.lower(), event.to_address.lower()
        shares = watched.features.shares
        shares.move(sender, receiver, moved, _number(event.total_liquidity))
        pool = event.pool.lower()
        # To the pool itself: handed in to be burned.
        if shares.total <= 0.0 or receiver == pool:
            return
        insiders = self._insiders(pool)
        if is_locked(receiver):
            if shares.share_of(insiders) < self._parameters.in_reach:
                # A new beginning, should they come back.
                watched.warned_ms = None
                watched.signs.clear()
        elif is_locked(sender) or (sender in insiders and receiver in insiders):
            watched.signs.add("shares_unlocked", moved / shares.total, time_ms)
        elif sender in insiders:
            watched.signs.add("shares_passed_on", moved / shares.total, time_ms)


@dataclass(frozen=True, slots=True)
class _Findings:
    """What there is to say about one pool."""

    parameters: RugWarningParameters
    in_reach: float
    locked: float
    brought: float
    signs: dict[SignName, float]
    inputs: dict[str, float]

    @property
    def signs_odds(self) -> float:
        """How much likelier the signs make a drain."""
        return math.prod(SIGNS[name].odds for name in self.signs)

    @property
    def probability(self) -> float:
        """Of a drain, after all that is known."""
        standing = shipped().score_one(self.inputs)
        log_odds = _logit(self.parameters.prior) + standing + math.log(self.signs_odds)
        return 1.0 / (1.0 + math.exp(-log_odds))

    def explanation(self) -> str:
        signs = ", and ".join(SIGNS[name].words.format(part) for name, part in self.signs.items())
        return (
            f"Insiders can take {self.in_reach:.1%} of a pool whose money came to "
            f"{self.brought:.1%} from buyers; {self.locked:.1%} is locked. Now {signs}."
        )

    def evidence(self) -> list[Evidence]:
        """Each with its part of all that was added to the log odds or taken from them."""
        model, inputs, parameters = shipped(), self.inputs, self.parameters
        standing = model.explain_one(inputs)
        added: dict[str, float] = {
            "prior_probability": _logit(parameters.prior),
            "shares_in_reach": standing.get("creator_liquidity", 0.0),
            "shares_locked": standing.get("locked_liquidity", 0.0),
            "share_holders": standing.get("holder_mean", 0.0),
            "creator_token_share": standing.get("creator_tokens", 0.0),
        }
        added |= {name: math.log(SIGNS[name].odds) for name in self.signs}
        values: dict[str, float | None] = {
            "prior_probability": parameters.prior,
            "shares_in_reach": self.in_reach,
            "shares_locked": self.locked,
            "share_holders": 100.0 / inputs["lp_avg"] if "lp_avg" in inputs else None,
            "creator_token_share": inputs.get("token_creator_holding_ratio"),
            "brought_by_buyers": self.brought,
        }
        values |= dict(self.signs.items())
        lines: dict[str, float] = {
            "shares_in_reach": parameters.in_reach,
            "brought_by_buyers": parameters.brought,
        }
        lines |= {name: SIGNS[name].line for name in self.signs}
        whole = abs(model.bias) + sum(abs(each) for each in added.values())
        return [
            Evidence(
                feature=feature,
                value=value,
                baseline=0.0 if feature in self.signs else None,
                threshold=lines.get(feature),
                weight=abs(added.get(feature, 0.0)) / whole,
            )
            for feature, value in values.items()
            if value is not None
        ]


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
