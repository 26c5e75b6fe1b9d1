"""What a scenario is given, and the helpers that many share."""

from __future__ import annotations

from dataclasses import dataclass

from producers.simulated.dice import Dice
from producers.simulated.plan import Crowd, Mood, Moods, Order, Remark, Side
from producers.simulated.profiles import Profile
from producers.simulated.truth import Strength, Truth
from schemas.alerts import Pattern

SECOND_MS = 1_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Stage:
    """One scenario's place: its token, its own stream of chance, its start and its strength.

    ``turn`` counts the scenarios of this kind that the token has had before, ``opened_ms`` is the
    market's own start.
    """

    scenario: str
    kind: str
    profile: Profile
    chance: Dice
    start_ms: int
    strength: Strength
    turn: int
    opened_ms: int

    def truth(
        self,
        *,
        onset_ms: int,
        ends_ms: int,
        numbers: dict[str, float],
        pattern: Pattern | None = None,
        further: tuple[Pattern, ...] = (),
        also: tuple[Pattern, ...] = (),
        honest: bool | None = None,
        born_ms: int | None = None,
    ) -> Truth:
        """The record of this scenario; honest unless it has a pattern or you say otherwise."""
        return Truth(
            scenario=self.scenario,
            token=self.profile.token,
            symbol=self.profile.symbol,
            kind=self.kind,
            honest=pattern is None if honest is None else honest,
            pattern=pattern,
            further=further,
            also=also,
            starts_ms=self.start_ms,
            onset_ms=onset_ms,
            ends_ms=ends_ms,
            strength=self.strength,
            numbers={name: round(value, 6) for name, value in numbers.items()},
            born_ms=born_ms,
        )

    def usual_volume(self, time_ms: int) -> float:
        """Quote units of a usual minute."""
        return self.profile.volume(time_ms)

    def usual_posts(self, time_ms: int) -> float:
        """Posts of a usual minute."""
        return self.profile.posts * self.profile.rhythm(time_ms)


def share_out(chance: Dice, total: float, count: int, deviation: float) -> list[float]:
    """``count`` lognormal parts of ``total``."""
    parts = [chance.heavy(deviation) for _ in range(count)]
    scale = total / sum(parts) if parts else 0.0
    return [part * scale for part in parts]


def orders_within(
    chance: Dice,
    start_ms: int,
    end_ms: int,
    count: int,
    volume: float,
    *,
    buy_share: float,
    several: float = 0.05,
) -> list[Order]:
    """``count`` orders of ``volume`` in all; the share ``several`` of them meets several makers."""
    orders = []
    for size in share_out(chance, volume, count, 1.1):
        side: Side = "buy" if chance.chance(buy_share) else "sell"
        fills = chance.whole(2, 5) if chance.chance(several) else 1
        orders.append(
            Order(start_ms + int((end_ms - start_ms) * chance.random()), side, size, fills)
        )
    return orders


def remarks_within(
    chance: Dice,
    start_ms: int,
    end_ms: int,
    count: int,
    moods: Moods,
    crowd: Crowd,
    *,
    skew: float = 1.0,
) -> list[Remark]:
    """``count`` posts whose moods are drawn by weight; ``skew`` above 1 puts more at the start."""
    remarks = []
    for _ in range(count):
        at_ms = start_ms + int((end_ms - start_ms) * chance.random() ** skew)
        remarks.append(Remark(at_ms, weighted(chance, moods), crowd))
    return remarks


def weighted(chance: Dice, moods: Moods) -> Mood:
    """A mood drawn by weight."""
    draw = chance.random() * sum(weight for _, weight in moods)
    for mood, weight in moods:
        draw -= weight
        if draw < 0:
            return mood
    return moods[-1][0]


def invite(chance: Dice) -> str:
    """An invite link to a group that does not exist."""
    return f"https://t.me.invalid/+{int(chance.random() * 36**9):x}"


def steady(chance: Dice, start_ms: int, end_ms: int, change: float) -> list[tuple[int, float]]:
    """Knots of a steady course from 0 to ``change`` (log), one a minute, with small steps back."""
    steps = max(4, (end_ms - start_ms) // MINUTE_MS)
    knots = [(start_ms, 0.0)]
    for step in range(1, steps):
        part = step / steps + 0.03 * chance.gauss(0.0, 1.0)
        knots.append((start_ms + (end_ms - start_ms) * step // steps, change * part))
    return [*knots, (end_ms, change)]
