"""Launches that deceive: a pool that is drained, a bundle of snipers, a trap, hoarded tokens.

*Weak* ones are what recorded cases reach at the lower end: half of a pool or less, a bundle of a
ninth of it, a trap with some dozens in it, hoards beside which a fifth circulates.
"""

from __future__ import annotations

import math
from dataclasses import replace

from producers.simulated.launches.crowd import panic
from producers.simulated.launches.life import Birth, Life
from producers.simulated.launches.opening import (
    SHARE_LOCKS,
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

_TAKEN: Bounds = {"weak": (0.28, 0.5), "medium": (0.5, 0.9), "strong": (0.9, 1.0)}
_BUNDLED: Bounds = {"weak": (0.11, 0.16), "medium": (0.16, 0.3), "strong": (0.3, 0.55)}
_TRAPPED: Bounds = {"weak": (90, 120), "medium": (120, 180), "strong": (180, 280)}
_HOARDED: Bounds = {"weak": (0.34, 0.48), "medium": (0.48, 0.68), "strong": (0.68, 0.9)}
#: What may well be said of a new coin that goes through all this: it is talked of and traded.
_NOISE: tuple[Pattern, ...] = (
    "sentiment_spike",
    "mention_burst",
    "sentiment_price_divergence",
    "whale_dump",
    "whale_accumulation",
    "pump_and_dump",
)


def drained_launch(stage: Stage, market: str) -> Life:
    """Makers take the pool's money out once people have brought some.

    Disguises: all at once or in up to eight slices, a part or all of it, by the maker or by a
    wallet that got the shares before; with or without preparations (shares that come out of a lock,
    tokens that the maker sells first), small providers beside.
    """
    chance = stage.chance
    taken = draw(chance, stage.strength, _TAKEN)
    birth = birth_of(stage, market, chance.between(50, 115))
    quote = money(stage)
    birth.issue(chance.between(0.5, 1.0), quote)
    usual_crowd(chance, chance.whole(60, 180)).come(birth, quote, birth.over_ms)
    pulls_ms = birth.over_ms - int(chance.between(15, 24) * MINUTE_MS)
    if chance.chance(0.4):
        stay_ms = birth.over_ms - birth.opens_ms
        provide(birth, chance.whole(1, 3), birth.opens_ms + MINUTE_MS, pulls_ms, stay_ms, 0.05)
    unlocks, sells_first = chance.chance(0.3), chance.chance(0.4)
    if unlocks:
        lock, part = chance.pick(SHARE_LOCKS), chance.between(0.6, 1.0)
        birth.move_shares_at(birth.opens_ms + 30 * SECOND_MS, birth.maker, lock, part)
        free_ms = pulls_ms - int(chance.spread(1, 15) * MINUTE_MS)
        birth.move_shares_at(free_ms, lock, birth.maker)
    if sells_first:
        for _ in range(chance.whole(1, 3)):
            at_ms = pulls_ms - chance.spread(1, 20) * MINUTE_MS
            birth.sell_at(at_ms, birth.maker, chance.between(0.1, 0.6))
    puller = birth.maker
    if chance.chance(0.4):
        puller = chance.address()
        handed_ms = pulls_ms - int(chance.spread(0.3, 0.9) * MINUTE_MS)
        birth.move_shares_at(handed_ms, birth.maker, puller)
    slices = 1 if chance.chance(0.6) else chance.whole(2, 8)
    last_ms = _pull(birth, puller, taken, slices, pulls_ms)
    panic(birth, last_ms, chance.between(0.3, 0.8))
    birth.play()
    return birth.life(
        stage.truth(
            onset_ms=pulls_ms,
            ends_ms=birth.over_ms - 5 * MINUTE_MS,
            pattern="rug_pull",
            also=(*_NOISE, "holder_concentration"),
            born_ms=stage.start_ms,
            numbers={
                "pool_share": taken,
                "slices": float(slices),
                "handed_on": float(puller != birth.maker),
                "unlocked": float(unlocks),
                "sold_first": float(sells_first),
            },
        )
    )


def _pull(birth: Birth, puller: str, taken: float, slices: int, pulls_ms: int) -> int:
    """Take that part of all shares out, in slices of that many at most; when the last one goes."""
    gap_ms = 0.0 if slices == 1 else birth.chance.spread(0.1, 1.5) * MINUTE_MS
    left = [slices]

    def take(_: int) -> None:
        pool = birth.pool
        # The same part of what there was at first, each time.
        of_own = taken / slices / (1.0 - taken * (1.0 - left[0] / slices))
        left[0] -= 1
        held = pool.shares.get(puller, 0.0)
        if held > 0.0:
            birth.coin.remove(pool, puller, min(1.0, of_own * pool.total / held))

    for number in range(slices):
        birth.at(pulls_ms + number * gap_ms, take)
    return pulls_ms + int((slices - 1) * gap_ms)


def bundled_launch(stage: Stage, market: str) -> Life:
    """One party buys with many fresh addresses in the first blocks, then sells on the crowd.

    Disguises: one transaction or many, one block or two, sums that differ a little, independent
    bots beside, tokens handed to one wallet or sold each by itself, early, late or never.
    """
    chance = stage.chance
    share = draw(chance, stage.strength, _BUNDLED)
    birth = birth_of(stage, market, chance.between(45, 100))
    quote = money(stage)
    pool_share = chance.between(0.6, 1.0)
    birth.issue(pool_share, quote)
    spare(birth, pool_share)
    count = chance.whole(6, 18)
    spread = chance.between(0.0, 0.15)
    together = chance.chance(0.25)
    # So much of the pool costs this, by its curve; each address pays its part.
    whole = quote * share / (1 - share)
    addresses = [chance.address() for _ in range(count)]
    paid = [whole / count * math.exp(chance.between(-spread, spread)) for _ in addresses]
    opens_ms = birth.trades_ms

    def at_once(_: int) -> None:
        for address, sum_paid in zip(addresses, paid, strict=True):
            birth.buyers[address] = None
            birth.coin.buy(birth.pool, address, sum_paid)

    if together:
        birth.at(opens_ms, at_once)
    else:
        second = chance.chance(0.5)
        for number, (address, sum_paid) in enumerate(zip(addresses, paid, strict=True)):
            later = 3 * SECOND_MS if second and number >= count // 2 else 0
            birth.buy_at(opens_ms + later, address, sum_paid)
    crowd = usual_crowd(chance, chance.whole(50, 150))
    for _ in range(chance.whole(0, 4)):
        bot_ms = opens_ms + chance.pick((0, 3)) * SECOND_MS
        birth.buy_at(bot_ms, chance.address(), crowd.sum(birth, quote))
    crowd.come(birth, quote, birth.over_ms)
    put_away(birth)
    sells_ms = opens_ms + chance.spread(3, 60) * MINUTE_MS
    if chance.chance(0.75):
        for address in addresses:
            at_ms = sells_ms + chance.waiting(4 * MINUTE_MS)
            birth.sell_at(at_ms, address, 1.0)
    birth.play()
    return birth.life(
        stage.truth(
            onset_ms=opens_ms,
            ends_ms=birth.over_ms - 5 * MINUTE_MS,
            pattern="sniper_bundle",
            also=(*_NOISE, "holder_concentration"),
            born_ms=stage.start_ms,
            numbers={
                "pool_share": share,
                "addresses": float(count),
                "spread": spread,
                "one_transaction": float(together),
            },
        )
    )


def trapped_launch(stage: Stage, market: str) -> Life:
    """A coin that can be bought and not sold, but by its makers.

    Disguises: sales that are open for the first minutes, friends who sell to show that one can, one
    or two bots that may, a pool that is drained in the end.
    """
    chance = stage.chance
    buyers = round(draw(chance, stage.strength, _TRAPPED))
    birth = birth_of(stage, market, chance.between(95, 135))
    quote = money(stage)
    friends = team(birth, chance.between(0.01, 0.05), chance.whole(2, 6))
    pool_share = chance.between(0.5, 0.95)
    birth.issue(pool_share, quote)
    spare(birth, pool_share + 0.05)
    crowd = usual_crowd(chance, buyers)
    replace(crowd, trapped=True).come(birth, quote, birth.over_ms - 5 * MINUTE_MS)
    for friend in friends:
        if chance.chance(0.6):
            at_ms = birth.opens_ms + chance.spread(2, 60) * MINUTE_MS
            birth.sell_at(at_ms, friend, chance.between(0.05, 0.3))
    allowed = chance.whole(0, 2) if buyers > 150 else int(chance.chance(0.2))
    for _ in range(allowed):
        bot, paid = chance.address(), crowd.sum(birth, quote)
        at_ms = birth.opens_ms + chance.spread(1, 40) * MINUTE_MS
        birth.buy_at(at_ms, bot, paid)
        birth.sell_at(at_ms + 3 * MINUTE_MS, bot, 1.0)
    if chance.chance(0.5):
        put_away(birth)
    else:
        birth.remove_at(birth.over_ms - 4 * MINUTE_MS, birth.maker, 1.0)
    birth.play()
    return birth.life(
        stage.truth(
            onset_ms=birth.opens_ms,
            ends_ms=birth.over_ms - 5 * MINUTE_MS,
            pattern="honeypot",
            also=(*_NOISE, "rug_pull", "dormant_wallet"),
            born_ms=stage.start_ms,
            numbers={"buyers": float(buyers), "allowed": float(allowed)},
        )
    )


def hoarded_launch(stage: Stage, market: str) -> Life:
    """Makers keep most of what circulates in a few wallets while others come to buy.

    Disguises: with the maker or with up to ten friends, before the opening or gathered during the
    rush, sold later in parts or never.
    """
    chance = stage.chance
    kept = draw(chance, stage.strength, _HOARDED)
    birth = birth_of(stage, market, chance.between(70, 125))
    quote = money(stage)
    wallets = chance.whole(0, 10)
    handed = kept * chance.between(0.6, 0.95)
    friends = team(birth, handed, wallets) if wallets else [birth.maker]
    birth.issue(1.0 - kept, quote)
    usual_crowd(chance, chance.whole(110, 220)).come(birth, quote, birth.over_ms)
    put_away(birth)
    if chance.chance(0.5):
        at_ms = birth.over_ms - chance.between(8, 25) * MINUTE_MS
        for friend in friends:
            at_ms += chance.waiting(40 * SECOND_MS)
            birth.sell_at(at_ms, friend, chance.between(0.1, 0.5))
    birth.play()
    return birth.life(
        stage.truth(
            onset_ms=birth.opens_ms,
            ends_ms=birth.over_ms - 5 * MINUTE_MS,
            pattern="holder_concentration",
            also=(*_NOISE, "dormant_wallet"),
            born_ms=stage.start_ms,
            numbers={"kept": kept, "wallets": float(max(1, wallets))},
        )
    )
