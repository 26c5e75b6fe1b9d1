"""How fast a source may go."""

from __future__ import annotations

from typing import Protocol

from memewatch.clock import Clock

#: Sources that go as fast as they can stay this close in event time, so that readers who join
#: their topics need not hold one of them back for long.
_APART_MS = 600_000
_LOOK_AGAIN_S = 0.002


class Pace(Protocol):
    """Tells when an event's time has come."""

    def delay_s(self, time_ms: int) -> float:
        """Seconds to wait before sending an event of this time; 0 when it is due."""
        ...

    def reached_ms(self) -> int | None:
        """The event time this pace has come to; None when nothing but the events says it."""
        ...

    def end(self) -> None:
        """The source has nothing more."""


class EventTimePace:
    """``speed`` times as fast as the events happened, ``event_ms`` falling on ``wall_ms``."""

    def __init__(self, clock: Clock, speed: float, event_ms: int, wall_ms: int) -> None:
        self._clock = clock
        self._speed = speed
        self._event_ms = event_ms
        self._wall_ms = wall_ms

    def delay_s(self, time_ms: int) -> float:
        due_ms = self._wall_ms + (time_ms - self._event_ms) / self._speed
        return max(0.0, (due_ms - self._clock.now_ms()) / 1000)

    def reached_ms(self) -> int:
        passed_ms = self._clock.now_ms() - self._wall_ms
        return self._event_ms + int(passed_ms * self._speed)

    def end(self) -> None:
        """Others do not depend on this one."""


class TogetherPace:
    """As fast as possible, but never far ahead of the slowest of those that go together."""

    def __init__(self, positions: dict[str, int], name: str, start_ms: int) -> None:
        self._positions = positions
        self._name = name
        positions[name] = start_ms

    def delay_s(self, time_ms: int) -> float:
        self._positions[self._name] = time_ms
        if len(self._positions) == 1 or time_ms - _APART_MS <= min(self._positions.values()):
            return 0.0
        return _LOOK_AGAIN_S

    def reached_ms(self) -> None:
        return None

    def end(self) -> None:
        self._positions.pop(self._name, None)
