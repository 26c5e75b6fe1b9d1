"""A market of launches whose makers hold the shares: some drain the pool, some prepare it first, a
third of these hardly; and as many honest ones that look like them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from schemas.events import Event
from tests.contracts.launches import BLOCK_MS, MAKER, NOBODY, crowd
from tests.processors.detectors.rug_launches import DEAD, LOCK, START_MS, SharedCoin

_STRENGTHS = ("weak", "medium", "strong")
_UNKNOWN_LOCK = "0xnewlock"


class Life(NamedTuple):
    """A coin's life; ``drained_ms`` is when its pool was drained, if that had been prepared."""

    kind: str
    strength: str
    drained_ms: int | None
    events: list[Event]


class _Stage(NamedTuple):
    coin: SharedCoin
    dice: random.Random
    strength: str

    def between(self, weak: float, middle: float, more: float, most: float) -> float:
        """A size of its strength; weak ones lie between the first two."""
        bounds = {"weak": (weak, middle), "medium": (middle, more), "strong": (more, most)}
        return self.dice.uniform(*bounds[self.strength])

    def crowd(self, buyers: int, name: str = "0xbuyer") -> None:
        """So many strangers come and go."""
        crowd(
            self.coin,
            self.dice,
            buyers,
            self.dice.uniform(8_000, 60_000),
            sells=self.dice.uniform(0.15, 1.5),
            typical=self.dice.uniform(0.004, 0.01),
            name=name,
        )

    def sell(self, part_of_pool: float, slices: int = 3) -> None:
        """The maker sells that part of the tokens in the pool, in slices."""
        for _ in range(slices):
            tokens = min(self.coin.tokens * part_of_pool / slices, self.coin.held[MAKER] * 0.9)
            self.coin.sell(MAKER, tokens / self.coin.held[MAKER])
            self.coin.wait(self.dice.uniform(5_000, 120_000))

    def pull(self, who: str = MAKER) -> int:
        """Take everything, some blocks later."""
        self.coin.wait(BLOCK_MS * self.dice.randrange(2, 60))
        self.coin.drain(1.0, who)
        return self.coin.now_ms


def _sells_first(stage: _Stage) -> int:
    stage.sell(stage.between(0.04, 0.07, 0.12, 0.3))
    return stage.pull()


def _unlocks(stage: _Stage) -> int:
    coin, lock = stage.coin, stage.dice.choice((LOCK, _UNKNOWN_LOCK))
    locked = stage.between(0.5, 0.7, 0.9, 1.0)
    coin.pass_shares(locked, MAKER, lock)
    stage.crowd(20, "0xtrusting")
    who = stage.dice.choice((MAKER, "0xfresh")) if lock == LOCK else MAKER
    coin.pass_shares(locked, lock, who)
    return stage.pull(who)


def _moves_out(stage: _Stage) -> int:
    stage.coin.pass_shares(1.0, MAKER, "0xfresh")
    part = stage.between(0.04, 0.07, 0.12, 0.15) * 1e9
    if stage.dice.random() < 0.5:
        stage.coin.move(MAKER, "0xfriend", part)
    else:
        stage.sell(part / stage.coin.tokens)
    return stage.pull("0xfresh")


def _makes_more(stage: _Stage) -> int:
    stage.coin.move(NOBODY, "0xfriend", stage.between(0.05, 0.15, 0.5, 2.0) * 1e9)
    return stage.pull()


def _sudden(stage: _Stage) -> None:
    """Without any preparation: it is told, and cannot be warned of."""
    stage.pull()


def _locked(stage: _Stage) -> None:
    stage.coin.pass_shares(stage.dice.uniform(0.6, 1.0), MAKER, stage.dice.choice((LOCK, DEAD)))
    stage.sell(stage.dice.uniform(0.05, 0.3))


def _put_away(stage: _Stage) -> None:
    """Into a lock that is on no list."""
    stage.coin.pass_shares(1.0, MAKER, _UNKNOWN_LOCK)
    if stage.dice.random() < 0.5:
        stage.sell(stage.dice.uniform(0.005, 0.04))


def _pays(stage: _Stage) -> None:
    """A team and a listing are paid, one after the other."""
    for number in range(stage.dice.randrange(1, 4)):
        stage.coin.move(MAKER, f"0xpaid{number}", stage.dice.uniform(0.01, 0.05) * 1e9)
        stage.crowd(10, f"0xlater{number}:")


def _cashes_in(stage: _Stage) -> None:
    """Some tokens are sold and nothing else happens, as before many a drain."""
    stage.sell(stage.dice.uniform(0.01, 0.12))


def _spends(stage: _Stage) -> None:
    """Some of the pool is taken for work to be done, and a few tokens are sold."""
    stage.coin.drain(stage.dice.uniform(0.02, 0.2))
    stage.crowd(20, "0xlater")
    if stage.dice.random() < 0.3:
        stage.sell(stage.dice.uniform(0.005, 0.04))


def _provider_leaves(stage: _Stage) -> None:
    part = stage.dice.uniform(0.05, 0.4)
    stage.coin.feed(stage.coin.tokens * part, stage.coin.quote * part, "0xprovider")
    stage.crowd(10, "0xlater")
    stage.coin.drain(part / (1 + part), "0xprovider")


def _waits(stage: _Stage) -> None:
    stage.crowd(40, "0xlater")


_KINDS: tuple[Callable[[_Stage], int | None], ...] = (
    _sells_first,
    _unlocks,
    _moves_out,
    _makes_more,
    _sudden,
    _locked,
    _put_away,
    _pays,
    _cashes_in,
    _spends,
    _provider_leaves,
    _waits,
)


def rug_market(seed: int, each: int) -> Iterator[Life]:
    """So many coins of every kind."""
    for act in _KINDS:
        for number in range(each):
            dice = random.Random(f"{seed}:{act.__name__}:{number}")
            strength = _STRENGTHS[number % 3]
            coin = SharedCoin(f"{act.__name__}{number}", START_MS + dice.randrange(10**7))
            stage = _Stage(coin, dice, strength)
            coin.mint()
            coin.open_pool(dice.uniform(0.6, 0.9) * 1e9, dice.uniform(5.0, 50.0))
            coin.next_block()
            stage.crowd(dice.randrange(30, 80))
            drained_ms = act(stage)
            if drained_ms is None and act is not _sudden:
                stage.crowd(20, "0xlast")
            yield Life(act.__name__[1:], strength, drained_ms, coin.events)
