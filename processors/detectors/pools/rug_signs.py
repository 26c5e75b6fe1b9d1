"""What makers of a token do before they drain its pool, and how much it says."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

SignName = Literal[
    "shares_unlocked",
    "shares_passed_on",
    "insider_removed",
    "insider_sold",
    "insider_tokens_moved",
    "supply_issued",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """From which part on a sign counts, and how many times likelier it is before a drain than in
    an honest pool: round numbers by judgement, since nobody has published such labels."""

    line: float
    odds: float
    #: What is told of it; the part goes in.
    words: str


SIGNS: dict[SignName, Kind] = {
    # Nothing but a withdrawal needs shares out of a lock.
    "shares_unlocked": Kind(0.1, 20.0, "{:.1%} of its shares came back from where they were put"),
    # Also how an honest maker puts them into a lock that is not on the list.
    "shares_passed_on": Kind(0.1, 2.0, "{:.1%} of its shares went to another wallet"),
    # Also how a maker takes some money out for work to be done.
    "insider_removed": Kind(0.02, 2.5, "an insider took {:.1%} of it out"),
    # As a part of the pool: it costs every other holder a tenth of the price.
    "insider_sold": Kind(0.05, 5.0, "an insider sold as many tokens as {:.1%} of those in it"),
    # Of all tokens; also how teams and listings are paid.
    "insider_tokens_moved": Kind(0.05, 2.5, "an insider moved {:.1%} of all tokens to others"),
    # Of all tokens before; whoever holds them can empty the pool without its shares.
    "supply_issued": Kind(0.05, 20.0, "{:.1%} more tokens were made than there were"),
}


def odds_of(names: Iterable[SignName]) -> float:
    """How much likelier these signs together make a drain."""
    return math.prod(SIGNS[name].odds for name in names)


@dataclass(slots=True)
class Sign:
    """One kind of sign as it has added up; ``since_ms`` is when it began."""

    since_ms: int
    last_ms: int
    part: float


class Signs:
    """The signs seen about one pool lately. What is older than ``span_ms`` counts no more."""

    __slots__ = ("_seen", "_span_ms")

    def __init__(self, span_ms: int) -> None:
        self._span_ms = span_ms
        self._seen: dict[SignName, Sign] = {}

    def add(self, name: SignName, part: float, time_ms: int) -> None:
        """Parts of the same kind add up; a negative one takes back what was added too early."""
        sign = self._seen.get(name)
        if sign is None or time_ms - sign.last_ms > self._span_ms:
            if part > 0.0:
                self._seen[name] = Sign(time_ms, time_ms, part)
            return
        sign.last_ms = time_ms
        sign.part = max(0.0, sign.part + part)

    def counting(self, time_ms: int) -> dict[SignName, Sign]:
        """Those beyond their line, in the order of ``SIGNS``."""
        if not self._seen:
            return {}
        return {
            name: sign
            for name, kind in SIGNS.items()
            if (sign := self._seen.get(name)) is not None
            and sign.part >= kind.line
            and time_ms - sign.last_ms <= self._span_ms
        }

    def clear(self) -> None:
        """What was seen is settled."""
        self._seen.clear()
