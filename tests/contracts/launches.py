"""The lives of coins that are launched on a chain: minted, given a pool, bought and sold, by honest
people and by others."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

from schemas.events import Event, Liquidity, Transfer
from schemas.times import rfc3339

NOBODY = "0x" + "0" * 40
MAKER = "0xmaker"
BLOCK_MS = 12_000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000


class Coin:
    """One coin and its pool, which keeps a constant product; ``events`` is what a chain source
    tells of it. Everything is a transaction of its own unless told otherwise."""

    def __init__(self, token: str, start_ms: int, **fields: Any) -> None:
        self.token, self.pool = token, f"{token}:pool"
        self.now_ms = start_ms
        self.events: list[Event] = []
        self.tokens = self.quote = 0.0
        self.held: dict[str, float] = {}
        self._fields = fields
        self._count = 0

    def wait(self, milliseconds: float) -> None:
        self.now_ms += round(milliseconds)

    def next_block(self, count: int = 1) -> None:
        self.now_ms = (self.now_ms // BLOCK_MS + count) * BLOCK_MS

    def mint(self, who: str = MAKER, amount: float = 1e9) -> None:
        self.move(NOBODY, who, amount)

    def move(self, sender: str, receiver: str, amount: float, within: str | None = None) -> None:
        self.held[sender] = self.held.get(sender, 0.0) - amount
        self.held[receiver] = self.held.get(receiver, 0.0) + amount
        contract = {"contract": self.token, "amount": f"{amount:.18f}"}
        sides = {"from_address": sender, "to_address": receiver}
        self.events.append(Transfer(**self._common(within), **contract, **sides))

    def open_pool(self, tokens: float, quote: float, who: str = MAKER) -> None:
        """Created and fed in one transaction."""
        within = self.transaction()
        self._liquidity(within, "pool_created", from_address=who)
        self.feed(tokens, quote, who, within)

    def feed(
        self, tokens: float, quote: float, who: str = MAKER, within: str | None = None
    ) -> None:
        within = within or self.transaction()
        self.move(who, self.pool, tokens, within)
        self.tokens += tokens
        self.quote += quote
        self._reserves(within)
        amounts = {"token_amount": f"{tokens:.18f}", "quote_amount": f"{quote:.18f}"}
        self._liquidity(within, "added", from_address=who, to_address=who, **amounts)

    def drain(self, part: float, who: str = MAKER) -> None:
        within = self.transaction()
        tokens, quote = self.tokens * part, self.quote * part
        self.move(self.pool, who, tokens, within)
        self.tokens -= tokens
        self.quote -= quote
        self._reserves(within)
        amounts = {"token_amount": f"{tokens:.18f}", "quote_amount": f"{quote:.18f}"}
        self._liquidity(within, "removed", from_address=who, **amounts)

    def buy(self, who: str, quote: float, within: str | None = None) -> float:
        """Pay that much; the tokens that were got."""
        within = within or self.transaction()
        got = self.tokens * quote / (self.quote + quote)
        self.tokens -= got
        self.quote += quote
        self.move(self.pool, who, got, within)
        self._reserves(within)
        return got

    def buy_tokens(self, who: str, tokens: float, within: str | None = None) -> None:
        """Get exactly so many."""
        self.buy(who, self.quote * tokens / (self.tokens - tokens), within)

    def sell(self, who: str, part: float = 1.0, within: str | None = None) -> None:
        within = within or self.transaction()
        tokens = self.held[who] * part
        self.move(who, self.pool, tokens, within)
        self.quote -= self.quote * tokens / (self.tokens + tokens)
        self.tokens += tokens
        self._reserves(within)

    def transaction(self) -> str:
        self._count += 1
        return f"{self.token}:{self._count}"

    def _reserves(self, within: str) -> None:
        held = {"token_amount": f"{self.tokens:.18f}", "quote_amount": f"{self.quote:.18f}"}
        self._liquidity(within, "reserves", **held)

    def _liquidity(self, within: str, action: str, **values: Any) -> None:
        named: dict[str, Any] = {"pool": self.pool, "quote": "WETH", "action": action}
        self.events.append(Liquidity(**self._common(within), **named, **values))

    def _common(self, within: str | None) -> dict[str, Any]:
        within = within or self.transaction()
        return {
            "id": f"{within}:{len(self.events)}",
            "token": self.token,
            "symbol": self.token,
            "event_time": rfc3339(self.now_ms),
            "source": "test",
            "chain": "test",
            "transaction": within,
            "log_index": len(self.events),
            "block_number": self.now_ms // BLOCK_MS,
            **self._fields,
        }


def bundle(coin: Coin, dice: random.Random, count: int, share: float, spread: float) -> None:
    """One party buys ``share`` of the pool for so many fresh addresses in two blocks, each for the
    same money give or take ``spread`` (a factor's logarithm)."""
    each = coin.quote * share / (1 - share) / count
    for number in range(count):
        if number == count // 2:
            coin.next_block()
        coin.buy(f"0xbundle{number}", each * math.exp(dice.uniform(-spread, spread)))


def crowd(
    coin: Coin,
    dice: random.Random,
    buyers: int,
    every_ms: float,
    *,
    sells: float,
    typical: float = 0.0008,
    deviation: float = 1.0,
    name: str = "0xbuyer",
    there: list[str] | None = None,
) -> None:
    """Strangers come one after the other, each with a sum of their own, some of it round; each of
    those ``there`` sells with the chance ``sells`` an hour."""
    opened = coin.quote
    there = [] if there is None else there
    for number in range(buyers):
        passed = dice.expovariate(1 / every_ms) if every_ms else 0.0
        coin.wait(passed)
        for holder in list(there):
            if dice.random() < sells * passed / _HOUR_MS:
                there.remove(holder)
                coin.sell(holder, dice.choice((0.3, 0.5, 1.0, 1.0)))
        quote = opened * typical * math.exp(dice.gauss(0.0, deviation))
        if dice.random() < 0.4:
            # People like round sums.
            step = 10.0 ** math.floor(math.log10(quote))
            quote = dice.choice((1.0, 1.0, 2.0, 5.0)) * step
        coin.buy(f"{name}{number}", quote)
        there.append(f"{name}{number}")


def launches(seed: int, start_ms: int, end_ms: int) -> Iterator[Event]:
    """Coins launched over the whole time, every second of them by a party that bundles the first
    blocks, keeps most tokens and lets nobody sell."""
    for number in range(24):
        launched_ms = start_ms + number * (end_ms - start_ms) // 24
        dice = random.Random(f"{seed}:{number}")
        coin = Coin(f"launch{number}", launched_ms)
        coin.mint()
        bad = number % 2 == 0
        if bad:
            for friend in range(6):
                coin.move(MAKER, f"0xfriend{friend}", 1e8)
        coin.open_pool(4e8 if bad else 1e9, 20.0)
        coin.next_block()
        if bad:
            bundle(coin, dice, 8, 0.3, 0.1)
        crowd(coin, dice, 150, 30_000, sells=0.0 if bad else 0.5)
        yield from coin.events
