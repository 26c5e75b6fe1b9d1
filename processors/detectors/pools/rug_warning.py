"""Who could drain a pool seems about to: a warning before the money leaves."""

from __future__ import annotations

from processors.detectors.base import Opening
from processors.detectors.pools.pool_book import PoolBook
from processors.detectors.pools.rug_findings import PARAMETERS, RugFindings, RugWarningParameters
from processors.detectors.pools.rug_signs import SignName, odds_of
from processors.detectors.pools.share_book import is_locked
from processors.detectors.pools.token_book import TokenBook
from processors.detectors.pools.token_trail import TokenTrail
from processors.detectors.pools.watched_pool import WatchedPool
from schemas.events import Liquidity, Transfer

WARNED = "warned"


class RugWarning:
    """Weighs who can drain a pool, what there is to take, and what looks like preparation.

    Use: beside ``RugPull``, which tells the removal itself. Three things must come together: makers
    hold most of the shares and have not locked them; others have brought money; and there is a sign
    of preparation. The probability starts from ``prior``, is multiplied (as odds) by the likelihood
    ratio of the pool's standing (``rug_model.standing``), and by that of each sign. Standing alone
    never warns: at one rug in twenty not one of three such warnings would be right.

    Weakness: a drain without any preparation is not foreseen. Nor is one of a pool that does not
    tell what it holds, such as those of concentrated liquidity, or that was not seen from its
    creation and has no profile. The odds of signs are judgement, and signs are taken to be
    independent of each other, which they hardly are.

    Parameters: ``RugWarningParameters``. After Mazorra, Adan and Daza (2022), "Do not rug on me",
    on what tells pools apart before they are drained.
    """

    def __init__(
        self, book: PoolBook, token: TokenBook, parameters: RugWarningParameters = PARAMETERS
    ) -> None:
        self._book = book
        self._token = token
        self._parameters = parameters
        self._pools: dict[str, WatchedPool] = {}
        self._trail = TokenTrail()
        #: The part of all tokens that insiders have moved in the newest transaction.
        self._moved = 0.0

    def move_tokens(self, event: Transfer, time_ms: int) -> Opening | None:
        """Take in a transfer; pools speak after the transfers of their transaction."""
        sender, receiver = event.from_address.lower(), event.to_address.lower()
        amount = float(event.amount)
        issued = self._token.move(sender, receiver, amount)
        if not self._pools:
            return None
        if self._trail.move(event.transaction, sender, receiver, amount, self._pools):
            self._moved = 0.0
        if issued:
            self._sign("supply_issued", issued, time_ms)
        elif receiver in self._pools:
            # What was moved has only passed through a router.
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
        watched, pool = self._watched(event), event.pool.lower()
        insiders = self._insiders(pool)
        watched.take_in(event, insiders, self._trail, time_ms)
        locked = event.action == "shares_moved" and is_locked((event.to_address or "").lower())
        if locked and watched.features.shares.share_of(insiders) < self._parameters.in_reach:
            # A new beginning, should they come back.
            watched.begin_anew()

    def look(self, pool: str, time_ms: int) -> Opening | None:
        """A warning about the pool (in small letters), if there is one now."""
        parameters = self._parameters
        watched = self._pools.get(pool)
        if watched is None or watched.is_quiet(time_ms, parameters.cool_down_ms):
            return None
        signs = watched.signs.counting(time_ms)
        brought = watched.brought
        if (
            odds_of(signs) < parameters.signs_odds
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
        found = RugFindings(
            parameters,
            in_reach,
            watched.features.shares.locked(),
            brought,
            {name: sign.part for name, sign in signs.items()},
            inputs,
        )
        probability = found.probability
        if probability < parameters.probability:
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
            watched.begin_anew()
            watched.warned_ms = time_ms

    def _watched(self, event: Liquidity) -> WatchedPool:
        name, parameters = event.pool.lower(), self._parameters
        watched = self._pools.pop(name, None)
        created = event.action == "pool_created"
        if watched is None or created:
            watched = WatchedPool(created, parameters.holders, parameters.span_ms)
            if len(self._pools) >= parameters.pools:
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
