"""A market run once for many tests, with its events sorted by token and kind."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from statistics import median
from typing import TypeVar

from producers.simulated import SimulatedMarket
from producers.simulated.truth import Truth
from schemas.codec import event_time_ms
from schemas.events import Event, Liquidity, Post, Tick, Transfer

START_MS = 1_735_700_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
HOURS = 14
TOKENS = 16

E = TypeVar("E", bound=Event)
Timed = list[tuple[int, E]]


class Recording:
    """Everything of one market; ``market`` has run."""

    def __init__(self, seed: int, scenarios_per_hour: float) -> None:
        self.truths: list[Truth] = []
        self.market = SimulatedMarket(
            seed,
            TOKENS,
            start_ms=START_MS,
            end_ms=START_MS + HOURS * HOUR_MS,
            scenarios_per_hour=scenarios_per_hour,
            on_truth=self.truths.append,
        )
        self.events = list(self.market.events())
        self.ticks: dict[str, Timed[Tick]] = defaultdict(list)
        self.posts: dict[str, Timed[Post]] = defaultdict(list)
        self.transfers: dict[str, Timed[Transfer]] = defaultdict(list)
        self.liquidity: dict[str, Timed[Liquidity]] = defaultdict(list)
        for event in self.events:
            timed = event_time_ms(event)
            if isinstance(event, Tick):
                self.ticks[event.token].append((timed, event))
            elif isinstance(event, Post):
                self.posts[event.token].append((timed, event))
            elif isinstance(event, Transfer):
                self.transfers[event.token].append((timed, event))
            elif isinstance(event, Liquidity):
                self.liquidity[event.token].append((timed, event))

    def of(self, kind: str) -> list[Truth]:
        return [truth for truth in self.truths if truth.kind == kind]

    def price(self, token: str, start_ms: int, end_ms: int) -> float:
        """The median price of the trades in ``[start_ms, end_ms)``."""
        return median(float(tick.price) for tick in within(self.ticks[token], start_ms, end_ms))


def within(timed: Sequence[tuple[int, E]], start_ms: int, end_ms: int) -> list[E]:
    """The events in ``[start_ms, end_ms)``."""

    def place(time_ms: int) -> int:
        return bisect_left(timed, time_ms, key=lambda item: item[0])

    return [event for _, event in timed[place(start_ms) : place(end_ms)]]


@lru_cache(maxsize=1)
def recording() -> Recording:
    """Quiet enough that most scenarios find an undisturbed hour before them."""
    return Recording(seed=11, scenarios_per_hour=12.0)
