"""The simulated market: a seeded, endless, pure source of events in event-time order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from producers.simulated.batch import Batch
from producers.simulated.chain import Chain
from producers.simulated.chatter import Chatter
from producers.simulated.dice import dice, digest
from producers.simulated.launches.programme import Launches
from producers.simulated.moods import Writer
from producers.simulated.people import People
from producers.simulated.plan import Plan
from producers.simulated.profiles import Profile, make_profiles
from producers.simulated.schedule import Schedule
from producers.simulated.trading import Trading
from producers.simulated.truth import Truth
from schemas.events import Event

_SLICE_MS = 30_000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
#: Deviation of the whole market's log return in a minute, in calm times.
_MARKET_VOLATILITY = 0.0007
#: New coins launched for each scenario that the market's tokens are tried to be given.
_LAUNCHES = 0.25


class SimulatedMarket:
    """Meme coins with people who trade, post, send and cheat; a pure function of its arguments.

    Beside ``tokens`` that are there all the time, new coins are launched on a chain and abandoned.

    Weakness: nobody here reacts to anybody; feelings, trades and transfers meet only in scenarios
    and in a common market return.

    Args:
        seed: names the market; other seeds, other tokens and events.
        tokens: how many there are, 1 to 1000.
        start_ms: event time of the first slice.
        end_ms: no event has this time or a later one; None goes on for ever.
        scenarios_per_hour: cheats and look-alikes of the whole market that are tried to be placed;
            a token that is busy or had the same kind within ``cool_down_ms`` is passed over.
            None is 3 for each token, the lively market of the demonstration. For every four of
            them one new coin is launched.
        warm_up_ms: no scenario begins in it, so that detectors learn what is usual.
        on_truth: called with each scenario's record, before the first event of the scenario.
    """

    def __init__(
        self,
        seed: int,
        tokens: int = 24,
        *,
        start_ms: int,
        end_ms: int | None = None,
        scenarios_per_hour: float | None = None,
        warm_up_ms: int = 2 * _HOUR_MS,
        cool_down_ms: int = _HOUR_MS,
        on_truth: Callable[[Truth], None] | None = None,
    ) -> None:
        per_hour = 3.0 * tokens if scenarios_per_hour is None else scenarios_per_hour
        self._shape = (seed, tokens, per_hour, warm_up_ms, cool_down_ms)
        self.name = digest("memewatch market", *self._shape, size=8).hex()
        self._start_ms = start_ms
        self._end_ms = end_ms
        self._on_truth = on_truth
        self.profiles: list[Profile] = make_profiles(self.name, tokens)

    def events(self) -> Iterator[Event]:
        """All events in the order (event time, topic, id), made while they are asked for.

        Each call begins anew; the n-th event is always the same, so a count is a cursor.
        """
        for batch in self.batches():
            for _, _, _, event in batch:
                yield event

    def batches(self) -> Iterator[Batch]:
        """The same events in ordered slices of half a minute, with their times in milliseconds."""
        _, _, per_hour, warm_up_ms, cool_down_ms = self._shape
        schedule = Schedule(
            self.name,
            self.profiles,
            self._start_ms,
            self._end_ms,
            per_hour,
            warm_up_ms,
            cool_down_ms,
        )
        people = People(self.name, self._start_ms)
        writer = Writer([profile.symbol for profile in self.profiles])
        tokens = {
            profile.token: _Token(
                Trading(self.name, profile, self._start_ms),
                Chatter(self.name, profile, self._start_ms, people, writer),
                Chain(self.name, profile, self._start_ms),
            )
            for profile in self.profiles
        }
        launches = Launches(
            self.name,
            self._start_ms,
            self._end_ms,
            per_hour * _LAUNCHES,
            self.profiles[0].exchanges,
            people,
            writer,
        )
        chance = dice(self.name, self._start_ms, "market")
        nervousness = 0.0
        start_ms = self._start_ms
        while self._end_ms is None or start_ms < self._end_ms:
            end_ms = start_ms + _SLICE_MS
            for plan in schedule.begin(start_ms, end_ms):
                tokens[plan.truth.token].begin(plan)
                if self._on_truth is not None:
                    self._on_truth(plan.truth)
            for truth in launches.begin(start_ms, end_ms):
                if self._on_truth is not None:
                    self._on_truth(truth)
            # The whole market moves together, and restless times cluster.
            nervousness = 0.985 * nervousness + 0.12 * chance.gauss(0.0, 1.0)
            scale = _MARKET_VOLATILITY * (_SLICE_MS / _MINUTE_MS) ** 0.5
            market_return = scale * math.exp(nervousness) * chance.gauss(0.0, 1.0)
            batch: Batch = []
            for token in tokens.values():
                token.slice(start_ms, end_ms, market_return, batch)
            launches.slice(start_ms, end_ms, batch)
            if self._end_ms is not None and end_ms > self._end_ms:
                batch = [item for item in batch if item[0] < self._end_ms]
            batch.sort()
            yield batch
            start_ms = end_ms


@dataclass(slots=True)
class _Token:
    """One token's trades, posts and transfers, and the scenario that is on."""

    trading: Trading
    chatter: Chatter
    chain: Chain
    plan: Plan | None = None

    def begin(self, plan: Plan) -> None:
        self.plan = plan

    def slice(self, start_ms: int, end_ms: int, market_return: float, batch: Batch) -> None:
        plan = self.plan
        if plan is not None and start_ms >= plan.busy_until_ms:
            self.trading.settle(plan.price.last())
            self.plan = plan = None
        self.trading.slice(start_ms, end_ms, market_return, plan, batch)
        self.chatter.slice(start_ms, end_ms, plan, batch)
        self.chain.slice(start_ms, end_ms, plan, batch)
