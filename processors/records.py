"""What goes into and comes out of a partition's state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from schemas.alerts import Alert, DeadLetter, Signal


class LogRecord(Protocol):
    """One record of a partition's log, as Kafka clients hand it over."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def offset(self) -> int: ...


@dataclass(slots=True)
class Outputs:
    """What a batch of records gave rise to, in the order it arose, and what was counted.

    ``now`` (RFC 3339) is the wall clock of the batch; it reaches ``detected_at`` and nothing else.
    """

    now: str
    alerts: list[Alert] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    #: Of events: ``events`` that were observed, ``late``, ``duplicates``, ``backfill``, ``unsure``
    #: posts, and ``unobserved`` kinds; of decisions about pending ones: ``confirmed``,
    #: ``retracted`` and ``unknown``; and what was ``presumed`` final for want of room.
    counts: Counter[str] = field(default_factory=Counter)
