"""What a live source is: it knows its feed, where to resume, and how to read what it hears.

A source is one file with one class and one line in ``producers/live/catalogue.py``. It yields raw
payloads with cursors and turns a payload into events by a pure function; everything else is done
for it: publishing, raw copies, back-pressure, retries with jitter, the circuit, watermarks while a
gap is filled, ``origin``, status and metrics.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from memewatch.clock import Clock
from memewatch.settings import Settings
from producers.circuit import AccessRefusedError as AccessRefusedError
from producers.circuit import RateLimitedError as RateLimitedError
from producers.registry import TokenRegistry
from producers.source import Alive as Alive
from producers.source import CaughtUp as CaughtUp
from producers.source import Rejected as Rejected
from producers.watch_list import WatchList
from schemas.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One answer, frame or page as the server sent it, and the cursor to resume after it.

    ``kind`` tells ``parse`` how to read ``body``. What a client library decoded before anybody
    could see its bytes is encoded again as JSON.
    """

    body: bytes
    cursor: str
    kind: str
    received_ms: int


Heard = Payload | Alive | CaughtUp


class NoHistoryError(Exception):
    """The feed cannot be asked for that time; the message says what can be had instead."""


def _ignore_budget(remaining: float, limit: float | None) -> None:
    del remaining, limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a source may use. ``budget`` is told what is left of a rate limit, and of how much."""

    settings: Settings
    clock: Clock
    watch_list: WatchList = field(default_factory=WatchList)
    tokens: TokenRegistry
    budget: Callable[[float, float | None], None] = _ignore_budget


class LiveSource(ABC):
    """One feed, for months.

    Every generator raises when its connection is lost: the runner calls it again with the last
    cursor, after a delay. ``RateLimitedError`` and ``AccessRefusedError`` say more than others.

    The traps: a cursor means *resume after this payload*, in another process, with nothing missed
    (what comes twice is harmless, because ids are the feed's own). ``parse`` must not ask the
    clock, the network or the watch list, or history could not be read again.
    """

    name: ClassVar[str]
    topics: ClassVar[frozenset[str]]
    #: How much older than now an event may be when it arrives in the ordinary course of things.
    #: Older ones are published as ``backfill``. Keep it above the pace of signs of life.
    lateness_s: ClassVar[float] = 30.0
    #: The connection is given up after this long without any sign of life (None: never).
    silence_s: ClassVar[float | None] = 90.0

    def __init__(self, surroundings: Surroundings) -> None:
        self.settings = surroundings.settings
        self.clock = surroundings.clock
        self.watch_list = surroundings.watch_list
        self.tokens = surroundings.tokens
        self.budget = surroundings.budget

    @classmethod
    @abstractmethod
    def off(cls, settings: Settings) -> str | None:
        """Why the source is off, naming the setting that would turn it on; None when it is on."""

    @abstractmethod
    def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        """First what was missed since ``resume``, then ``CaughtUp``, then what comes, for ever."""

    @abstractmethod
    def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        """What happened after ``resume`` up to ``until_ms``, oldest first, then end.

        Without a cursor: as far back as one request reaches, a day at most.
        """

    @abstractmethod
    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        """The payload's events; what cannot be read is ``Rejected`` with the reason, never raised.

        Ids are the feed's own. A post that names several tokens is one event for each.
        """

    def stored(self, cursor: str) -> None:
        """Kafka has everything up to ``cursor``, and it is written down.

        Only for feeds that forget what they are told was read: this is when they may be told.
        """
        del cursor

    def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Everything in ``begin_ms <= event time < end_ms``, oldest first where the feed allows it.

        ``resume`` is a cursor of this same history.

        Raises:
            NoHistoryError: the feed cannot be asked for that.
        """
        del begin_ms, end_ms, resume
        raise NoHistoryError(f"{self.name} cannot be asked for the past")


class PolledSource(LiveSource):
    """A feed that is asked again and again: only ``catch_up`` is left to write."""

    #: Seconds between two rounds.
    poll_s: ClassVar[float] = 30.0

    def pause_s(self) -> float:
        """How long to wait before the next round."""
        return self.poll_s

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        cursor = resume
        while True:
            async for heard in self.catch_up(cursor, self.clock.now_ms()):
                cursor = heard.cursor or cursor
                yield heard
            yield CaughtUp(cursor)
            await self.clock.sleep(self.pause_s())
