"""What a scenario does to its token: a plan made at its start, carried out slice by slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Literal, NamedTuple, TypeVar

from producers.simulated.truth import Truth

Side = Literal["buy", "sell"]
Mood = Literal["ecstatic", "glad", "neutral", "worried", "furious"]
#: Moods with their weights.
Moods = Sequence[tuple[Mood, float]]
#: Who posts: the usual crowd, accounts made last week, people of standing, or a news desk.
Crowd = Literal["usual", "young", "old", "news"]


class Order(NamedTuple):
    """One taker order: ``size`` in quote units, filled by ``fills`` makers in one millisecond."""

    at_ms: int
    side: Side
    size: float
    fills: int = 1
    buyer: str | None = None
    seller: str | None = None


class Remark(NamedTuple):
    """One post to be made; without ``text`` it is made up to fit the mood.

    Remarks with the same ``regular`` are by the same one of their crowd. ``repost_of`` is the
    platform's id of the post that a repost repeats.
    """

    at_ms: int
    mood: Mood
    crowd: Crowd
    text: str | None = None
    url: str | None = None
    repost: bool = False
    regular: int | None = None
    repost_of: str | None = None


class Move(NamedTuple):
    """One transfer on chain; ``share`` of the token's supply. With ``withdrawn`` it is that part of
    a pool, taken out for its shares."""

    at_ms: int
    sender: str
    receiver: str
    share: float
    withdrawn: float = 0.0


T = TypeVar("T", Order, Remark, Move)


class Path:
    """A piecewise linear course over time, flat outside its knots; asked with rising times only."""

    __slots__ = ("_index", "_knots")

    def __init__(self, knots: Sequence[tuple[int, float]] = ()) -> None:
        self._knots = sorted(knots)
        self._index = 0

    def at(self, time_ms: int) -> float:
        """The value at a time; 0 where there are no knots."""
        knots = self._knots
        if not knots:
            return 0.0
        index = self._index
        while index < len(knots) and knots[index][0] <= time_ms:
            index += 1
        self._index = index
        if index == 0:
            return knots[0][1]
        if index == len(knots):
            return knots[-1][1]
        before, after = knots[index - 1], knots[index]
        part = (time_ms - before[0]) / (after[0] - before[0])
        return before[1] + part * (after[1] - before[1])

    def last(self) -> float:
        """The value after the last knot."""
        return self._knots[-1][1] if self._knots else 0.0


@dataclass(slots=True)
class Plan:
    """A scenario's doings on one token until ``busy_until_ms``; the price keeps its last shift.

    ``price`` shifts the logarithm of the price; ``trading`` and ``chatter`` shift the logarithm
    of the token's usual rates of trades and posts. ``buy_share`` is that of ordinary trades
    between onset and end.
    """

    truth: Truth
    busy_until_ms: int
    orders: list[Order] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    price: Path = field(default_factory=Path)
    trading: Path = field(default_factory=Path)
    chatter: Path = field(default_factory=Path)
    buy_share: float = 0.5

    def __post_init__(self) -> None:
        # Taken from the end, slice by slice, so carried-out parts leave the memory.
        for items in (self.orders, self.remarks, self.moves):
            items.sort(key=itemgetter(0), reverse=True)

    def orders_before(self, time_ms: int) -> list[Order]:
        return _take(self.orders, time_ms)

    def remarks_before(self, time_ms: int) -> list[Remark]:
        return _take(self.remarks, time_ms)

    def moves_before(self, time_ms: int) -> list[Move]:
        return _take(self.moves, time_ms)


def _take(items: list[T], time_ms: int) -> list[T]:
    taken: list[T] = []
    while items and items[-1].at_ms < time_ms:
        taken.append(items.pop())
    return taken
