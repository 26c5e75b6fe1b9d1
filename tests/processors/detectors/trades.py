"""Made-up trading of one token: quiet hours, and what may break into them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.events import Tick
from schemas.times import rfc3339

START_MS = 1_600_000_000_000
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Trade:
    """A taker order's fill at a time, as the market saw it."""

    at_ms: int
    side: str
    price: float
    amount: float


def quiet(
    hours: float, *, seed: int = 1, per_minute: float = 2.0, volatility: float = 0.0015
) -> list[Trade]:
    """Ordinary trading: Poisson arrivals, heavy-tailed sizes, a random walk (per minute)."""
    chance = random.Random(seed)
    trades: list[Trade] = []
    now, level = 0.0, 0.0
    while True:
        gap = chance.expovariate(per_minute / 60_000)
        now += gap
        if now >= hours * HOUR_MS:
            return trades
        level += volatility * math.sqrt(gap / 60_000) * chance.gauss(0, 1)
        level *= 0.9995
        side = "buy" if chance.random() < 0.5 else "sell"
        price = math.exp(level) * (1.0005 if side == "buy" else 0.9995)
        amount = chance.lognormvariate(4.0, 1.4)
        fills = 1 if chance.random() < 0.95 else 2
        trades += [
            Trade(int(now), side, price * (1 + 0.0001 * fill), amount) for fill in range(fills)
        ]


def price_at(trades: Sequence[Trade], at_ms: int) -> float:
    """The last price before a time."""
    return next(trade.price for trade in reversed(trades) if trade.at_ms < at_ms)


def pump(
    at_ms: int,
    *,
    rise: float = 0.15,
    orders: int = 60,
    seconds: float = 20,
    fills: int = 3,
    start: float = 1.0,
) -> list[Trade]:
    """A crowd that buys whatever is offered: each order fills several makers, higher and higher.

    ``start`` is the price before it.
    """
    chance = random.Random(at_ms)
    trades: list[Trade] = []
    for number in range(orders):
        time_ms = at_ms + int(seconds * 1000 * number / orders)
        price = start * (1 + rise * (number + 1) / orders)
        amount = chance.lognormvariate(7.0, 0.8)
        trades += [
            Trade(time_ms, "buy", price * (1 + 0.0002 * fill), amount) for fill in range(fills)
        ]
    return trades


def ticks(*parts: Sequence[Trade], shift_ms: int = 0) -> Iterator[tuple[Tick, int]]:
    """The trades of all parts in order of time, as ticks with their event times."""
    together = sorted((trade for part in parts for trade in part), key=lambda t: t.at_ms)
    for number, trade in enumerate(together):
        time_ms = START_MS + shift_ms + trade.at_ms
        yield (
            Tick(
                id=f"t{number}",
                token="token",
                symbol="TOKEN",
                event_time=rfc3339(time_ms),
                source="test",
                price=f"{trade.price:.8f}",
                amount=f"{trade.amount:.6f}",
                side="buy" if trade.side == "buy" else "sell",
                quote="USDT",
            ),
            time_ms,
        )
