"""What is watched now, for sources that follow it without a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from schemas.watch import WatchEntry, WatchKind


class WatchList:
    """The current entries, by whoever follows them (``replace``), for whoever asks.

    The trap: a source keeps no copy of the entries for longer than one connection; it asks
    ``changed`` beside its feed and takes up what is new.
    """

    def __init__(self, entries: Iterable[WatchEntry] = ()) -> None:
        self._entries = _distinct(entries)
        #: Rises with each change; a source remembers the one it last took up.
        self.version = 0
        self._waiting: set[asyncio.Event] = set()

    @property
    def entries(self) -> tuple[WatchEntry, ...]:
        """All entries, in a fixed order."""
        return self._entries

    def of(self, kind: WatchKind, source: str | None = None) -> list[WatchEntry]:
        """Entries of one kind; with ``source`` only those meant for it, or for every source."""
        return [
            entry
            for entry in self._entries
            if entry.kind == kind and (source is None or entry.source in (None, source))
        ]

    def replace(self, entries: Iterable[WatchEntry]) -> bool:
        """Take the entries for the current ones; True when that changed anything."""
        entries = _distinct(entries)
        if entries == self._entries:
            return False
        self._entries = entries
        self.version += 1
        for waiting in self._waiting:
            waiting.set()
        return True

    async def changed(self, since: int) -> int:
        """Wait until ``version`` is beyond ``since``, and return it."""
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            while self.version <= since:
                waiting.clear()
                await waiting.wait()
        finally:
            self._waiting.discard(waiting)
        return self.version


def _distinct(entries: Iterable[WatchEntry]) -> tuple[WatchEntry, ...]:
    """The last entry of each identity, ordered by identity."""
    by_identity = {entry.identity: entry for entry in entries}
    return tuple(by_identity[identity] for identity in sorted(by_identity))
