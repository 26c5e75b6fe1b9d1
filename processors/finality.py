"""Events whose block may yet be reorganised away, and what is known without them.

A lane's detectors and windows stand at the head of the chain. Beside them, a token that has
undecided events keeps copies that have seen final events only; its events since the oldest
undecided one wait in a queue. Final ones at the front move into the copies, in the order of the
log. Orphaned ones leave the queue, and the head becomes a copy of what is final that has seen the
rest of the queue again. So both are, at any time, what they would be had the orphaned events
never been. A token without undecided events has none of this.
"""

from __future__ import annotations

import logging
import pickle
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from processors.detectors.base import Detector, FollowUp, Opening
from processors.features.base import History
from processors.routes import Route
from processors.windows import OpenWindow
from schemas.alerts import Alert
from schemas.events import Event

Detectors = tuple[Detector[Any], ...]
#: The session and the end of a window.
WindowKey = tuple[str | None, int]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """An event in the queue, and the alerts it opened by pattern."""

    event: Event
    time_ms: int
    offset: int
    route: Route
    window: WindowKey
    undecided: bool
    alerts: dict[str, Alert] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """An opening that shows only now that what hid it is gone."""

    detector: Detector[Any]
    opening: Opening
    follow_up: FollowUp
    entry: Entry


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The head after a reorganisation. ``lost`` alerts rested on what was orphaned."""

    detectors: Detectors
    lost: list[Alert]
    found: list[Found]


class Unsettled:
    """One token's events since its oldest undecided one."""

    def __init__(
        self,
        detectors: Detectors,
        history: History[Any] | None,
        windows: dict[WindowKey, OpenWindow],
    ) -> None:
        """Detectors and open windows as they stand before the first undecided event."""
        self._detectors = _copied(detectors)
        self._history = history
        #: Windows with their final events only, until they are learned.
        self._windows = {key: window.copy() for key, window in windows.items()}
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        #: Entries by window.
        self._waiting: Counter[WindowKey] = Counter()
        #: Windows that have ended and are not learned yet, in the order of their ends.
        self._ended: deque[WindowKey] = deque()
        self._orphans: list[Entry] = []
        #: When the newest of the orphans was decided.
        self.orphaned_ms = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def torn(self) -> bool:
        """Whether the head still contains orphaned events."""
        return bool(self._orphans)

    def waits_for(self, event_id: str) -> bool:
        """Whether the event is in the queue."""
        return event_id in self._entries

    def append(self, entry: Entry) -> None:
        self._entries[entry.event.id] = entry
        self._waiting[entry.window] += 1

    def confirm(self, event_id: str) -> bool:
        """Take the event for final; False when it is not undecided here."""
        entry = self._entries.get(event_id)
        if entry is None or not entry.undecided:
            return False
        entry.undecided = False
        return True

    def orphan(self, event_id: str, time_ms: int) -> Entry | None:
        """Take the event out; None when it is not undecided here. ``rebuild`` is due then."""
        entry = self._entries.get(event_id)
        if entry is None or not entry.undecided:
            return None
        del self._entries[event_id]
        self._waiting[entry.window] -= 1
        self._orphans.append(entry)
        self.orphaned_ms = max(self.orphaned_ms, time_ms)
        return entry

    def presume_oldest(self) -> bool:
        """Take the oldest event for final, there is no room; True when it was undecided."""
        oldest = next(iter(self._entries.values()))
        presumed, oldest.undecided = oldest.undecided, False
        return presumed

    def end_window(self, key: WindowKey) -> None:
        """A window of the token ended; it is learned once all in it is final."""
        self._ended.append(key)

    def settle(self) -> None:
        """Let what is final be observed and learned, as far as everything before it is."""
        while self._entries:
            entry = next(iter(self._entries.values()))
            if entry.undecided:
                break
            del self._entries[entry.event.id]
            self._waiting[entry.window] -= 1
            for detector in entry.route.readers(self._detectors):
                _observe(detector, entry)
            if entry.route.windowed and self._history is not None:
                self._window(self._windows, entry, self._history)
        while self._ended and not self._waiting[self._ended[0]]:
            key = self._ended.popleft()
            del self._waiting[key]
            window = self._windows.pop(key, None)
            if window is not None and self._history is not None:
                self._history.learn(window.window)

    def rebuild(self) -> Rebuilt:
        """The head without the orphans, and what that means for the alerts it opened."""
        detectors = _copied(self._detectors)
        lost = [alert for orphan in self._orphans for alert in orphan.alerts.values()]
        found: list[Found] = []
        self._orphans.clear()
        for entry in self._entries.values():
            told, entry.alerts = entry.alerts, {}
            for detector in entry.route.readers(detectors):
                opening = _observe(detector, entry)
                if opening is None:
                    continue
                alert = told.pop(detector.pattern, None)
                if alert is None:
                    follow_up = detector.follow(opening, entry.time_ms)
                    found.append(Found(detector, opening, follow_up, entry))
                else:
                    entry.alerts[detector.pattern] = alert
            lost += told.values()
        return Rebuilt(detectors, lost, found)

    def rebuilt_windows(self, keys: list[WindowKey]) -> Iterator[OpenWindow | None]:
        """For each open window its content at the head; None when nothing is left of it."""
        windows = {key: self._windows[key].copy() for key in keys if key in self._windows}
        if self._history is not None:
            for entry in self._entries.values():
                if entry.route.windowed and entry.window in keys:
                    self._window(windows, entry, self._history)
        return (windows.get(key) for key in keys)

    def _window(
        self, windows: dict[WindowKey, OpenWindow], entry: Entry, history: History[Any]
    ) -> None:
        window = windows.get(entry.window)
        if window is None:
            window = windows[entry.window] = OpenWindow(
                history, history.window(), entry.event.symbol
            )
        window.add(entry.event, entry.time_ms, entry.offset)


def _copied(detectors: Detectors) -> Detectors:
    """As a snapshot would give them back, which each detector is tested for."""
    copied: Detectors = pickle.loads(pickle.dumps(detectors, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - our own
    return copied


def _observe(detector: Detector[Any], entry: Entry) -> Opening | None:
    """Show an event again; a detector that fails on it has said so the first time."""
    try:
        opening: Opening | None = detector.observe(entry.event, entry.time_ms)
    except Exception:
        _log.debug("detector %s failed again on %s", detector.pattern, entry.event.id)
        return None
    return opening
