"""`memewatch play`: recorded files of all kinds in one session, each kind at its own speed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from memewatch.clock import Clock, SystemClock
from memewatch.errors import OperatorError
from memewatch.settings import Settings
from producers.lane import Feed, Lane
from producers.pace import EventTimePace, Pace, TogetherPace
from producers.publishing import Plan, publish, stop_on_signals
from producers.recorded.files import RecordedFile, find_files, survey
from producers.recorded.source import RecordedSource, UnusableFiles
from producers.runner import Runner
from producers.source import Rejected
from producers.state import SessionState
from schemas.topics import EVENT_TOPICS, TICKS

KIND = "play"
_KIND_NAMES = {spec.name: spec.name for spec in EVENT_TOPICS} | {"trades": TICKS.name}
_PROGRESS_S = 0.2
#: Files do not get better by being read again at once; one more try is for a network drive.
_RESTARTS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayProgress:
    """``done`` of ``total`` rows by kind (posts, ticks, transfers); files while they are read."""

    stage: str
    done: dict[str, int]
    total: dict[str, int]


@dataclass(frozen=True, slots=True)
class BadRow:
    """``line`` is None when the whole file cannot be used."""

    file: str
    line: int | None
    reason: str


@dataclass(slots=True, kw_only=True)
class KindReport:
    """One kind's rows. ``repeated`` rows stood in another file already; ``bad`` holds some."""

    good: int = 0
    repeated: int = 0
    bad_rows: int = 0
    bad: list[BadRow] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class PlayReport:
    """``finished`` is False when it was interrupted; ``unusable`` lists files of no known kind.

    Everything counted as good is confirmed by Kafka.
    """

    finished: bool
    seconds: float
    kinds: dict[str, KindReport]
    unusable: list[BadRow]

    @property
    def good(self) -> int:
        return sum(kind.good for kind in self.kinds.values())

    @property
    def bad(self) -> int:
        return sum(kind.bad_rows for kind in self.kinds.values()) + len(self.unusable)


def play(
    settings: Settings,
    paths: Sequence[Path],
    *,
    speeds: Mapping[str, float | None] | None = None,
    resume: bool = False,
    progress: Callable[[PlayProgress], None] = lambda _progress: None,
) -> PlayReport:
    """Publish recorded files; blocks until all is confirmed, or SIGINT or SIGTERM came.

    ``speeds`` are by kind (posts, ticks or trades, transfers): N times as fast as it happened,
    or None for as fast as possible. ``resume`` continues the last play of the same files.

    Raises:
        OperatorError: a path or speed is wrong, there is nothing to resume, another publisher is
            at work, or Kafka does not answer.
    """

    async def run() -> PlayReport:
        stop = asyncio.Event()
        stop_on_signals(stop)
        return await play_async(
            settings, paths, stop, speeds=speeds, resume=resume, progress=progress
        )

    return asyncio.run(run())


async def play_async(
    settings: Settings,
    paths: Sequence[Path],
    stop: asyncio.Event,
    *,
    speeds: Mapping[str, float | None] | None = None,
    resume: bool = False,
    progress: Callable[[PlayProgress], None] = lambda _progress: None,
    clock: Clock | None = None,
) -> PlayReport:
    """As ``play``, in a running event loop; ends early and in order when ``stop`` is set."""
    clock = clock or SystemClock()
    began = time.monotonic()
    recording = _Recording(by_topic(speeds or {}), clock, resume)
    await recording.read(paths, progress)
    if not recording.is_empty:
        recording.finished = await recording.publish(settings, stop, progress)
    return recording.report(time.monotonic() - began)


def by_topic(speeds: Mapping[str, float | None]) -> dict[str, float | None]:
    """The speeds by topic name; raises ``OperatorError`` for what is no kind or no speed."""
    result: dict[str, float | None] = {}
    for kind, speed in speeds.items():
        if kind not in _KIND_NAMES:
            raise OperatorError(f"no kind {kind!r}: the kinds are {', '.join(sorted(_KIND_NAMES))}")
        if speed is not None and not 0 < speed < float("inf"):
            raise OperatorError(f"speed {speed!r} of {kind} must be above 0, or max")
        result[_KIND_NAMES[kind]] = speed
    return result


class _Recording:
    """The files of one call on their way."""

    def __init__(self, speeds: dict[str, float | None], clock: Clock, resume: bool) -> None:
        self.finished = True
        self._speeds = speeds
        self._clock = clock
        self._resume = resume
        self._sources: list[RecordedSource] = []
        self._unusable = UnusableFiles(())
        self._lanes: list[Lane] = []

    @property
    def is_empty(self) -> bool:
        return not any(source.rows for source in self._sources) and not self._unusable.rows

    async def read(self, paths: Iterable[Path], progress: Callable[[PlayProgress], None]) -> None:
        """Survey every file: what kind it is, and whether its rows are in order."""
        files: defaultdict[str, list[RecordedFile]] = defaultdict(list)
        problems: list[Rejected] = []
        found = find_files(paths)
        for number, path in enumerate(found, 1):
            file, problem = await asyncio.to_thread(survey, path)
            if problem is not None:
                problems.append(problem)
            elif file.parser is not None:
                files[file.parser.topic].append(file)
            progress(
                PlayProgress(stage="read", done={"files": number}, total={"files": len(found)})
            )
        self._sources = [RecordedSource(topic, files[topic]) for topic in sorted(files)]
        self._unusable = UnusableFiles(problems)

    async def publish(
        self, settings: Settings, stop: asyncio.Event, progress: Callable[[PlayProgress], None]
    ) -> bool:
        reporter = asyncio.create_task(self._report_progress(progress))
        try:
            return await publish(settings, KIND, self._plan, self._clock, stop, self._watch)
        finally:
            reporter.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reporter
            progress(self._progress())

    def report(self, seconds: float) -> PlayReport:
        lanes = {lane.name: lane for lane in self._lanes}
        kinds = {}
        for source in self._sources:
            lane = lanes[source.name]
            kinds[source.topic] = KindReport(
                good=lane.published.total(),
                repeated=source.repeated,
                bad_rows=lane.rejected,
                bad=[_bad_row(item) for item in lane.reasons],
            )
        unusable = lanes[self._unusable.name].reasons if self._unusable.name in lanes else []
        return PlayReport(
            finished=self.finished,
            seconds=seconds,
            kinds=kinds,
            unusable=[_bad_row(item) for item in unusable],
        )

    def _plan(self, last: SessionState | None) -> Plan:
        identity = self._identity()
        cursors: dict[str, str] = {}
        starts = [source.first_ms for source in self._sources if source.first_ms is not None]
        start_ms = min(starts, default=self._clock.now_ms())
        continues: SessionState | None = None
        if self._resume:
            if last is None or not last.continues(KIND, identity) or last.finished:
                raise OperatorError(
                    "there is no unfinished play of these files: play them without --resume"
                )
            cursors = last.cursors
            continues = last if last.open else None
            start_ms = max(start_ms, min(last.watermarks.values()))
        feeds = [
            Feed(source=source, pace=pace, restarts=_RESTARTS)
            for source, pace in zip(self._sources, self._paces(start_ms), strict=True)
        ]
        if self._unusable.rows:
            feeds.append(Feed(source=self._unusable, restarts=_RESTARTS))
        return Plan(kind=KIND, identity=identity, feeds=feeds, cursors=cursors, continues=continues)

    def _paces(self, start_ms: int) -> list[Pace]:
        """One event time falls on now for all kinds, so those of equal speed stay side by side."""
        now_ms = self._clock.now_ms()
        together: dict[str, int] = {}
        paces: list[Pace] = []
        for source in self._sources:
            speed = self._speeds.get(source.topic)
            if speed is None:
                paces.append(TogetherPace(together, source.topic, start_ms))
            else:
                paces.append(EventTimePace(self._clock, speed, start_ms, now_ms))
        return paces

    def _identity(self) -> str:
        parts = [f"{source.topic}={source.identity}" for source in self._sources]
        return hashlib.blake2b(" ".join(parts).encode(), digest_size=16).hexdigest()

    def _watch(self, runner: Runner) -> None:
        self._lanes = runner.lanes

    async def _report_progress(self, progress: Callable[[PlayProgress], None]) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_S)
            progress(self._progress())

    def _progress(self) -> PlayProgress:
        total = {source.topic: source.rows for source in self._sources}
        done = dict.fromkeys(total, 0)
        for lane, source in zip(self._lanes, self._sources, strict=False):
            done[source.topic] = source.rows if lane.is_done else int(lane.cursor or 0)
        return PlayProgress(stage="publish", done=done, total=total)


def _bad_row(item: Rejected) -> BadRow:
    return BadRow(item.file or "", item.line, item.reason)
