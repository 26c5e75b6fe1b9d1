"""One running source: where it is, what it promised, what came of its items."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from producers.circuit import Circuit
from producers.pace import Pace
from producers.source import CaughtUp, Item, Rejected, Source
from producers.state import SourceState
from schemas.times import rfc3339

#: How long others wait for a source that fills a gap.
HOLD_LIMIT_MS = 300_000
#: Reasons kept for the report; all of them go to the dead letters.
_REASONS_KEPT = 50
_BEFORE_ALL = -(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source and how the runner treats it.

    After ``restarts`` failures in a row the whole run fails (None: never). A source that yields
    nothing for ``silence_s`` is restarted (None: it may be silent). ``lateness_ms`` is what the
    runner allows a source of unknown order.

    ``live``: what is older than the watermark when it comes is published as backfill; the promise
    stands still while the source catches up, for ``hold_limit_ms`` at most (None: until it has),
    and its cursor and counts outlive the session. ``from_ms`` is what it promises without a cursor
    (None: the clock), ``until_ms`` where it ends (None: never).
    """

    source: Source
    pace: Pace | None = None
    restarts: int | None = None
    silence_s: float | None = None
    lateness_ms: int = 30_000
    live: bool = False
    hold_limit_ms: int | None = HOLD_LIMIT_MS
    from_ms: int | None = None
    until_ms: int | None = None
    #: Told how far its cursor is written down, behind everything that Kafka has.
    stored: Callable[[str], None] | None = None


@dataclass(slots=True)
class Lane:
    """The state of one feed. ``cursor`` is behind the last item handed to the producer."""

    feed: Feed
    cursor: str | None = None
    #: What is promised, by topic, before the pace is taken into account.
    promised: dict[str, int] = field(default_factory=dict)
    newest_ms: int | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    is_done: bool = False
    #: Items taken from the source; the watchdog compares it with what it saw before.
    pulled: int = 0
    #: The runner waits for the source, and not the other way round.
    is_pulling: bool = False
    #: The watchdog gave up waiting.
    is_silent: bool = False
    #: Events handed to the producer by topic, and how many of them the metrics know.
    published: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    reasons: list[Rejected] = field(default_factory=list)
    circuit: Circuit = field(default_factory=Circuit)
    errors: int = 0
    #: What a live feed may promise: it never steps back, and stands still while not caught up.
    held_ms: int | None = None
    caught_up: bool = False
    #: It was not caught up for so long that nobody waits for it until it is.
    waited_out: bool = False
    last_sign_ms: int | None = None
    #: The counts of sessions before, of a live feed.
    before: SourceState = field(default_factory=SourceState)

    @property
    def name(self) -> str:
        return self.feed.source.name

    def keep_reason(self, item: Rejected) -> None:
        self.rejected += 1
        if len(self.reasons) < _REASONS_KEPT:
            self.reasons.append(item)

    def promise(self, time_ms: int, topic: str | None) -> None:
        """Take in the source's promise; it never steps back."""
        for name in self.feed.source.topics if topic is None else (topic,):
            if time_ms > self.promised.get(name, _BEFORE_ALL):
                self.promised[name] = time_ms

    def watermark_ms(self, topic: str, now_ms: int) -> int | None:
        """What may be promised for the topic now; None before the source's first promise."""
        if self.feed.source.order == "unknown":
            return (
                self.live_promise_ms(now_ms) if self.feed.live else now_ms - self.feed.lateness_ms
            )
        promised = self.promised.get(topic)
        reached = self.feed.pace.reached_ms() if self.feed.pace else None
        return promised if promised is None or reached is None else min(promised, reached)

    def live_promise_ms(self, now_ms: int) -> int:
        """What a feed of unknown order promises now; never less than before."""
        lateness_ms = self.feed.lateness_ms
        until_ms = self.feed.until_ms
        clock_ms = (now_ms if until_ms is None else min(now_ms, until_ms)) - lateness_ms
        if not self.feed.live:
            return clock_ms
        held_ms = clock_ms if self.held_ms is None else self.held_ms
        limit_ms = self.feed.hold_limit_ms
        if self.caught_up:
            promise_ms = clock_ms
            if self.feed.silence_s is not None and self.last_sign_ms is not None:
                # Half of the lateness is for the way, the other half for the time between two
                # signs: what was on its way when a connection died is not yet promised away.
                promise_ms = min(clock_ms, self.last_sign_ms - lateness_ms // 2)
            held_ms = max(held_ms, promise_ms)
        elif self.waited_out or (limit_ms is not None and clock_ms - held_ms > limit_ms):
            self.waited_out = True
            held_ms = max(held_ms, clock_ms)
        self.held_ms = held_ms
        return held_ms

    def take_sign(self, item: Item, now_ms: int) -> None:
        """Take in that the source yielded something."""
        self.last_sign_ms = now_ms
        if isinstance(item, CaughtUp):
            self.caught_up = True
            self.waited_out = False
        if self.circuit.reason is not None:
            self.circuit.works()

    def lost(self) -> None:
        """The source failed: from now on something may be missing."""
        self.errors += not self.circuit.is_limited
        self.caught_up = False

    def state(self) -> SourceState:
        """What outlives the session."""
        last_ms = self.newest_ms
        return SourceState(
            cursor=self.cursor,
            promised_ms=self.held_ms,
            failing=self.circuit.reason is not None and not self.circuit.is_limited,
            reason=self.circuit.reason,
            events=self.before.events + self.published.total(),
            errors=self.before.errors + self.errors,
            last_event=self.before.last_event if last_ms is None else rfc3339(last_ms),
        )

    def position_ms(self, now_ms: int) -> int | None:
        """How far the source is in all of its topics."""
        watermarks = [self.watermark_ms(topic, now_ms) for topic in self.feed.source.topics]
        known = [watermark for watermark in watermarks if watermark is not None]
        return min(known, default=None)
