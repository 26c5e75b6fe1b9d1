"""What waits on the joined axis: openings, signals and retractions of one session, in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from processors.detectors.base import FollowUp, Opening
from processors.watermarks import START
from schemas.alerts import Alert, InputReference, Signal
from schemas.topics import EVENT_TOPICS


@dataclass(frozen=True, slots=True)
class LastEvent:
    """The last event of a window: an alert that a signal opens is opened by this event."""

    id: str
    reference: InputReference


@dataclass(slots=True)
class Opened:
    """An alert of a lane; ``provisional`` when the lane may take it back."""

    alert: Alert
    opening: Opening
    follow_up: FollowUp
    provisional: bool = False


@dataclass(slots=True)
class Signalled:
    """A window's signal."""

    signal: Signal
    last_event: LastEvent


@dataclass(slots=True)
class Retracted:
    """An alert that a lane takes back."""

    alert: Alert


Item = Opened | Signalled | Retracted


@dataclass(slots=True)
class JoinedSession:
    """A session as the lanes pass through it; ``items`` is a heap by (time, topic, id)."""

    name: str
    watermarks: list[int] = field(default_factory=lambda: [START] * len(EVENT_TOPICS))
    items: list[tuple[int, int, str, int, Item]] = field(default_factory=list)
    arrivals: int = 0
