"""Recorded files read at once, without Kafka: the events that `memewatch play` publishes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from memewatch.errors import OperatorError
from producers.recorded.files import RecordedFile, find_files, survey
from producers.recorded.source import RecordedSource
from producers.source import Rejected
from schemas.events import Event
from schemas.topics import EVENT_TOPICS


def read_events(paths: Iterable[Path]) -> Iterator[Event]:
    """All events of the files in the order (event time, topic, token, place in the file).

    What stands in two files comes once. Bad rows are left out, as they are when they are played.

    Raises:
        OperatorError: a file is missing, or none of its rows can be used.
    """
    files: defaultdict[str, list[RecordedFile]] = defaultdict(list)
    for path in find_files(paths):
        file, problem = survey(path)
        if problem is not None:
            raise OperatorError(f"cannot read {path}: {problem.reason}")
        if file.parser is not None:
            files[file.parser.topic].append(file)
    topics = [RecordedSource(spec.name, files[spec.name]) for spec in EVENT_TOPICS]
    merged = (_with_topic(number, topic) for number, topic in enumerate(topics))
    for _time_ms, _topic, _count, event in heapq.merge(*merged):
        yield event


def _with_topic(number: int, topic: RecordedSource) -> Iterator[tuple[int, int, int, Event]]:
    """The topic's events; a count stands before each, since events themselves have no order."""
    for count, (time_ms, item) in enumerate(topic.rows_in_order()):
        if not isinstance(item, Rejected):
            yield time_ms, number, count, item
