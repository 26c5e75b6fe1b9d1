"""What a detector is: pure, online, one instance per token, no clock, no I/O.

A pattern file holds up to two small classes:

* a ``Detector`` reads its *leading topic's* log event by event and may open an alert at once;
* a ``FollowUp`` lives as long as one open alert, on the joined event-time axis, and says when
  evidence, phase or status of that alert changed.

The trap: neither may remember anything that grows with time, look at the wall clock, iterate
over a ``set`` or use ``hash()``. State must pickle, and be a few kilobytes for a token: after a
reorganisation of the chain a detector is replaced by a copy that never saw what was orphaned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from schemas.alerts import Evidence, Pattern, Signal, Status
from schemas.events import Event, Post, Tick, Transfer

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A detector's first word about an event that is going on now.

    ``onset_ms`` is when it seems to have begun. ``score`` in 0..1 grows with the detector's
    certainty; what it means as a probability is learned apart (``processors.risk.calibration``).
    ``impact`` is the value at risk in 0..1: the part of a token's value, pool, supply or talk that
    is at stake, as docs/detectors.md says for each pattern. Severity follows from both.
    """

    score: float
    impact: float
    onset_ms: int
    phase: str
    explanation: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What changed about an open alert. ``ended_ms`` is set when the event is over."""

    score: float
    impact: float
    phase: str
    status: Status
    explanation: str
    evidence: tuple[Evidence, ...]
    ended_ms: int | None = None


@dataclass(slots=True)
class TokenView:
    """What is known of one token on the joined axis up to now: recent signals by kind, in order.

    ``recent[kind]`` holds the last signals (10-second windows; only windows with events exist),
    oldest first, bounded to the newest 360.
    """

    token: str
    symbol: str
    recent: dict[str, deque[Signal]] = field(default_factory=dict)

    def signals(self, kind: str) -> Sequence[Signal]:
        return self.recent.get(kind, ())


class Detector(ABC, Generic[E]):
    """Reads one token's events of one topic in log order."""

    pattern: ClassVar[Pattern]
    #: The leading topic's name.
    topic: ClassVar[str]
    #: The kinds of events it is shown, of those in its topic; of ticks, trades only.
    reads: ClassVar[tuple[type[Event], ...]] = (Post, Tick, Transfer)
    #: Changes whenever the same log may give other alerts; part of every alert's id.
    version: ClassVar[str]

    @abstractmethod
    def observe(self, event: E, time_ms: int) -> Opening | None:
        """Score the event, then learn from it. ``time_ms`` is its event time.

        Event times may step back by a little; they never precede the watermark.
        """

    @abstractmethod
    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        """The follow-up of the alert that ``observe`` just opened (picklable, stand-alone)."""


class FollowUp(ABC):
    """One open alert on the joined axis."""

    #: After this much event time without a resolution the alert is resolved as it stands.
    horizon_ms: ClassVar[int]

    @abstractmethod
    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        """Called after each signal of the token, and at the horizon; None when nothing changed.

        Return a revision only for a material change: a new piece of evidence, another phase,
        a resolution. A revision with status ``resolved`` or ``retracted`` ends the follow-up.
        """

    @abstractmethod
    def expire(self, now_ms: int) -> Revision:
        """The resolution at the horizon or at the session's close."""


class JoinedDetector(ABC):
    """A pattern that needs two topics: opens on the joined axis, one instance per token."""

    pattern: ClassVar[Pattern]
    version: ClassVar[str]

    @abstractmethod
    def observe(self, view: TokenView, signal: Signal, time_ms: int) -> Opening | None:
        """Called after each signal of the token was added to the view."""

    @abstractmethod
    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        """The follow-up of the alert that ``observe`` just opened."""
