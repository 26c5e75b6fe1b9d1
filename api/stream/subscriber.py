"""One subscriber's bounded queue between the hub and its socket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from api.stream.protocol import Filter

_EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a socket is to be closed, after a last message if there is one."""

    code: int
    reason: str
    message: str | None = None


class Subscriber:
    """Messages wait here as references to shared texts; the socket's writer takes all at once.

    ``filter`` and ``previous_seq`` belong to the hub: what it was subscribed to and delivered.
    """

    __slots__ = (
        "_backlog",
        "_backlog_bytes",
        "_bound_bytes",
        "_prologue",
        "_wake",
        "ending",
        "filter",
        "previous_seq",
    )

    def __init__(self, bound_bytes: int) -> None:
        self.filter = _EVERYTHING
        self.previous_seq = 0
        self.ending: Ending | None = None
        self._bound_bytes = bound_bytes
        self._prologue: deque[str] = deque()
        self._backlog: deque[str] = deque()
        self._backlog_bytes = 0
        self._wake = asyncio.Event()

    @property
    def has_waiting(self) -> bool:
        """Whether ``take`` would return a message at once."""
        return bool(self._prologue or self._backlog)

    def begin(self, messages: Iterable[str]) -> None:
        """Replace whatever waits by the start of a subscription.

        Not counted against the bound: its size is the hub's bound, not the client's slowness.
        """
        self._backlog.clear()
        self._backlog_bytes = 0
        self._prologue = deque(messages)
        self._wake.set()

    def push(self, message: str) -> bool:
        """Queue one message; False when that is more than the bound (nothing is queued then)."""
        size = _size(message)
        if self._backlog_bytes + size > self._bound_bytes:
            return False
        self._backlog.append(message)
        self._backlog_bytes += size
        self._wake.set()
        return True

    def end(self, ending: Ending, *, drop_waiting: bool) -> None:
        """Nothing is queued any more; the writer closes the socket. The first ending counts."""
        if self.ending is not None:
            return
        self.ending = ending
        if drop_waiting:
            self._prologue.clear()
            self._backlog.clear()
        self._wake.set()

    async def take(self) -> str | None:
        """The next message, waiting for one if need be; None when the subscription ended."""
        while True:
            if self._prologue:
                return self._prologue.popleft()
            if self._backlog:
                message = self._backlog.popleft()
                self._backlog_bytes -= _size(message)
                return message
            if self.ending is not None:
                return None
            self._wake.clear()
            await self._wake.wait()


def _size(message: str) -> int:
    """Bytes on the wire."""
    return len(message) if message.isascii() else len(message.encode())
