"""Recorded files: found, surveyed once, then read in event-time order as often as needed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from memewatch.errors import OperatorError
from producers.recorded.formats import FormatFinder
from producers.recorded.lines import read_lines, reject
from producers.recorded.rows import RowParser
from producers.recorded.trades import TradeParser
from producers.source import Rejected
from schemas.codec import InvalidRecordError
from schemas.events import Event

#: A file whose rows are out of order is sorted in memory, at about 400 bytes a row: 2 GB here.
MOST_UNSORTED_ROWS = 5_000_000

#: (event time ms, token, place in its same-millisecond group, id, event), or a rejected row with
#: the time of the good row before it.
OrderedRow = tuple[int, str, int, str, Event | Rejected]


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """What the survey found. ``parser`` is None when the format is unknown or the file is empty.

    ``digest`` names the content; ``rows`` counts the good ones, ``bad`` the others.
    """

    path: Path
    digest: str
    parser: RowParser | None
    rows: int
    bad: int
    first_ms: int | None
    is_sorted: bool

    def read(self) -> Iterator[OrderedRow]:
        """Every row in the order (event time, token, place in the file), bad ones among them."""
        if self.parser is None:
            return
        last_ms = self.first_ms or 0
        group: list[tuple[str, Any]] = []
        drafts = _drafts(self.path, self.parser)
        for row in drafts if self.is_sorted else _sorted(drafts):
            if isinstance(row, Rejected):
                yield last_ms, "", -1, "", row
                continue
            time_ms, token, draft = row
            if time_ms != last_ms:
                yield from _group(self.parser, last_ms, group)
                group.clear()
                last_ms = time_ms
            group.append((token, draft))
        yield from _group(self.parser, last_ms, group)


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files at the paths, each once; directories are searched, hidden files left out.

    Raises:
        OperatorError: a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise OperatorError(f"{path} does not exist: name recorded files or their folder")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and (file == path or not file.name.startswith(".")):
                found[file.resolve()] = None
    return list(found)


def survey(path: Path) -> tuple[RecordedFile, Rejected | None]:
    """Read a file once: its format, content, size and order.

    The second part says why the whole file cannot be used, if so.
    """
    parser, problem = _find_parser(path)
    rows = bad = last_ms = 0
    first_ms: int | None = None
    is_sorted = True
    for row in _drafts(path, parser) if parser else ():
        if isinstance(row, Rejected):
            bad += 1
            continue
        time_ms = row[0]
        is_sorted = is_sorted and time_ms >= last_ms
        last_ms = time_ms
        first_ms = time_ms if first_ms is None else min(first_ms, time_ms)
        rows += 1
    if not is_sorted and rows > MOST_UNSORTED_ROWS:
        reason = f"out of order and more than {MOST_UNSORTED_ROWS} rows: sort it by time first"
        parser, problem, rows, bad, first_ms = None, reject(path, None, reason, b""), 0, 0, None
    return RecordedFile(path, _digest(path), parser, rows, bad, first_ms, is_sorted), problem


def _find_parser(path: Path) -> tuple[RowParser | None, Rejected | None]:
    finder = FormatFinder()
    first: Rejected | None = None
    for line in read_lines(path):
        if isinstance(line, Rejected):
            first = first or line
            continue
        if (parser := finder.look_at(line[1])) is not None:
            return parser, None
        reason = "unknown format: neither trades (CSV) nor transfers, pools or posts (NDJSON)"
        first = first or reject(path, None, reason, line[1])
        if finder.gives_up:
            break
    return None, first


def _drafts(path: Path, parser: RowParser) -> Iterator[tuple[int, str, Any] | Rejected]:
    parse = parser.parse
    skip_header = isinstance(parser, TradeParser)
    for line in read_lines(path):
        if isinstance(line, Rejected):
            yield line
        elif skip_header:
            skip_header = False
        else:
            try:
                yield parse(line[1])
            except InvalidRecordError as error:
                yield reject(path, line[0], str(error), line[1])


def _sorted(
    drafts: Iterator[tuple[int, str, Any] | Rejected],
) -> Iterator[tuple[int, str, Any] | Rejected]:
    rows: list[tuple[int, str, Any]] = []
    for row in drafts:
        if isinstance(row, Rejected):
            yield row
        else:
            rows.append(row)
    rows.sort(key=itemgetter(0))
    yield from rows


def _group(parser: RowParser, time_ms: int, group: list[tuple[str, Any]]) -> Iterator[OrderedRow]:
    """The rows of one millisecond: by token, then as they stood in the file."""
    if len(group) == 1:
        token, draft = group[0]
        event: Event = draft if parser.identified else parser.event(draft, 0)
        yield time_ms, token, 0, event.id, event
        return
    group.sort(key=itemgetter(0))
    places: Counter[str] = Counter()
    ordinals: Counter[Any] = Counter()
    for token, draft in group:
        if parser.identified:
            event = draft
        else:
            event = parser.event(draft, ordinals[draft])
            ordinals[draft] += 1
        yield time_ms, token, places[token], event.id, event
        places[token] += 1


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
    except OSError:
        return f"unreadable:{path.name}"
