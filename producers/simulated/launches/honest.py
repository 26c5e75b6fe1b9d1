"""Launches that deceive nobody, although each looks like a cheat in one respect."""

from __future__ import annotations

import math
from dataclasses import replace

from producers.simulated.launches.coin import Pool
from producers.simulated.launches.life import Birth, Life
from producers.simulated.launches.opening import (
    DEAD,
    VESTING,
    birth_of,
    money,
    provide,
    put_away,
    spare,
    team,
    usual_crowd,
)
from producers.simulated.scenarios.stage import MINUTE_MS, SECOND_MS, Stage
from producers.simulated.strength import Bounds, draw
from schemas.alerts import Pattern

_BOTS: Bounds = {"weak": (6, 10), "medium": (10, 20), "strong": (20, 45)}
_HELD: Bounds = {"weak": (0.5, 0.8), "medium": (0.32, 0.5), "strong": (0.2, 0.32)}
_LOCKED: Bounds = {"weak": (0.3, 0.45), "medium": (0.45, 0.6), "strong": (0.6, 0.8)}
#: A new coin is talked of, and whoever buys twice may have a hundredth of all tokens.
_NOISE: tuple[Pattern, ...] = (
    "sentiment_spike",
    "mention_burst",
    "sentiment_price_divergence",
    "whale_accumulation",
)


def locked_launch(stage: Stage, market: str) -> Life:
    """Shares are locked or burned at once; the maker pays helpers and sells a little later on."""
    chance = stage.chance
    birth, quote = _open(stage, market, chance.between(0.8, 1.0), chance.whole(60, 180))
    put_away(birth, chance.pick((0.9, 1.0)))
    for _ in range(chance.whole(0, 4)):
        at_ms = birth.opens_ms + chance.spread(5, 60) * MINUTE_MS
        birth.move_at(at_ms, birth.maker, chance.address(), chance.spread(0.001, 0.01))
    sells_ms = birth.opens_ms + chance.spread(10, 60) * MINUTE_MS
    birth.sell_at(sells_ms, birth.maker, chance.between(0.02, 0.1))
    return _finish(birth, stage, {"quote": quote})


def migrating_launch(stage: Stage, market: str) -> Life:
    """The project moves its pool to another exchange: it provides there first, then leaves."""
    chance = stage.chance
    share = chance.between(0.4, 0.6)
    birth, _ = _open(stage, market, share, chance.whole(60, 160), spared=False)
    moves_ms = birth.opens_ms + chance.between(20, 45) * MINUTE_MS
    left_ms = moves_ms + chance.spread(0.5, 10) * MINUTE_MS
    other = Pool(chance.address())
    coin, part = birth.coin, chance.between(0.85, 1.0)
    vault = chance.pick(VESTING)

    def provide_there(_: int) -> None:
        coin.create(other, birth.maker)
        pool = birth.pool
        size = chance.between(0.95, 1.2)
        tokens = min(pool.tokens * size, coin.held.get(birth.maker, 0.0))
        coin.add(other, birth.maker, tokens, pool.quote * size)

    def leave(_: int) -> None:
        coin.remove(birth.pool, birth.maker, part)
        birth.trades_in = other

    birth.move_at(birth.opens_ms + 3 * SECOND_MS, birth.maker, vault, 1.0)
    birth.move_at(moves_ms - 30 * SECOND_MS, vault, birth.maker, 1.0)
    birth.at(moves_ms, provide_there)
    birth.move_at(moves_ms + 15 * SECOND_MS, birth.maker, vault, 1.0)
    birth.at(left_ms, leave)
    birth.move_at(left_ms + 30 * SECOND_MS, birth.maker, chance.pick((DEAD, vault)), 1.0)
    return _finish(birth, stage, {"removed": part, "overlap_s": (left_ms - moves_ms) / SECOND_MS})


def contested_launch(stage: Stage, market: str) -> Life:
    """Bots of many owners are in the first blocks, for sums of their own; some flip at once."""
    chance = stage.chance
    birth, quote = _open(stage, market, chance.between(0.7, 1.0), chance.whole(80, 200))
    bots = round(draw(chance, stage.strength, _BOTS))
    deviation = chance.between(0.7, 1.1)
    typical = chance.spread(0.003, 0.012)
    for _ in range(bots):
        bot = chance.address()
        paid = typical * math.exp(chance.gauss(0.0, deviation)) * quote
        if chance.chance(0.3):
            paid = 10.0 ** math.floor(math.log10(paid)) * chance.pick((1.0, 2.0, 3.0, 5.0))
        at_ms = birth.trades_ms + chance.pick((0, 0, 3)) * SECOND_MS
        birth.buy_at(at_ms, bot, paid)
        flips_ms = at_ms + chance.spread(0.3, 40) * MINUTE_MS
        birth.sell_at(flips_ms, bot, chance.pick((0.5, 1.0, 1.0)))
    put_away(birth)
    numbers = {"bots": float(bots), "deviation": deviation}
    # The largest of them has as much as a whale.
    return _finish(birth, stage, numbers, (*_NOISE, "whale_dump"))


def patient_launch(stage: Stage, market: str) -> Life:
    """A fair launch of which people expect much: most hold, few sell within the first hours."""
    chance = stage.chance
    birth = birth_of(stage, market, chance.between(90, 130))
    quote = money(stage)
    birth.issue(chance.between(0.9, 1.0), quote)
    sells = draw(chance, stage.strength, _HELD)
    crowd = replace(usual_crowd(chance, chance.whole(100, 230)), sells=sells)
    crowd.come(birth, quote, birth.over_ms)
    put_away(birth)
    return _finish(birth, stage, {"sells": sells})


def provided_launch(stage: Stage, market: str) -> Life:
    """Small providers come and leave with all they have; the maker takes a little for expenses."""
    chance = stage.chance
    birth, _ = _open(stage, market, chance.between(0.6, 0.95), chance.whole(60, 180))
    providers = chance.whole(2, 6)
    span_ms = birth.over_ms - birth.opens_ms - 10 * MINUTE_MS
    provide(
        birth, providers, birth.opens_ms + 5 * MINUTE_MS, birth.opens_ms + span_ms // 2, span_ms
    )
    put_away(birth, chance.between(0.6, 0.95))
    taken = chance.between(0.02, 0.04) / 0.4
    if chance.chance(0.6):
        taken_ms = birth.opens_ms + chance.between(0.4, 0.9) * span_ms
        birth.remove_at(taken_ms, birth.maker, taken)
    # Who leaves sells what they had provided.
    also: tuple[Pattern, ...] = (*_NOISE, "whale_dump")
    return _finish(birth, stage, {"providers": float(providers)}, also)


def vested_launch(stage: Stage, market: str) -> Life:
    """Most tokens are the treasury's, in a vesting contract; a small part is the team's."""
    chance = stage.chance
    share = draw(chance, stage.strength, _LOCKED)
    birth = birth_of(stage, market, chance.between(70, 125))
    quote = money(stage)
    vault = chance.pick(VESTING)
    for number in range(chance.whole(1, 3)):
        later_ms = (30 + 3 * number) * SECOND_MS
        birth.move_at(stage.start_ms + later_ms, birth.maker, vault, share)
    team(birth, chance.between(0.005, 0.03), chance.whole(2, 8))
    birth.issue(1.0, quote)
    usual_crowd(chance, chance.whole(110, 220)).come(birth, quote, birth.over_ms)
    put_away(birth)
    return _finish(birth, stage, {"locked": share})


def listed_launch(stage: Stage, market: str) -> Life:
    """An exchange lists the coin on its first day: it holds a large part, for its customers."""
    chance, profile = stage.chance, stage.profile
    pool_share = chance.between(0.6, 0.75)
    birth, _ = _open(stage, market, pool_share, chance.whole(110, 220), spared=False)
    exchange = chance.pick(profile.exchanges)
    hot, share = exchange.hot[0], 0.98 - pool_share
    birth.move_at(birth.opens_ms - 20 * SECOND_MS, birth.maker, hot, share)
    customers = [chance.address() for _ in range(chance.whole(40, 90))]
    begin_ms = birth.opens_ms - 15 * SECOND_MS
    for number, customer in enumerate(customers):
        # The first withdrawals and deposits come at once, as always with a listing.
        at_ms = begin_ms + (number * 20 * SECOND_MS) * chance.random()
        part = share * chance.spread(0.0005, 0.006)
        birth.move_at(at_ms, hot, customer, part)
        if chance.chance(0.6):
            deposit = chance.pick(exchange.deposits)
            back_ms = at_ms + chance.spread(0.3, 8) * MINUTE_MS
            birth.move_at(back_ms, customer, deposit, part * 0.9)
            birth.move_at(back_ms + 30 * SECOND_MS, deposit, hot, 1.0)
    put_away(birth)
    # Whoever brings so much to an exchange could sell it.
    return _finish(birth, stage, {"listed": share}, (*_NOISE, "whale_dump"))


def _open(
    stage: Stage, market: str, pool_share: float, buyers: int, *, spared: bool = True
) -> tuple[Birth, float]:
    birth = birth_of(stage, market, stage.chance.between(50, 110))
    quote = money(stage)
    birth.issue(pool_share, quote)
    if spared:
        spare(birth, pool_share)
    usual_crowd(stage.chance, buyers).come(birth, quote, birth.over_ms)
    return birth, quote


def _finish(
    birth: Birth,
    stage: Stage,
    numbers: dict[str, float],
    also: tuple[Pattern, ...] = _NOISE,
) -> Life:
    birth.play()
    return birth.life(
        stage.truth(
            onset_ms=birth.opens_ms,
            ends_ms=birth.over_ms - 5 * MINUTE_MS,
            also=also,
            born_ms=stage.start_ms,
            numbers=numbers,
        )
    )
