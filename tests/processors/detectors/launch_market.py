"""A market of launches: cheats of every size, a third of them weak, and as many honest coins that
look like them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from schemas.alerts import Pattern
from schemas.events import Event
from tests.contracts.launches import MAKER, Coin, bundle, crowd

START_MS = 1_700_000_004_000
LOCK = "0x71B5759d73262FBb223956913ecF4ecC51057641"
EXCHANGE = "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
_STRENGTHS = ("weak", "medium", "strong")


class Launched(NamedTuple):
    """A coin's life. ``pattern`` must be found, those of ``also`` may be, and no other."""

    kind: str
    strength: str
    pattern: Pattern | None
    also: tuple[Pattern, ...]
    events: list[Event]


class _Stage(NamedTuple):
    coin: Coin
    dice: random.Random
    strength: str

    def between(self, weak: float, middle: float, more: float, most: float) -> float:
        """A size of its strength; weak ones lie between the first two."""
        bounds = {"weak": (weak, middle), "medium": (middle, more), "strong": (more, most)}
        return self.dice.uniform(*bounds[self.strength])

    def crowd(
        self,
        buyers: int,
        name: str = "0xbuyer",
        sells: float | None = None,
        there: list[str] | None = None,
    ) -> None:
        dice = self.dice
        crowd(
            self.coin,
            dice,
            buyers,
            dice.uniform(8_000, 40_000),
            sells=dice.uniform(0.15, 2.0) if sells is None else sells,
            typical=dice.uniform(0.001, 0.004),
            deviation=dice.uniform(0.8, 1.2),
            name=name,
            there=there,
        )

    def open(self, kept: float = 0.0, wallets: int = 1) -> None:
        self.coin.mint()
        for number in range(wallets if kept else 0):
            self.coin.move(MAKER, f"0xteam{number}", kept * 1e9 / wallets)
        self.coin.open_pool((1 - kept) * 1e9, self.dice.uniform(5.0, 50.0))
        self.coin.next_block(self.dice.randrange(1, 4))


def _bundle(stage: _Stage) -> None:
    stage.open(stage.dice.uniform(0.0, 0.1))
    for number in range(stage.dice.randrange(0, 8)):
        quote = stage.coin.quote * 0.008 * stage.dice.lognormvariate(0.0, 1.0)
        stage.coin.buy(f"0xother{number}", quote)
    share = stage.between(0.12, 0.2, 0.35, 0.7)
    count, spread = stage.dice.randrange(6, 25), stage.dice.choice((0.0, 0.05, 0.2))
    if stage.dice.random() < 0.2:
        within = stage.coin.transaction()
        for number in range(count):
            quote = stage.coin.quote * share / (1 - share) / count
            quote *= stage.dice.lognormvariate(0.0, 0.6)
            stage.coin.buy(f"0xbundle{number}", quote, within)
    else:
        bundle(stage.coin, stage.dice, count, share, spread)
    stage.crowd(80)


def _honeypot(stage: _Stage) -> None:
    stage.open(stage.dice.uniform(0.0, 0.15))
    buyers = round(stage.between(80, 110, 160, 300))
    let_out = stage.dice.randrange(3)
    stage.crowd(buyers, sells=0.0)
    stage.coin.wait(stage.dice.uniform(1_200_000, 2_400_000))
    for number in range(let_out):
        stage.coin.sell(f"0xbuyer{number}")
    for _ in range(stage.dice.randrange(6)):
        if stage.coin.held.get("0xteam0", 0.0) > 0.0:
            stage.coin.sell("0xteam0", 0.1)
    stage.crowd(30, "0xlater", sells=0.0)


def _concentrated(stage: _Stage) -> None:
    stage.open(stage.between(0.3, 0.4, 0.55, 0.85), stage.dice.randrange(1, 10))
    stage.crowd(160)


def _rush(stage: _Stage) -> None:
    """A fair launch that many wait for."""
    stage.open(stage.dice.uniform(0.0, 0.05))
    for number in range(stage.dice.randrange(10, 40)):
        if stage.dice.random() < 0.1:
            stage.coin.next_block()
        quote = stage.coin.quote * 0.01 * stage.dice.lognormvariate(0.0, 1.0)
        if stage.dice.random() < 0.35:
            quote = stage.dice.choice((0.1, 0.2, 0.5))
        stage.coin.buy(f"0xrush{number}", quote)
    stage.crowd(150)


def _calm(stage: _Stage) -> None:
    """People who mostly hold."""
    stage.open(stage.dice.uniform(0.0, 0.1))
    stage.crowd(200, sells=stage.dice.uniform(0.06, 0.15))


def _vesting(stage: _Stage) -> None:
    """The team's part goes to a lock."""
    stage.coin.mint()
    stage.coin.move(MAKER, LOCK, stage.dice.uniform(0.2, 0.6) * 1e9)
    stage.coin.open_pool(stage.coin.held[MAKER], 20.0)
    stage.crowd(200)


def _listing(stage: _Stage) -> None:
    """An exchange, known or not, gets a part before trading begins, and its users come and go."""
    wallet = stage.dice.choice((EXCHANGE, "0xnewexchange"))
    stage.coin.mint()
    stage.coin.move(MAKER, wallet, stage.dice.uniform(0.15, 0.4) * 1e9)
    stage.coin.open_pool(stage.coin.held[MAKER], 20.0)
    there: list[str] = []
    sells = stage.dice.uniform(0.15, 2.0)
    for number in range(20):
        stage.crowd(10, f"0xbuyer{number}:", sells, there)
        stage.coin.move(wallet, f"0xuser{number}", 1e5 * math.exp(stage.dice.gauss(0.0, 1.0)))
        if stage.dice.random() < 0.6:
            buyer = there.pop()
            stage.coin.move(buyer, wallet, stage.coin.held[buyer])


def _airdrop(stage: _Stage) -> None:
    """Hundreds get the same amount before trading, and many of them sell."""
    stage.coin.mint()
    for number in range(300):
        stage.coin.move(MAKER, f"0xdrop{number}", 1e6)
    stage.coin.open_pool(stage.coin.held[MAKER], 20.0)
    for number in range(120):
        stage.coin.wait(15_000)
        stage.coin.sell(f"0xdrop{number}")
    stage.crowd(120)


_KINDS: tuple[tuple[Callable[[_Stage], None], Pattern | None, tuple[Pattern, ...]], ...] = (
    # Whoever bundles half of a pool holds most of what circulates.
    (_bundle, "sniper_bundle", ("holder_concentration",)),
    (_honeypot, "honeypot", ("holder_concentration",)),
    (_concentrated, "holder_concentration", ()),
    (_rush, None, ()),
    (_calm, None, ()),
    (_vesting, None, ()),
    (_listing, None, ()),
    (_airdrop, None, ()),
)


def launch_market(seed: int, each: int) -> Iterator[Launched]:
    """So many coins of every kind."""
    for act, pattern, also in _KINDS:
        for number in range(each):
            dice = random.Random(f"{seed}:{act.__name__}:{number}")
            strength = _STRENGTHS[number % 3]
            coin = Coin(f"{act.__name__}{number}", START_MS + dice.randrange(10**7))
            act(_Stage(coin, dice, strength))
            yield Launched(act.__name__[1:], strength, pattern, also, coin.events)
