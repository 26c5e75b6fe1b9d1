"""The windows of a lane's tokens while events still may fall into them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

from processors.features.base import WINDOW_MS, History, Window
from schemas.events import Event


class OpenWindow:
    """A window being filled, with the history it will be judged by."""

    __slots__ = ("history", "last_event_id", "last_offset", "symbol", "window")

    def __init__(self, history: History[Any], window: Window[Any], symbol: str) -> None:
        self.history = history
        self.window = window
        self.symbol = symbol
        self.last_offset = 0
        self.last_event_id = ""

    def add(self, event: Event, time_ms: int, offset: int) -> None:
        """Take in an event, in log order."""
        self.last_offset = offset
        self.last_event_id = event.id
        self.window.add(event, time_ms)

    def copy(self) -> OpenWindow:
        """The window as it is now, with the same history."""
        copied = OpenWindow(self.history, pickle.loads(pickle.dumps(self.window)), self.symbol)  # noqa: S301 - our own
        copied.last_offset = self.last_offset
        copied.last_event_id = self.last_event_id
        return copied


def window_end(time_ms: int) -> int:
    """The end of the window that an event of this time falls into."""
    return time_ms - time_ms % WINDOW_MS + WINDOW_MS


class OpenWindows:
    """Open windows by their end, then by token."""

    def __init__(self) -> None:
        self._ends: dict[int, dict[str, OpenWindow]] = {}

    def add(self, history: History[Any], event: Event, time_ms: int, offset: int) -> None:
        """Take in an event."""
        end_ms = time_ms - time_ms % WINDOW_MS + WINDOW_MS
        ending = self._ends.setdefault(end_ms, {})
        opened = ending.get(event.token)
        if opened is None:
            opened = ending[event.token] = OpenWindow(history, history.window(), event.symbol)
        # As `OpenWindow.add`, without one more call for every event there is.
        opened.last_offset = offset
        opened.last_event_id = event.id
        opened.window.add(event, time_ms)

    def of(self, token: str) -> dict[int, OpenWindow]:
        """The token's open windows by their end."""
        return {end_ms: ending[token] for end_ms, ending in self._ends.items() if token in ending}

    def replace(self, token: str, end_ms: int, window: OpenWindow | None) -> None:
        """Put another window in the place of an open one, or nothing."""
        ending = self._ends[end_ms]
        if window is None:
            del ending[token]
        else:
            ending[token] = window

    def close(self, until_ms: int) -> Iterator[tuple[int, str, OpenWindow]]:
        """Take out what ends by then: end, token and window, in that order."""
        for end_ms in sorted(end for end in self._ends if end <= until_ms):
            for token, opened in sorted(self._ends.pop(end_ms).items()):
                yield end_ms, token, opened
