"""One running source: where it is, what it promised, what came of its items."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from producers.pace import Pace
from producers.source import Rejected, Source

#: Reasons kept for the report; all of them go to the dead letters.
_REASONS_KEPT = 50
_BEFORE_ALL = -(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source and how the runner treats it.

    After ``restarts`` failures in a row the whole run fails (None: never). A source that yields
    nothing for ``silence_s`` is restarted (None: it may be silent). ``lateness_ms`` is what the
    runner allows a source of unknown order.
    """

    source: Source
    pace: Pace | None = None
    restarts: int | None = None
    silence_s: float | None = None
    lateness_ms: int = 30_000


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
            return now_ms - self.feed.lateness_ms
        promised = self.promised.get(topic)
        reached = self.feed.pace.reached_ms() if self.feed.pace else None
        return promised if promised is None or reached is None else min(promised, reached)

    def position_ms(self, now_ms: int) -> int | None:
        """How far the source is in all of its topics."""
        watermarks = [self.watermark_ms(topic, now_ms) for topic in self.feed.source.topics]
        known = [watermark for watermark in watermarks if watermark is not None]
        return min(known, default=None)
