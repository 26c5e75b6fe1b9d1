"""A token's trades: an order flow with ups and downs of its own, and what a scenario adds to it."""

from __future__ import annotations

import math
from operator import itemgetter

from producers.simulated.batch import TICK_RANK, Batch
from producers.simulated.dice import dice
from producers.simulated.plan import Order, Plan
from producers.simulated.profiles import Profile
from producers.simulated.stamps import stamp
from schemas.events import Tick

_MINUTE_MS = 60_000
_at_ms = itemgetter(0)
#: Share of ordinary orders that meet several makers; in recorded trades of small coins about 5 %.
_MULTIPLE_FILLS = 0.05
#: Deviation of the logarithm of order sizes; recorded 1.7 to 2.0 (quartiles).
_SIZE_DEVIATION = 1.6
#: A price this far (in logarithms) from its first one is driven back, so none ends at zero.
_PRICE_BOUND = 3.5
#: How much of the distance to the first price is undone in a minute: half of it in two days.
_REVERSION = 0.00024


class Trading:
    """One token's price and trades. ``slice`` is called with adjoining slices of time."""

    def __init__(self, market: str, profile: Profile, start_ms: int) -> None:
        self._profile = profile
        self._dice = dice(market, start_ms, profile.token, "trading")
        self._shift = 0.0
        self._wildness = 0.0
        self._liveliness = 0.0
        self._next_maker_ms = start_ms
        # One number a trade; starts of markets lie further apart than their trades reach.
        self._trade_number = (start_ms // 1000) * 1_000_000
        scale = math.log10(profile.first_price)
        self._price_digits = max(2, 6 - math.floor(scale))
        self._amount_digits = max(0, 3 - math.floor(math.log10(profile.order_size) - scale))
        self._half_spread = self._dice.between(0.0003, 0.0012)

    def settle(self, shift: float) -> None:
        """A scenario is over and leaves the price shifted for good."""
        self._shift += shift

    def slice(
        self, start_ms: int, end_ms: int, market_return: float, plan: Plan | None, batch: Batch
    ) -> None:
        """Add the trades of ``[start_ms, end_ms)``; ``market_return`` is everybody's in it."""
        profile, chance = self._profile, self._dice
        minutes = (end_ms - start_ms) / _MINUTE_MS
        root = math.sqrt(minutes)
        self._wildness += -0.03 * minutes * self._wildness + 0.12 * root * chance.gauss(0.0, 1.0)
        self._liveliness += -0.06 * minutes * self._liveliness + 0.14 * root * chance.gauss(
            0.0, 1.0
        )
        orders = self._usual_orders(start_ms, end_ms, minutes, plan)
        if plan is not None:
            orders += plan.orders_before(end_ms)
        orders.sort(key=_at_ms)
        volatility = profile.volatility * math.exp(self._wildness - 0.12)
        drift = (
            profile.beta * market_return
            - _REVERSION * minutes * self._shift
            - (
                0.01 * (self._shift - math.copysign(_PRICE_BOUND, self._shift)) * minutes
                if abs(self._shift) > _PRICE_BOUND
                else 0.0
            )
        ) / (end_ms - start_ms)
        now_ms = start_ms
        for order in orders:
            elapsed = order.at_ms - now_ms
            if elapsed > 0:
                self._shift += drift * elapsed + volatility * math.sqrt(
                    elapsed / _MINUTE_MS
                ) * chance.gauss(0.0, 1.0)
                now_ms = order.at_ms
            self._fill(order, plan, batch)
        if end_ms > now_ms:
            rest = end_ms - now_ms
            self._shift += drift * rest + volatility * math.sqrt(rest / _MINUTE_MS) * chance.gauss(
                0.0, 1.0
            )

    def _usual_orders(
        self, start_ms: int, end_ms: int, minutes: float, plan: Plan | None
    ) -> list[Order]:
        profile, chance = self._profile, self._dice
        # Lively times are wild times too: volatility and activity cluster together.
        rate = (
            profile.trades
            * profile.rhythm(start_ms)
            * math.exp(self._liveliness + 0.3 * self._wildness - 0.1)
        )
        buy_share, halted = 0.5, False
        if plan is not None:
            extra = plan.trading.at(start_ms)
            rate *= math.exp(extra)
            halted = extra < -10
            if plan.truth.onset_ms <= start_ms < plan.truth.ends_ms:
                buy_share = plan.buy_share
        orders = []
        span = end_ms - start_ms
        for _ in range(chance.poisson(rate * minutes)):
            draw = chance.random()
            orders.append(
                Order(
                    start_ms + int(span * chance.random()),
                    "buy" if chance.random() < buy_share else "sell",
                    profile.order_size * chance.heavy(_SIZE_DEVIATION),
                    1 if draw > _MULTIPLE_FILLS else 2 + int(3 * draw / _MULTIPLE_FILLS),
                )
            )
        if profile.maker_every_ms is not None and not halted:
            self._maker_orders(end_ms, profile.maker_every_ms, orders)
        else:
            self._next_maker_ms = end_ms
        return orders

    def _maker_orders(self, end_ms: int, every_ms: int, orders: list[Order]) -> None:
        """The token's market-making bot: small, even, two-sided, like a clock with some jitter."""
        chance = self._dice
        while self._next_maker_ms < end_ms:
            orders.append(
                Order(
                    self._next_maker_ms,
                    "buy" if chance.random() < 0.5 else "sell",
                    self._profile.order_size * 0.2 * (0.9 + 0.2 * chance.random()),
                )
            )
            self._next_maker_ms += int(every_ms * (0.8 + 0.4 * chance.random()))

    def _fill(self, order: Order, plan: Plan | None, batch: Batch) -> None:
        profile, chance = self._profile, self._dice
        middle = profile.first_price * math.exp(
            self._shift + (plan.price.at(order.at_ms) if plan is not None else 0.0)
        )
        buying = order.side == "buy"
        step = self._half_spread * middle * (1.0 if buying else -1.0)
        buyer, seller = order.buyer, order.seller
        if profile.shows_wallets and buyer is None:
            taker = chance.pick(profile.wallets)
            buyer, seller = (taker, None) if buying else (None, taker)
        rest, time = order.size, stamp(order.at_ms)
        for left in range(order.fills, 0, -1):
            part = rest if left == 1 else rest * min(0.9, 2 * chance.random() / left)
            rest -= part
            price = middle + step * (1 + 0.3 * (order.fills - left) + 0.4 * chance.random())
            maker = chance.pick(profile.wallets) if profile.shows_wallets else None
            self._trade_number += 1
            number = str(self._trade_number)
            identity = f"{profile.venue}:{profile.contract}:{number}"
            batch.append(
                (
                    order.at_ms,
                    TICK_RANK,
                    identity,
                    Tick(
                        id=identity,
                        token=profile.token,
                        symbol=profile.symbol,
                        event_time=time,
                        source="simulated",
                        price=f"{price:.{self._price_digits}f}",
                        amount=f"{part / price:.{self._amount_digits}f}",
                        side=order.side,
                        venue=profile.venue,
                        quote=profile.quote,
                        trade_id=number,
                        buyer=buyer or maker,
                        seller=seller or maker,
                    ),
                )
            )
