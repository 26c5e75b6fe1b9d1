"""The recent alert changes, kept so that a returning client gets exactly what it missed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from api.stream import protocol
from api.stream.protocol import AlertHead

#: Hours of a busy market; at about 1.5 KB each this is 15 MB.
MAXIMUM_CHANGES = 10_000
_MAXIMUM_CHARACTERS = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """One accepted alert revision: its number, what filters look at, and its JSON text."""

    seq: int
    head: AlertHead
    alert_json: str

    def frame(self, previous_seq: int) -> str:
        return protocol.change(self.head.change, self.seq, previous_seq, self.alert_json)


class History:
    """Changes in the order of ``seq``, bounded in number and in size."""

    def __init__(self, seq: int, changes: Iterable[Change] = ()) -> None:
        self._changes: deque[Change] = deque()
        self._characters = 0
        #: Everything after this is here.
        self.oldest_seq = seq
        changes = list(changes)
        if changes:
            self.oldest_seq = changes[0].seq - 1
        for change in changes:
            self.append(change)

    def append(self, change: Change) -> None:
        self._changes.append(change)
        self._characters += len(change.alert_json)
        while len(self._changes) > MAXIMUM_CHANGES or self._characters > _MAXIMUM_CHARACTERS:
            oldest = self._changes.popleft()
            self._characters -= len(oldest.alert_json)
            self.oldest_seq = oldest.seq

    def after(self, seq: int) -> Iterator[Change]:
        """What came after ``seq``, which must not be below ``oldest_seq``."""
        return (change for change in self._changes if change.seq > seq)
