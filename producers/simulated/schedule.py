"""When what happens to which token: an endless, fair programme that depends on the seed alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from producers.simulated.dice import dice
from producers.simulated.plan import Plan
from producers.simulated.profiles import Profile
from producers.simulated.scenarios.catalogue import CHEATS, EARLIEST_MS, LOOK_ALIKES, Maker
from producers.simulated.scenarios.stage import MINUTE_MS, Stage
from producers.simulated.strength import STRENGTHS
from producers.simulated.truth import Strength

_HOUR_MS = 3_600_000
#: Between two scenarios of one token, so that the windows in which alerts count never overlap.
_REST_MS = 5 * MINUTE_MS
#: No scenario is longer; one that might not end before the market does is not begun.
_LONGEST_MS = 40 * MINUTE_MS


@dataclass(slots=True)
class _Seat:
    """One token's place in the programme: when it is free, when each kind was last there, how
    often each was."""

    profile: Profile
    free_ms: int
    last_ms: dict[Maker, int]
    turns: Counter[Maker]


class Schedule:
    """The programme. ``begin`` is called with adjoining slices of time.

    Look-alikes never lag behind cheats; each kind's strengths come in shuffled rounds of weak,
    medium and strong, so a third of each is weak.
    """

    def __init__(
        self,
        market: str,
        profiles: list[Profile],
        start_ms: int,
        end_ms: int | None,
        per_hour: float,
        warm_up_ms: int,
        cool_down_ms: int,
    ) -> None:
        self._market = f"{market}:{start_ms}"
        self._chance = dice(self._market, "schedule")
        self._start_ms = start_ms
        self._end_ms = end_ms
        self._mean_gap_ms = _HOUR_MS / per_hour if per_hour > 0 else None
        self._cool_down_ms = cool_down_ms
        self._next_ms = float(start_ms + warm_up_ms)
        self._seats = [_Seat(profile, start_ms, {}, Counter()) for profile in profiles]
        self._cheats = self._look_alikes = self._count = 0
        self._kinds: dict[bool, list[Maker]] = {True: [], False: []}
        self._strengths: dict[Maker, list[Strength]] = {}

    def begin(self, start_ms: int, end_ms: int) -> list[Plan]:
        """The plans of the scenarios that begin in ``[start_ms, end_ms)``."""
        plans: list[Plan] = []
        while self._mean_gap_ms is not None and self._next_ms < end_ms:
            plan = self._draw(max(start_ms, int(self._next_ms)))
            if plan is not None:
                plans.append(plan)
            self._next_ms += self._chance.waiting(self._mean_gap_ms)
        return plans

    def _draw(self, at_ms: int) -> Plan | None:
        """A scenario at that time, or none when no token is free for its kind."""
        if self._end_ms is not None and at_ms + _LONGEST_MS > self._end_ms:
            return None
        cheat = self._cheats < self._look_alikes and self._chance.chance(0.7)
        make = self._next_kind(cheat)
        free = [
            seat
            for seat in self._seats
            if seat.free_ms <= at_ms
            and at_ms - seat.last_ms.get(make, -self._cool_down_ms) >= self._cool_down_ms
        ]
        if not free or at_ms - self._start_ms < EARLIEST_MS.get(make, 0):
            self._kinds[cheat].insert(0, make)
            return None
        seat = self._chance.pick(free)
        self._count += 1
        scenario = f"{self._market}:{self._count}"
        plan = make(
            Stage(
                scenario,
                make.__name__,
                seat.profile,
                dice(scenario),
                at_ms,
                self._next_strength(make),
                seat.turns[make],
                self._start_ms,
            )
        )
        seat.last_ms[make] = at_ms
        seat.turns[make] += 1
        seat.free_ms = plan.busy_until_ms + _REST_MS
        if cheat:
            self._cheats += 1
        else:
            self._look_alikes += 1
        return plan

    def _next_kind(self, cheat: bool) -> Maker:
        if not self._kinds[cheat]:
            weights: Mapping[Maker, int] = CHEATS if cheat else LOOK_ALIKES
            self._kinds[cheat] = self._chance.mixed(
                [make for make, weight in weights.items() for _ in range(weight)]
            )
        return self._kinds[cheat].pop()

    def _next_strength(self, make: Maker) -> Strength:
        if not self._strengths.get(make):
            self._strengths[make] = self._chance.mixed(STRENGTHS)
        return self._strengths[make].pop()
