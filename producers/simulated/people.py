"""Authors of posts: a crowd of all ages, people of standing, and accounts made last week."""

from __future__ import annotations

from typing import NamedTuple

from producers.simulated.dice import Dice, dice, words
from producers.simulated.plan import Crowd
from schemas.times import rfc3339

_DAY_MS = 86_400_000
_CROWD = 4_000
_OLD = 600
_FIRST = words(
    "crypto moon degen based anon lord king sir whale trader chart alpha satoshi pepe gm wagmi "
    "frog diamond paper lazy night happy quiet salty north blue "
)
_LAST = words(
    "hands wizard guy girl dude hunter smith watcher eth maxi fren ape fox cat jr queen boss "
    "farmer monk nerd chef pilot otter owl bear "
)
_DESKS = ("coinwire", "memedesk", "chainjournal", "tokenbrief", "blockgazette")


class Author(NamedTuple):
    """``created_at`` is RFC 3339."""

    name: str
    created_at: str
    followers: int


class People:
    """Everybody who posts in one market."""

    def __init__(self, market: str, start_ms: int) -> None:
        chance = dice(market, "people")
        self._market = market
        self._start_ms = start_ms
        self._usual = [self._author(chance, 20, 3000, 1.0) for _ in range(_CROWD)]
        self._old = [self._author(chance, 700, 5000, 12.0) for _ in range(_OLD)]
        self._news = [
            Author(desk, self._created(chance.between(900, 3000)), chance.whole(20_000, 400_000))
            for desk in _DESKS
        ]

    def somebody(self, chance: Dice, crowd: Crowd, regular: int | None = None) -> Author:
        """An author of the given crowd; in the usual one a few write most of the posts.

        The same ``regular`` of a crowd is always the same author.
        """
        if regular is not None:
            chance = dice(self._market, "regular", crowd, regular)
        if crowd == "usual":
            return self._usual[int(_CROWD * chance.random() ** 2)]
        if crowd == "old":
            return chance.pick(self._old)
        if crowd == "news":
            return chance.pick(self._news)
        return self.newcomer(chance)

    def newcomer(self, chance: Dice) -> Author:
        """An account made in the last weeks, with hardly a follower."""
        name = f"{chance.pick(_FIRST)}{chance.pick(_LAST)}{chance.whole(1000, 99999)}"
        return Author(name, self._created(chance.spread(0.5, 30)), int(chance.spread(1, 90)) - 1)

    def _author(self, chance: Dice, youngest: float, oldest: float, fame: float) -> Author:
        number = chance.whole(0, 9999)
        joint = chance.pick(("", "_", "."))
        name = f"{chance.pick(_FIRST)}{joint}{chance.pick(_LAST)}{number}"
        followers = int(fame * 120 * chance.heavy(1.6))
        return Author(name, self._created(chance.spread(youngest, oldest)), followers)

    def _created(self, days: float) -> str:
        return rfc3339(self._start_ms - int(days * _DAY_MS))
