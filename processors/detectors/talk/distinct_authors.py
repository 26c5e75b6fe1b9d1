"""How many different people posted within the last minutes, in bounded memory."""

from __future__ import annotations

from collections import deque
from itertools import islice
from zlib import crc32

#: Posts are counted in parts of the span, as many as this.
_PARTS = 30


class DistinctAuthors:
    """Distinct authors, and posts, of a sliding span.

    Use: to tell a crowd from one loud account. Weakness: above ``most`` authors the count is an
    estimate, wrong by about one in the root of ``most``; the span's edge is blurred by a thirtieth
    for posts. Beyond ``most`` only authors whose checksum falls into a sample are kept, each for
    two, four, eight of them (Flajolet 1990, "On adaptive sampling").
    """

    def __init__(self, span_ms: int, most: int) -> None:
        self._span_ms = span_ms
        self._most = most
        #: Last post and weight of each author kept, the longest silent first.
        self._authors: dict[int, tuple[int, int]] = {}
        self._level = 0
        self._weight = 0
        self._parts: deque[tuple[int, int]] = deque()
        self._first_ms: int | None = None
        self._newest_ms = 0

    @property
    def authors(self) -> int:
        return self._weight

    @property
    def posts(self) -> int:
        return sum(count for _, count in self._parts)

    def add(self, author: str, time_ms: int) -> None:
        """Count a post; a step back in time counts as none."""
        self._newest_ms = time_ms = max(time_ms, self._newest_ms)
        self.forget(time_ms)
        if self._first_ms is None:
            self._first_ms = time_ms
        part = time_ms - (time_ms - self._first_ms) % (self._span_ms // _PARTS)
        earlier = self._parts.pop()[1] if self._parts and self._parts[-1][0] == part else 0
        self._parts.append((part, earlier + 1))
        # A CRC is linear; one multiplication makes its upper bits a fair sample.
        number = crc32(author.encode()) * 0x9E3779B1 & 0xFFFFFFFF
        _, weight = self._authors.pop(number, (0, 0))
        self._weight -= weight
        if weight or _sampled(number, self._level):
            weight = weight or 1 << self._level
            self._authors[number] = time_ms, weight
            self._weight += weight
        while len(self._authors) > self._most:
            self._thin_out()

    def forget(self, time_ms: int) -> None:
        """Let go what has left the span at ``time_ms``."""
        horizon_ms = time_ms - self._span_ms
        while self._authors:
            number = next(iter(self._authors))
            last_ms, weight = self._authors[number]
            if last_ms > horizon_ms:
                break
            del self._authors[number]
            self._weight -= weight
        while self._parts and self._parts[0][0] <= horizon_ms:
            self._parts.popleft()
        if self._level and len(self._authors) < self._most // 4:
            self._level = self._level - 1 if self._authors else 0

    def since_ms(self, authors: float) -> int:
        """When more than so many authors, counted from the longest silent one, had been there."""
        skipped = 0.0
        for last_ms, weight in islice(self._authors.values(), len(self._authors) - 1):
            skipped += weight
            if skipped > authors:
                return last_ms
        return self._newest_ms

    def _thin_out(self) -> None:
        """Keep every other author, for two each."""
        self._level += 1
        least = 1 << self._level
        self._authors = {
            number: (last_ms, max(weight, least))
            for number, (last_ms, weight) in self._authors.items()
            if weight >= least or _sampled(number, self._level)
        }
        self._weight = sum(weight for _, weight in self._authors.values())


def _sampled(number: int, level: int) -> bool:
    """Whether a 32-bit number is among the one in ``2 ** level`` that are kept."""
    return number >> (32 - level) == 0
