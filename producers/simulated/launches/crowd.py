"""Strangers who come to a new coin, buy for sums of their own, and sell sooner or later."""

from __future__ import annotations

import math
from dataclasses import dataclass

from producers.simulated.launches.life import Birth
from producers.simulated.scenarios.stage import MINUTE_MS, SECOND_MS

_HOUR_MS = 3_600_000
_ROUND = (1.0, 1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How a crowd is. Sums are lognormal around ``typical``, a part of the pool's first quote;
    two of five are round. ``sells`` is the chance of a sale in an hour; with ``trapped`` no sale
    succeeds, and most try none that is seen."""

    buyers: int
    typical: float
    deviation: float
    sells: float
    trapped: bool = False
    #: Part of the buyers who come in the first rush, and how long that is.
    rush: float = 0.4
    rush_ms: int = 12 * MINUTE_MS

    def come(self, birth: Birth, quote: float, end_ms: int) -> None:
        """Plan everybody's purchases from the opening on; sales follow from them."""
        chance = birth.chance
        begin = birth.trades_ms + SECOND_MS
        for _ in range(self.buyers):
            draw = chance.random()
            rushed = chance.chance(self.rush)
            at_ms = begin + (self.rush_ms if rushed else end_ms - begin) * draw
            self._plan(birth, at_ms, chance.address(), self.sum(birth, quote))

    def sum(self, birth: Birth, quote: float) -> float:
        """What one of them pays."""
        chance = birth.chance
        paid = quote * self.typical * math.exp(chance.gauss(0.0, self.deviation))
        if chance.chance(0.4):
            unit = 10.0 ** math.floor(math.log10(paid))
            paid = chance.pick(_ROUND) * unit
        return min(paid, 0.06 * quote)

    def _plan(self, birth: Birth, at_ms: float, buyer: str, paid: float) -> None:
        chance = birth.chance

        def purchase(now_ms: int) -> None:
            if not birth.buy(buyer, paid):
                return
            fate = chance.random()
            if fate < 0.05:
                # To another wallet of one's own.
                birth.move_at(now_ms + chance.waiting(10 * MINUTE_MS), buyer, chance.address(), 1.0)
            elif fate < 0.15:
                self._plan(birth, now_ms + chance.waiting(15 * MINUTE_MS), buyer, paid * 0.7)
            if not self.trapped:
                self._plan_sale(birth, now_ms, buyer)

        birth.at(at_ms, purchase)

    def _plan_sale(self, birth: Birth, now_ms: int, seller: str) -> None:
        chance = birth.chance

        def sale(at_ms: int) -> None:
            part = chance.pick((0.3, 0.5, 1.0, 1.0))
            if birth.sell(seller, part) and part < 1.0:
                self._plan_sale(birth, at_ms, seller)

        birth.at(now_ms + max(9 * SECOND_MS, chance.waiting(_HOUR_MS / self.sells)), sale)


def panic(birth: Birth, at_ms: int, part: float) -> None:
    """Holders run: that part of those who bought sells all within minutes."""
    chance = birth.chance

    def run(now_ms: int) -> None:
        for holder in birth.buyers:
            if chance.chance(part):
                later = now_ms + 6 * SECOND_MS + chance.waiting(60 * SECOND_MS)
                birth.sell_at(later, holder, 1.0)
        birth.say(now_ms + 20 * SECOND_MS, "furious", chance.whole(5, 25), 4 * MINUTE_MS)

    birth.at(at_ms, run)
