"""Wallets that take tokens off the market or wake up, and honest movements that look like it.

Shares of the supply; ordinary transfers stay below 0.05 % of it, so *weak* is 3 to 8 times that,
and in slices none of it stands out by itself.
"""

from __future__ import annotations

from producers.simulated.dice import Dice
from producers.simulated.hoards import sleeper, staking
from producers.simulated.plan import Moods, Move, Path, Plan
from producers.simulated.scenarios.stage import (
    MINUTE_MS,
    SECOND_MS,
    Stage,
    orders_within,
    remarks_within,
    share_out,
)
from producers.simulated.strength import Bounds, draw

_TAKEN: Bounds = {"weak": (0.0016, 0.004), "medium": (0.005, 0.012), "strong": (0.013, 0.04)}
_PAID: Bounds = {"weak": (0.0002, 0.0005), "medium": (0.0005, 0.001), "strong": (0.001, 0.002)}
_MILD: Moods = (("glad", 4.0), ("neutral", 5.0), ("worried", 2.0))


def whale_accumulation(stage: Stage) -> Plan:
    """Somebody large buys and takes the tokens off the exchanges and the pool.

    Disguises: few or many parts, one wallet or up to three, known or fresh, from one exchange or
    from wherever there is something to buy. Nobody is deceived: it is worth knowing all the same.
    """
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + 2 * MINUTE_MS
    share = draw(chance, stage.strength, _TAKEN)
    count = 1 if chance.chance(0.55) else chance.whole(2, 3)
    wallets = [
        chance.pick(profile.holders)[0] if chance.chance(0.4) else chance.address()
        for _ in range(count)
    ]
    exchange = chance.pick(profile.exchanges)
    sources = [exchange.hot[0]]
    if chance.chance(0.5):
        sources += [each.hot[0] for each in profile.exchanges] + [profile.pool]
    parts = chance.whole(2 * count, 2 * count + 2)
    gap_ms = int(chance.spread(20, 120) * SECOND_MS)
    amounts = share_out(chance, share, parts, 0.4)
    moves = [
        Move(
            onset + int((part + 0.5 * chance.random()) * gap_ms),
            chance.pick(sources),
            wallets[part % count],
            amount,
        )
        for part, amount in enumerate(amounts)
    ]
    ends = onset + parts * gap_ms + MINUTE_MS
    intensity = chance.between(1, 4)
    minutes = (ends - stage.start_ms) / MINUTE_MS
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="whale_accumulation",
            honest=True,
            numbers={
                "supply_share": share,
                "parts": float(parts),
                "wallets": float(count),
                "volume_ratio": intensity,
            },
        ),
        busy_until_ms=ends + MINUTE_MS,
        orders=orders_within(
            chance,
            stage.start_ms,
            ends,
            chance.poisson(profile.trades * intensity * minutes / 3),
            stage.usual_volume(onset) * intensity * minutes / 3,
            buy_share=0.8,
        ),
        moves=moves,
        price=Path([(stage.start_ms, 0.0), (ends, chance.between(0.0, 0.03))]),
    )


def dormant_wallet(stage: Stage) -> Plan:
    """A large old wallet, last seen hours ago when it received something, moves what it holds.

    Disguises: a small test transfer first, dust received just before (so the wallet looks busy),
    one part or several, to an exchange, the pool, one fresh wallet or several.
    """
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + 2 * MINUTE_MS
    wallet = sleeper(profile, stage.opened_ms, onset, stage.turn)
    share = draw(chance, stage.strength, _TAKEN)
    exchange = chance.pick(profile.exchanges)
    way = chance.pick(("hot", "deposit", "pool", "fresh", "fresh", "spread"))
    targets = {
        "hot": [exchange.hot[0]],
        "deposit": [chance.pick(exchange.deposits)],
        "pool": [profile.pool],
        "fresh": [chance.address()],
        "spread": [chance.address() for _ in range(3)],
    }[way]
    parts = 3 if way == "spread" else 1 if chance.chance(0.5) else chance.whole(2, 4)
    moves = []
    if chance.chance(0.4):
        dust = share * chance.spread(1e-6, 1e-4)
        moves.append(Move(stage.start_ms + 20 * SECOND_MS, chance.address(), wallet, dust))
    at_ms = onset
    if chance.chance(0.5):
        moves.append(Move(at_ms, wallet, targets[0], share * chance.spread(1e-4, 1e-2)))
        at_ms += int(chance.spread(30, 240) * SECOND_MS)
    for part in range(parts):
        target = targets[part % len(targets)]
        moves.append(Move(at_ms, wallet, target, share / parts))
        if way == "deposit":
            moves.append(Move(at_ms + 9 * SECOND_MS, target, exchange.hot[0], share / parts))
        at_ms += int(chance.spread(10, 90) * SECOND_MS)
    ends = at_ms + 2 * MINUTE_MS
    deposited = way in ("hot", "deposit", "pool")
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="dormant_wallet",
            honest=True,
            also=("whale_dump",) if deposited else (),
            numbers={
                "supply_share": share,
                "parts": float(parts),
                "deposited": float(deposited),
            },
        ),
        busy_until_ms=ends + MINUTE_MS,
        moves=moves,
        remarks=remarks_within(chance, onset, ends, chance.whole(0, 3), _MILD, "usual"),
    )


def cold_reshuffle(stage: Stage) -> Plan:
    """An exchange fills a new cold wallet from its hot one: nobody has bought anything.

    In one part, or in several after a small amount was sent there and back to prove the keys.
    """
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + 2 * MINUTE_MS
    share = draw(chance, stage.strength, _TAKEN)
    hot, cold = chance.pick(profile.exchanges).hot[0], chance.address()
    parts = 1 if chance.chance(0.3) else chance.whole(2, 3)
    moves, at_ms = [], onset
    if parts > 1 or chance.chance(0.5):
        proof = share * chance.spread(1e-4, 1e-2)
        moves = [Move(at_ms, hot, cold, proof), Move(at_ms + 45 * SECOND_MS, cold, hot, proof / 2)]
        at_ms += int(chance.spread(80, 300) * SECOND_MS)
    for amount in share_out(chance, share, parts, 0.4):
        moves.append(Move(at_ms, hot, cold, amount))
        at_ms += int(chance.spread(10, 90) * SECOND_MS)
    ends = at_ms + MINUTE_MS
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            numbers={"supply_share": share, "parts": float(parts)},
        ),
        busy_until_ms=ends + MINUTE_MS,
        moves=moves,
    )


def staking_payouts(stage: Stage) -> Plan:
    """A staking contract that was idle for hours pays everybody at once, the largest most."""
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + 2 * MINUTE_MS
    share = draw(chance, stage.strength, _PAID)
    contract = staking(profile)
    stakers = _stakers(chance, [address for address, _ in profile.holders], profile.wallets)
    ends = onset + int(chance.between(2, 7) * MINUTE_MS)
    moves = [
        Move(onset + int((ends - onset) * chance.random()), contract, staker, amount)
        for staker, amount in zip(stakers, share_out(chance, share, len(stakers), 0.6), strict=True)
    ]
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            numbers={"supply_share": share, "stakers": float(len(stakers))},
        ),
        busy_until_ms=ends + MINUTE_MS,
        moves=moves,
    )


def _stakers(chance: Dice, holders: list[str], crowd: tuple[str, ...]) -> list[str]:
    return (
        chance.mixed(holders)[: chance.whole(4, 10)] + chance.mixed(crowd)[: chance.whole(10, 25)]
    )
