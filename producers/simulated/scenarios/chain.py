"""Large movements on chain: a whale's dump and a pulled pool, and honest ones that look like it.

Shares of the supply; ordinary transfers stay below 0.05 % of it, so *weak* is 3 to 8 times that.
"""

from __future__ import annotations

import math

from producers.simulated.plan import Moods, Move, Path, Plan
from producers.simulated.scenarios.stage import (
    MINUTE_MS,
    SECOND_MS,
    Stage,
    orders_within,
    remarks_within,
)
from producers.simulated.strength import Bounds, draw

_SHARE: Bounds = {"weak": (0.0016, 0.004), "medium": (0.005, 0.012), "strong": (0.013, 0.04)}
_DROP: Bounds = {"weak": (0.02, 0.05), "medium": (0.05, 0.12), "strong": (0.12, 0.35)}
_SELLING: Bounds = {"weak": (4, 12), "medium": (12, 40), "strong": (40, 150)}
_PANIC: Moods = (("furious", 4.0), ("worried", 4.0), ("neutral", 2.0))
_MILD: Moods = (("glad", 4.0), ("neutral", 5.0), ("worried", 2.0))


def whale_dump(stage: Stage) -> Plan:
    """A top holder sends to an exchange or the pool, then sells into the book.

    Disguises: one or several parts, straight to the hot wallet, through a deposit address known
    or fresh, selling at once or minutes later.
    """
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + 2 * MINUTE_MS
    share = draw(chance, stage.strength, _SHARE)
    drop = draw(chance, stage.strength, _DROP)
    selling = draw(chance, stage.strength, _SELLING)
    able = [holder for holder in profile.holders if holder[1] * 0.95 > share]
    whale, balance = chance.pick(able[-8:] or profile.holders[:1])
    share = min(share, balance * 0.95)
    exchange = chance.pick(profile.exchanges)
    way = chance.pick(("pool", "hot", "deposit", "fresh"))
    target = {
        "pool": profile.pool,
        "hot": exchange.hot[0],
        "deposit": chance.pick(exchange.deposits),
        "fresh": chance.address(),
    }[way]
    parts = 1 if chance.chance(0.6) else chance.whole(2, 3)
    moves, at_ms = [], onset
    for _ in range(parts):
        moves.append(Move(at_ms, whale, target, share / parts))
        if way in ("deposit", "fresh"):
            moves.append(Move(at_ms + 9 * SECOND_MS, target, exchange.hot[0], share / parts))
        at_ms += int(chance.between(6, 40) * SECOND_MS)
    sells = at_ms + int(chance.spread(10, 150) * SECOND_MS)
    sold = sells + int(chance.between(2, 6) * MINUTE_MS)
    ends = sold + 2 * MINUTE_MS
    count = 8 + chance.poisson(min(60, 3 * selling))
    low = math.log1p(-drop)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="whale_dump",
            also=("dormant_wallet", "sentiment_spike", "mention_burst"),
            numbers={
                "supply_share": share,
                "balance_share": share / balance,
                "drop": drop,
                "volume_ratio": selling,
                "parts": float(parts),
                "delay_s": (sells - onset) / SECOND_MS,
            },
        ),
        busy_until_ms=ends + MINUTE_MS,
        orders=orders_within(
            chance,
            sells,
            sold,
            count,
            stage.usual_volume(sells) * selling * (sold - sells) / MINUTE_MS / 3,
            buy_share=0.1,
            several=0.4,
        ),
        remarks=remarks_within(
            chance,
            sells + MINUTE_MS,
            ends,
            chance.poisson(stage.usual_posts(sells) * chance.between(1, 6)),
            _PANIC,
            "usual",
        ),
        moves=moves,
        price=Path([(sells, 0.0), (sold, low), (ends, low * chance.between(0.6, 1.0))]),
        trading=Path([(sells, 0.0), (sold, 0.9), (ends, 0.2)]),
        buy_share=0.4,
    )


def rug_pull(stage: Stage) -> Plan:
    """The creator takes the pool's liquidity; the price collapses and trading stops.

    Later others open a new pool and a little trade returns.
    """
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + MINUTE_MS
    taken = {"weak": (0.5, 0.7), "medium": (0.7, 0.9), "strong": (0.9, 0.99)}[stage.strength]
    share_of_pool = chance.between(*taken)
    share = share_of_pool * chance.between(0.08, 0.25)
    fall = {"weak": (0.5, 0.7), "medium": (0.7, 0.9), "strong": (0.9, 0.97)}[stage.strength]
    drop = chance.between(*fall)
    fallen = onset + int(chance.spread(20, 120) * SECOND_MS)
    ends = fallen + 3 * MINUTE_MS
    silent_until = ends + int(chance.between(8, 15) * MINUTE_MS)
    low = math.log1p(-drop)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="rug_pull",
            also=(
                "whale_dump",
                "sentiment_spike",
                "sentiment_price_divergence",
                "mention_burst",
                "honeypot",
            ),
            numbers={"pool_share": share_of_pool, "supply_share": share, "drop": drop},
        ),
        busy_until_ms=silent_until + 10 * MINUTE_MS,
        orders=orders_within(
            chance,
            onset + 3 * SECOND_MS,
            fallen + MINUTE_MS,
            chance.whole(15, 60),
            stage.usual_volume(onset) * chance.spread(5, 50),
            buy_share=0.08,
            several=0.3,
        ),
        remarks=remarks_within(
            chance,
            onset + 30 * SECOND_MS,
            ends + 2 * MINUTE_MS,
            5 + chance.poisson(stage.usual_posts(onset) * chance.between(5, 25)),
            (("furious", 8.0), ("worried", 2.0)),
            "usual",
        ),
        moves=[
            Move(onset, profile.pool, profile.creator, share, withdrawn=share_of_pool),
            Move(onset + 30 * SECOND_MS, profile.creator, chance.address(), share * 0.98),
        ],
        price=Path([(onset, 0.0), (fallen, low), (silent_until, low)]),
        trading=Path(
            [
                (fallen + MINUTE_MS, 0.0),
                (fallen + MINUTE_MS + 1, -50.0),
                (silent_until, -50.0),
                (silent_until + 1, -1.5),
                (silent_until + 10 * MINUTE_MS, 0.0),
            ]
        ),
        buy_share=0.2,
    )


def treasury_transfer(stage: Stage) -> Plan:
    """The project moves a large part of the supply to a fresh vesting contract. Nothing is sold."""
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + 2 * MINUTE_MS
    share = draw(chance, stage.strength, {k: (a * 2, b * 2) for k, (a, b) in _SHARE.items()})
    parts, vault = chance.whole(1, 3), chance.address()
    ends = onset + 3 * MINUTE_MS
    announced = chance.chance(0.5)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            numbers={"supply_share": share, "parts": float(parts), "announced": float(announced)},
        ),
        busy_until_ms=ends + MINUTE_MS,
        moves=[
            Move(onset + part * 12 * SECOND_MS, profile.treasury, vault, share / parts)
            for part in range(parts)
        ],
        remarks=remarks_within(chance, onset, ends, chance.whole(1, 3), _MILD, "news")
        if announced
        else [],
    )
