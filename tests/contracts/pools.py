"""The lives of pools: made, traded in, fed and left by small providers, drained now and then."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from schemas.events import Liquidity
from schemas.times import rfc3339

_MINUTE_MS = 60_000


class PoolLife:
    """One pool as a constant-product exchange keeps it; every method gives its events.

    A change tells first what the pool holds then, and then itself, all in one transaction.
    """

    def __init__(
        self, token: str, pool: str = "0xpool", tells_total: bool = True, **fields: Any
    ) -> None:
        self.token, self.pool = token, pool
        self._tells_total = tells_total
        self._fields = fields
        self.tokens = self.quote = self.total = 0.0
        self.shares: dict[str, float] = {}
        self._transactions = 0

    def create(self, time_ms: int, who: str) -> Iterator[Liquidity]:
        self._transactions += 1
        yield self._event(time_ms, 0, "pool_created", from_address=who)

    def add(self, time_ms: int, who: str, tokens: float, quote: float) -> Iterator[Liquidity]:
        made = quote if not self.total else self.total * quote / self.quote
        self.tokens, self.quote, self.total = (
            self.tokens + tokens,
            self.quote + quote,
            self.total + made,
        )
        self.shares[who] = self.shares.get(who, 0.0) + made
        yield from self._changed(time_ms, "added", who, tokens, quote, made)

    def remove(self, time_ms: int, who: str, part: float) -> Iterator[Liquidity]:
        """Somebody takes out that part of their own shares."""
        burned = self.shares[who] * part
        share = burned / self.total
        tokens, quote = self.tokens * share, self.quote * share
        self.tokens, self.quote, self.total = (
            self.tokens - tokens,
            self.quote - quote,
            self.total - burned,
        )
        self.shares[who] -= burned
        yield from self._changed(time_ms, "removed", who, tokens, quote, burned)

    def trade(self, time_ms: int, factor: float) -> Iterator[Liquidity]:
        """A trade leaves that much of the tokens, and the quote that keeps the product."""
        self.tokens, self.quote = self.tokens * factor, self.quote / factor
        self._transactions += 1
        yield self._reserves(time_ms)

    def move(self, time_ms: int, sender: str, receiver: str, part: float) -> Iterator[Liquidity]:
        """Shares change hands."""
        moved = self.shares[sender] * part
        self.shares[sender] -= moved
        self.shares[receiver] = self.shares.get(receiver, 0.0) + moved
        self._transactions += 1
        yield self._event(
            time_ms,
            0,
            "shares_moved",
            from_address=sender,
            to_address=receiver,
            liquidity=_text(moved),
            **self._told_total(),
        )

    def _changed(
        self, time_ms: int, action: str, who: str, tokens: float, quote: float, shares: float
    ) -> Iterator[Liquidity]:
        self._transactions += 1
        yield self._reserves(time_ms)
        yield self._event(
            time_ms,
            1,
            action,
            from_address=who,
            token_amount=_text(tokens),
            quote_amount=_text(quote),
            liquidity=_text(shares),
            **self._told_total(),
        )

    def _reserves(self, time_ms: int) -> Liquidity:
        held = {"token_amount": _text(self.tokens), "quote_amount": _text(self.quote)}
        return self._event(time_ms, 0, "reserves", **held)

    def _told_total(self) -> dict[str, str]:
        return {"total_liquidity": _text(self.total)} if self._tells_total else {}

    def _event(self, time_ms: int, log_index: int, action: str, **values: Any) -> Liquidity:
        transaction = f"{self.token}:{self.pool}:{self._transactions}"
        common: dict[str, Any] = {
            "id": f"test:{transaction}:{log_index}",
            "token": self.token,
            "symbol": self.token,
            "event_time": rfc3339(time_ms),
            "source": "test",
            "chain": "test",
            "pool": self.pool,
            "transaction": transaction,
            "log_index": log_index,
            "action": action,
            "quote": "WETH",
        }
        return Liquidity(**{**common, **self._fields, **values})


def pool_lives(seed: int, tokens: Sequence[str], start_ms: int, end_ms: int) -> Iterator[Liquidity]:
    """A pool for each token; its creator drains it every few hours and begins again."""
    for token in tokens:
        yield from _life(random.Random(f"{seed}:{token}"), token, start_ms, end_ms)


def _life(dice: random.Random, token: str, start_ms: int, end_ms: int) -> Iterator[Liquidity]:
    pool = PoolLife(token, f"0xpool{token}")
    time_ms = start_ms + dice.randrange(10) * _MINUTE_MS
    yield from pool.create(time_ms, "0xmaker")
    yield from pool.add(time_ms, "0xmaker", 1e9, 50.0)
    drain_ms = time_ms + dice.randrange(90, 200) * _MINUTE_MS
    while (time_ms := time_ms + dice.randrange(20_000, 400_000)) < end_ms:
        provider = f"0xprovider{dice.randrange(12)}"
        what = dice.random()
        if time_ms >= drain_ms:
            drain_ms = time_ms + dice.randrange(90, 200) * _MINUTE_MS
            yield from pool.remove(time_ms, "0xmaker", dice.uniform(0.8, 1.0))
            for fleeing in sorted(pool.shares.keys() - {"0xmaker"}):
                time_ms += dice.randrange(30_000)
                if pool.shares[fleeing] > 0:
                    yield from pool.remove(time_ms, fleeing, 0.9)
            back_ms = time_ms + dice.randrange(1, 10) * _MINUTE_MS
            quote = dice.uniform(20.0, 60.0)
            yield from pool.add(back_ms, "0xmaker", pool.tokens * quote / pool.quote, quote)
            time_ms = back_ms
        elif what < 0.15:
            part = dice.uniform(0.005, 0.04)
            yield from pool.add(time_ms, provider, pool.tokens * part, pool.quote * part)
        elif what < 0.25 and pool.shares.get(provider, 0.0) > 0:
            yield from pool.remove(time_ms, provider, dice.choice((0.3, 1.0)))
        else:
            yield from pool.trade(time_ms, dice.uniform(0.97, 1.03))


def _text(number: float) -> str:
    return f"{max(number, 0.0):.18f}"
