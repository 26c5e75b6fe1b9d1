"""Addresses that get something and are then left alone for hours: what an awakening needs.

What they hold is mostly from before the market began; what they get is as large as ordinary
transfers become, so nobody takes notice. Which they are and when they get it is a pure function of
token and number, so a scenario knows whom it may wake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from producers.simulated.dice import dice
from producers.simulated.plan import Move
from producers.simulated.profiles import Profile

_MINUTE_MS = 60_000
#: Wallets that are filled together; a token wakes at most one an hour.
_EACH_TIME = 3
#: The first ones are filled within this time after the market's start ...
_FIRST_MS = 105 * _MINUTE_MS
#: ... and have all rested after this one, when the first may be woken.
_REST_MS = 95 * _MINUTE_MS
RESTED_MS = _FIRST_MS + _REST_MS


class Hoard(NamedTuple):
    """An address, the share of the supply that it gets, and when it does."""

    at_ms: int
    address: str
    share: float


def sleeper(profile: Profile, opened_ms: int, now_ms: int, turn: int) -> str:
    """The wallet to be woken now, as the token's ``turn``-th."""
    rounds = (now_ms - _REST_MS - opened_ms - _FIRST_MS) // _cycle_ms(profile)
    return _fill(profile, opened_ms, max(0, rounds), turn % _EACH_TIME).address


def staking(profile: Profile) -> str:
    """The contract that pays rewards to the token's stakers now and then."""
    return dice(profile.token, "staking").address()


def fillings(profile: Profile, opened_ms: int) -> Iterator[Move]:
    """How they are filled in a market that opens then: endless, by rising time."""
    chance = dice(profile.token, opened_ms, "hoards")
    at_ms = opened_ms + _FIRST_MS - 20 * _MINUTE_MS
    yield Move(at_ms, profile.treasury, staking(profile), chance.between(0.0001, 0.00025))
    number = 0
    while True:
        for hoard in sorted(_fill(profile, opened_ms, number, n) for n in range(_EACH_TIME)):
            givers = [exchange.hot[0] for exchange in profile.exchanges]
            giver = chance.pick([*givers, chance.pick(profile.holders)[0]])
            yield Move(hoard.at_ms, giver, hoard.address, hoard.share)
        number += 1


def _cycle_ms(profile: Profile) -> int:
    """How often a token's sleepers are filled: so some sleep longer than others."""
    return int(dice(profile.token, "sleep").between(120, 300) * _MINUTE_MS)


def _fill(profile: Profile, opened_ms: int, number: int, which: int) -> Hoard:
    chance = dice(profile.token, opened_ms, "sleeper", number, which)
    due_ms = opened_ms + _FIRST_MS + number * _cycle_ms(profile)
    at_ms = due_ms - int(chance.between(0, 19) * _MINUTE_MS)
    return Hoard(at_ms, chance.address(), chance.between(0.0001, 0.00025))
