"""How new coins begin: how large their pools are, how long they are spoken of, where shares go."""

from __future__ import annotations

from producers.simulated.dice import Dice
from producers.simulated.launches.crowd import Crowd
from producers.simulated.launches.life import Birth
from producers.simulated.scenarios.stage import MINUTE_MS, SECOND_MS, Stage

#: No life is longer, from its first post on.
LONGEST_MS = 140 * MINUTE_MS
#: Contracts that hold shares and tokens for a time, as block explorers name them.
SHARE_LOCKS = (
    "0x663a5c229c09b049e36dcc11a9b0d4a8eb9db214",
    "0xe2fe530c047f2d85298b07d9333c05737f1435fb",
    "0x71b5759d73262fbb223956913ecf4ecc51057641",
)
VESTING = (
    "0xdba68f07d1b7ca219f78ae8582c213d975c25caf",
    "0xe2fe530c047f2d85298b07d9333c05737f1435fb",
)
DEAD = "0x000000000000000000000000000000000000dead"
#: Pools' first money, in dollars.
_MONEY = (6_000.0, 150_000.0)
_DOLLARS = {"WETH": 1 / 2500, "USDT": 1.0}


def birth_of(stage: Stage, market: str, minutes: float) -> Birth:
    """A life that is over so many minutes after its first post."""
    return Birth(stage, market, stage.start_ms + int(minutes * MINUTE_MS))


def money(stage: Stage) -> float:
    """What a pool is first given, in its quote."""
    return _DOLLARS[stage.profile.quote] * stage.chance.spread(*_MONEY)


def usual_crowd(chance: Dice, buyers: int) -> Crowd:
    """People as they are with most new coins: half of them has sold within an hour or two."""
    return Crowd(
        buyers,
        typical=chance.spread(0.0005, 0.0016),
        deviation=chance.between(0.8, 1.2),
        sells=chance.spread(0.35, 1.4),
        rush=chance.between(0.2, 0.6),
        rush_ms=int(chance.spread(4, 25) * MINUTE_MS),
    )


def spare(birth: Birth, pool_share: float) -> None:
    """What is not for the pool is burned or vested before anybody can buy."""
    chance = birth.chance
    rest = 1.0 - pool_share - chance.between(0.0, 0.03)
    if rest > 0.0:
        where = chance.pick((DEAD, *VESTING))
        birth.move_at(birth.stage.start_ms + 30 * SECOND_MS, birth.maker, where, rest)


def put_away(birth: Birth, part: float = 1.0) -> None:
    """The maker's shares are burned or locked, minutes after the opening or hardly any."""
    chance = birth.chance
    where = chance.pick((DEAD, DEAD, *SHARE_LOCKS))
    locked_ms = birth.opens_ms + chance.spread(9, 600) * SECOND_MS
    birth.move_shares_at(locked_ms, birth.maker, where, part)


def team(birth: Birth, share: float, wallets: int) -> list[str]:
    """``share`` of all tokens goes to wallets of the team before the opening; these wallets."""
    chance = birth.chance
    addresses = [chance.address() for _ in range(wallets)]
    parts = [chance.between(0.5, 1.5) for _ in addresses]
    for number, (address, part) in enumerate(zip(addresses, parts, strict=True)):
        at_ms = birth.stage.start_ms + (12 + 3 * number % 21) * SECOND_MS
        birth.move_at(at_ms, birth.maker, address, share * part / sum(parts))
    return addresses


def provide(
    birth: Birth, count: int, begin_ms: float, end_ms: float, stay_ms: float, most: float = 0.12
) -> None:
    """Small providers come within that time and leave with everything after a while."""
    chance = birth.chance
    for _ in range(count):
        provider, part = chance.address(), chance.spread(0.01, most)
        at_ms = chance.between(begin_ms, end_ms)

        def come(_: int, provider: str = provider, part: float = part) -> None:
            # They buy their tokens before, in the same transaction.
            pool = birth.pool
            tokens = birth.coin.buy(pool, provider, pool.quote * part)
            if pool.total:
                birth.coin.add(pool, provider, tokens, pool.quote * tokens / pool.tokens)

        birth.at(at_ms, come)
        if chance.chance(0.7):
            leaves_ms = at_ms + stay_ms * chance.between(0.1, 0.6)
            birth.remove_at(leaves_ms, provider, 1.0)
            birth.sell_at(leaves_ms + chance.spread(6, 90) * SECOND_MS, provider, 1.0)
