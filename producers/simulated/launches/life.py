"""One new coin's life, played through at its birth: who does what when, on its chain."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from producers.simulated.batch import Batch
from producers.simulated.dice import Dice
from producers.simulated.launches.coin import Coin, Pool
from producers.simulated.plan import Mood, Path, Plan, Remark
from producers.simulated.profiles import Profile
from producers.simulated.scenarios.stage import MINUTE_MS, SECOND_MS, Stage
from producers.simulated.truth import Truth

#: What is done at a time; what it returns does not matter.
Act = Callable[[int], object]
#: Nobody trades in a pool that has less than this part of what it was given at first.
_DEAD = 0.05
#: Wallets of the bots and contracts that many buy through.
_ROUTERS = 3


@dataclass(frozen=True, slots=True)
class Life:
    """What a launch is made of: its truth and talk (``plan``), and all that its chain tells, by
    rising time. After ``over_ms`` nobody speaks of it any more."""

    profile: Profile
    plan: Plan
    record: Batch
    over_ms: int

    @property
    def truth(self) -> Truth:
        return self.plan.truth


@dataclass(slots=True)
class Birth:
    """Where a launch's scenario writes its life.

    ``maker`` issues the coin and opens the pool at ``opens_ms``; from ``trades_ms`` until
    ``over_ms`` people come and go. Acts are done in the order of their times.
    """

    stage: Stage
    market: str
    over_ms: int
    coin: Coin = field(init=False)
    pool: Pool = field(init=False)
    #: Where people trade; another after a migration.
    trades_in: Pool = field(init=False)
    opens_ms: int = field(init=False)
    trades_ms: int = field(init=False)
    remarks: list[Remark] = field(default_factory=list)
    #: Who has ever bought, in the order of first purchases.
    buyers: dict[str, None] = field(default_factory=dict)
    _acts: list[tuple[int, int, Act]] = field(default_factory=list)
    _count: int = 0
    _routers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance, profile = self.stage.chance, self.stage.profile
        tax = chance.between(0.01, 0.05) if chance.chance(0.25) else 0.0
        self.coin = Coin(self.market, profile, self.stage.opened_ms, tax)
        self.pool = self.trades_in = Pool(profile.pool)
        self.opens_ms = self.stage.start_ms + int(chance.spread(40, 400) * SECOND_MS)
        self.trades_ms = self.opens_ms + int(chance.pick((3, 3, 6, 30, 90)) * SECOND_MS)
        self._routers = [chance.address() for _ in range(_ROUTERS)]

    @property
    def chance(self) -> Dice:
        return self.stage.chance

    @property
    def maker(self) -> str:
        return self.stage.profile.creator

    def at(self, time_ms: float, act: Act) -> None:
        """Something is done at that time, in a transaction of its own."""
        self._count += 1
        heapq.heappush(self._acts, (int(time_ms), self._count, act))

    def move_at(self, time_ms: float, sender: str, receiver: str, share: float) -> None:
        """``share`` of all tokens changes hands, or what the sender has of them."""
        amount = share * self.stage.profile.supply

        def act(_: int) -> None:
            self.coin.move(sender, receiver, min(amount, self.coin.held.get(sender, 0.0)))

        self.at(time_ms, act)

    def buy_at(self, time_ms: float, buyer: str, quote: float) -> None:
        self.at(time_ms, lambda _: self.buy(buyer, quote))

    def sell_at(self, time_ms: float, seller: str, part: float) -> None:
        self.at(time_ms, lambda _: self.sell(seller, part))

    def move_shares_at(self, time_ms: float, sender: str, receiver: str, part: float = 1.0) -> None:
        """``part`` of the sender's shares of the pool change hands."""
        self.at(time_ms, lambda _: self.coin.move_shares(self.pool, sender, receiver, part))

    def remove_at(self, time_ms: float, provider: str, part: float) -> None:
        """``part`` of what a provider has in the pool is taken out."""
        self.at(time_ms, lambda _: self.coin.remove(self.pool, provider, part))

    def issue(self, pool_share: float, quote: float) -> None:
        """The coin is minted and its pool is opened with ``pool_share`` of all tokens."""
        coin, stage = self.coin, self.stage
        self.at(stage.start_ms + 6 * SECOND_MS, lambda _: coin.mint(self.maker))

        def open_pool(_: int) -> None:
            coin.create(self.pool, self.maker)
            coin.add(self.pool, self.maker, pool_share * stage.profile.supply, quote)

        self.at(self.opens_ms, open_pool)
        verified, listed = self.chance.chance(0.7), self.chance.chance(0.4)
        told_ms = self.opens_ms + int(self.chance.spread(60, 900) * SECOND_MS)
        self.at(told_ms, lambda _: coin.profile(verified, listed))

    def buy(self, buyer: str, quote: float) -> float:
        """A purchase now, through a router as often as not; 0 where nothing is to be had."""
        pool = self.trades_in
        if pool.quote < _DEAD * pool.fed:
            return 0.0
        through = self.chance.random()
        router = self.chance.pick(self._routers) if through < 0.2 else None
        self.buyers[buyer] = None
        return self.coin.buy(pool, buyer, quote, router)

    def sell(self, seller: str, part: float) -> float:
        """A sale now of ``part`` of what somebody has; the tokens sold."""
        pool, tokens = self.trades_in, self.coin.held.get(seller, 0.0) * part
        if pool.quote < _DEAD * pool.fed or tokens <= 1e-9 * self.stage.profile.supply:
            return 0.0
        self.coin.sell(pool, seller, tokens)
        return tokens

    def say(self, time_ms: float, mood: Mood, count: int, within_ms: float) -> None:
        """Posts beside the usual ones."""
        for _ in range(count):
            at_ms = int(time_ms + within_ms * self.chance.random() ** 1.5)
            if at_ms < self.over_ms:
                self.remarks.append(Remark(at_ms, mood, "usual"))

    def play(self) -> None:
        """Everything up to the end is done."""
        while self._acts and self._acts[0][0] < self.over_ms:
            at_ms, _, act = heapq.heappop(self._acts)
            self.coin.begin(at_ms)
            act(at_ms)

    def life(self, truth: Truth) -> Life:
        """The whole, with a talk that is loud at first and dies down."""
        chance = self.chance
        loud = chance.between(0.3, 1.4)
        plan = Plan(
            truth,
            busy_until_ms=self.over_ms,
            remarks=self.remarks,
            chatter=Path(
                [
                    (self.stage.start_ms, -1.0),
                    (self.opens_ms + 4 * MINUTE_MS, loud),
                    (self.over_ms, chance.between(-1.5, 0.0)),
                ]
            ),
        )
        return Life(self.stage.profile, plan, self.coin.record, self.over_ms)
