"""When coins are launched: an endless, fair programme that depends on the seed alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from producers.simulated.batch import Batch
from producers.simulated.chatter import Chatter
from producers.simulated.dice import dice
from producers.simulated.launches.catalogue import CHEATS, LOOK_ALIKES, Launch
from producers.simulated.launches.life import Life
from producers.simulated.launches.opening import LONGEST_MS
from producers.simulated.moods import Writer
from producers.simulated.people import People
from producers.simulated.profiles import Exchange, make_newcomer
from producers.simulated.scenarios.stage import MINUTE_MS, Stage
from producers.simulated.strength import STRENGTHS
from producers.simulated.truth import Strength, Truth

_HOUR_MS = 3_600_000
#: The first one is launched so long after the market's start.
_FIRST_MS = 5 * MINUTE_MS


class Launches:
    """All coins that are launched in a market, each with a life of an hour or two.

    Nothing here touches the chance of the market's other tokens. Look-alikes never lag behind
    cheats; each kind's strengths come in shuffled rounds. ``begin`` and ``slice`` are called with
    adjoining slices of time; what is kept is the lives that are on.
    """

    def __init__(
        self,
        market: str,
        start_ms: int,
        end_ms: int | None,
        per_hour: float,
        exchanges: tuple[Exchange, ...],
        people: People,
        writer: Writer,
    ) -> None:
        self._market = market
        self._start_ms = start_ms
        self._end_ms = end_ms
        self._mean_gap_ms = _HOUR_MS / per_hour if per_hour > 0 else None
        self._exchanges = exchanges
        self._people = people
        self._writer = writer
        self._chance = dice(market, start_ms, "launches")
        self._next_ms = float(start_ms + _FIRST_MS)
        self._count = self._cheats = 0
        self._kinds: dict[bool, list[Launch]] = {True: [], False: []}
        self._strengths: dict[Launch, list[Strength]] = {}
        self._lives: list[_Going] = []

    def begin(self, start_ms: int, end_ms: int) -> list[Truth]:
        """What becomes of the coins that are launched in ``[start_ms, end_ms)``."""
        truths: list[Truth] = []
        while self._mean_gap_ms is not None and self._next_ms < end_ms:
            if self._end_ms is None or start_ms + LONGEST_MS <= self._end_ms:
                life = self._draw(start_ms)
                truths.append(life.truth)
                chatter = Chatter(self._market, life.profile, start_ms, self._people, self._writer)
                self._lives.append(_Going(life, chatter))
            self._next_ms += self._mean_gap_ms * self._chance.between(0.4, 1.6)
        return truths

    def slice(self, start_ms: int, end_ms: int, batch: Batch) -> None:
        """Add what happens to all of them in ``[start_ms, end_ms)``."""
        for going in self._lives:
            going.slice(start_ms, end_ms, batch)
        self._lives = [going for going in self._lives if going.life.over_ms > end_ms]

    def _draw(self, at_ms: int) -> Life:
        # One honest launch, one cheat, and now and then another honest one.
        cheat = self._cheats * 2 < self._count and self._chance.chance(0.95)
        launch = self._next_kind(cheat)
        number = self._count
        self._count += 1
        self._cheats += cheat
        scenario = f"{self._market}:{self._start_ms}:launch:{number}"
        stage = Stage(
            scenario,
            launch.__name__,
            make_newcomer(self._market, self._start_ms, number, self._exchanges),
            dice(scenario),
            at_ms,
            self._next_strength(launch),
            0,
            self._start_ms,
        )
        return launch(stage, self._market)

    def _next_kind(self, cheat: bool) -> Launch:
        if not self._kinds[cheat]:
            weights: Mapping[Launch, int] = CHEATS if cheat else LOOK_ALIKES
            self._kinds[cheat] = self._chance.mixed(
                [launch for launch, weight in weights.items() for _ in range(weight)]
            )
        return self._kinds[cheat].pop()

    def _next_strength(self, launch: Launch) -> Strength:
        if not self._strengths.get(launch):
            self._strengths[launch] = self._chance.mixed(STRENGTHS)
        return self._strengths[launch].pop()


class _Going:
    """A life that is on: what is left of its record, and its talk."""

    __slots__ = ("_chatter", "_record", "life")

    def __init__(self, life: Life, chatter: Chatter) -> None:
        self.life = life
        self._record = deque(life.record)
        self._chatter = chatter

    def slice(self, start_ms: int, end_ms: int, batch: Batch) -> None:
        record = self._record
        while record and record[0][0] < end_ms:
            batch.append(record.popleft())
        self._chatter.slice(start_ms, end_ms, self.life.plan, batch)
