"""Recorded files of one kind as a source: one stream in event-time order over all files."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice

from producers.recorded.files import RecordedFile
from producers.source import Item, Order, Progress, Rejected
from schemas.events import Event


class RecordedSource:
    """All files of one topic, merged by (event time, token, place in the file's millisecond, id).

    The order of the files does not matter, and a row that is in two files comes once. A cursor
    is the number of items yielded, so resuming reads the files again up to there.
    """

    order: Order = "ordered"

    def __init__(self, topic: str, files: Sequence[RecordedFile]) -> None:
        self.topic = topic
        self.name = f"recorded-{topic}"
        self.topics = frozenset({topic})
        #: By content, so that ties between files never depend on how they were named.
        self._files = sorted(files, key=lambda file: file.digest)
        digests = "".join(file.digest for file in self._files)
        self.identity = hashlib.blake2b(digests.encode(), digest_size=16).hexdigest()
        #: Good and bad rows, rows that stand in several files counted each time.
        self.rows = sum(file.rows + file.bad for file in files)
        #: Rows left out because another file had them, so far.
        self.repeated = 0
        self.first_ms = min((f.first_ms for f in files if f.first_ms is not None), default=None)

    async def events(self, resume: str | None) -> AsyncIterator[tuple[Item, str]]:
        skipped = int(resume or 0)
        if self.first_ms is not None and not skipped:
            yield Progress(self.first_ms), "0"
        count = skipped
        for time_ms, item in islice(self.rows_in_order(), skipped, None):
            if skipped and count == skipped:
                yield Progress(time_ms), str(skipped)
            count += 1
            yield item, str(count)

    def rows_in_order(self) -> Iterator[tuple[int, Event | Rejected]]:
        """Every event with its time, and every bad row with the time of the good one before it."""
        now_ms = 0
        self.repeated = 0
        seen: set[str] = set()
        for time_ms, _token, _place, identifier, _file, item in heapq.merge(
            *(_numbered(number, file) for number, file in enumerate(self._files))
        ):
            if time_ms != now_ms:
                now_ms = time_ms
                seen.clear()
            if identifier in seen:
                self.repeated += 1
                continue
            if identifier:
                seen.add(identifier)
            yield time_ms, item


class UnusableFiles:
    """Files that belong to no kind: they yield what is wrong with them and no events."""

    name = "recorded-unusable"
    topics: frozenset[str] = frozenset()
    order: Order = "unknown"

    def __init__(self, problems: Sequence[Rejected]) -> None:
        self._problems = sorted(problems, key=lambda problem: problem.file or "")
        self.identity = ""
        self.rows = len(problems)

    async def events(self, resume: str | None) -> AsyncIterator[tuple[Item, str]]:
        done = int(resume or 0)
        for count, problem in enumerate(self._problems[done:], done + 1):
            yield problem, str(count)


def _numbered(
    number: int, file: RecordedFile
) -> Iterator[tuple[int, str, int, str, int, Event | Rejected]]:
    """The file's rows with its number before the item: items themselves have no order."""
    for time_ms, token, place, identifier, item in file.read():
        yield time_ms, token, place, identifier, number, item
