"""Pump-and-dump detection on recorded trades, scored against labelled onsets.

Every file is read by the production state, fresh; its alerts are written before the labels are
opened. An alert within 120 s of the onset is a hit, further ones up to 30 minutes after the onset
are ignored, every other one is false.
"""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Protocol

import msgspec

from memewatch.errors import OperatorError
from processors.detectors.base import Detector, Opening
from processors.detectors.pump_and_dump import SETTINGS, PumpAndDump, PumpSettings
from processors.evaluation.pump_answers import ReadEvents, answer, differences
from processors.evaluation.pump_report import Recording, write_pump_report
from processors.evaluation.report import data_hash
from processors.evaluation.watching import Watch, unwatched
from processors.patterns import SHIPPED, PatternSet
from schemas.events import Tick
from schemas.times import parse_rfc3339

TOLERANCE_MS = 120_000
IGNORED_AFTER_MS = 30 * 60_000
#: The earlier part of the recordings by date, from which settings and scores may be learned.
LEARNED_SHARE = 0.7
#: The engine's default for starting a token's state fresh.
IDLE_MS = 24 * 3_600_000


class Said(Protocol):
    """What an alert is judged by."""

    @property
    def score(self) -> float: ...

    @property
    def onset_ms(self) -> int: ...


#: Alerts with their event times.
Alerts = Sequence[tuple[int, Said]]


@dataclass(frozen=True, slots=True)
class FileScore:
    """One recording: the delay of its hit in seconds (None: missed) and its false alerts."""

    file: str
    delay_s: float | None
    onset_error_s: float | None
    false_alerts_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PumpReport:
    """All recordings together. Delays are in seconds, ``cost_us`` is microseconds an event."""

    files: tuple[FileScore, ...]
    coin_days: float
    cost_us: float
    #: Revisions that differ when all files of their token are read as one stream.
    differing: int = 0

    @property
    def hits(self) -> int:
        return sum(score.delay_s is not None for score in self.files)

    @property
    def false_alerts(self) -> int:
        return sum(len(score.false_alerts_s) for score in self.files)

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.false_alerts)

    @property
    def recall(self) -> float:
        return self.hits / max(1, len(self.files))

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(1, self.hits + self.false_alerts + len(self.files))

    @property
    def false_alerts_a_day(self) -> float:
        return self.false_alerts / self.coin_days if self.coin_days else 0.0

    def delay_s(self, share: float) -> float:
        """The delay that this share of the hits does not exceed; NaN without hits."""
        delays = sorted(s.delay_s for s in self.files if s.delay_s is not None)
        if len(delays) < 2:
            return delays[0] if delays else float("nan")
        if share == 0.5:
            return median(delays)
        return quantiles(delays, n=100, method="inclusive")[round(share * 100) - 1]

    def table(self) -> str:
        """The report as lines of text."""
        lines = [f"{'file':32} {'delay s':>9}  false alerts (s from onset)"]
        for score in self.files:
            delay = "missed" if score.delay_s is None else f"{score.delay_s:.1f}"
            false = ", ".join(f"{seconds:.0f}" for seconds in score.false_alerts_s)
            lines.append(f"{score.file:32} {delay:>9}  {false}")
        lines.append(
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}  "
            f"delay median {self.delay_s(0.5):.1f} s, p90 {self.delay_s(0.9):.1f} s  "
            f"false alerts per coin-day {self.false_alerts_a_day:.4f}  "
            f"{self.cost_us:.1f} µs an event"
        )
        if self.differing:
            lines.append(
                f"{self.differing} revisions differ where a token's files are read as one stream"
            )
        return "\n".join(lines)


def evaluate(
    trades_dir: Path,
    events_csv: Path,
    out_dir: Path,
    read: ReadEvents,
    patterns: PatternSet = SHIPPED,
    watch: Watch = unwatched,
) -> PumpReport:
    """Detect in every recording, write the answers, then open the labels, score and report.

    ``alerts.ndjson`` has each alert about a pump when it was raised, ``alerts_full.ndjson`` every
    revision of every alert as it stands in the topic, and ``several_files.ndjson`` what reading
    all files of a token as one stream changes, where there are several.

    Args:
        read: the events of these files, those of one token in one stream, as they are played.

    Raises ``OperatorError`` when a recording or the labels cannot be read.
    """
    paths = sorted(path for path in trades_dir.glob("*.csv*"))
    if not paths:
        raise OperatorError(f"{trades_dir} holds no recorded trades (*.csv or *.csv.gz)")
    out_dir.mkdir(parents=True, exist_ok=True)
    answers = [answer(path, read, patterns) for path in watch(paths, "recordings")]
    _write_lines(out_dir / "alerts.ndjson", (line for one in answers for line in one.lines()))
    _write_lines(out_dir / "alerts_full.ndjson", (a for one in answers for a in one.alerts))
    several = differences(answers, read, patterns)
    _write_lines(out_dir / "several_files.ndjson", several)
    raised = {one.path.name: one.raised() for one in answers}
    onsets = read_onsets(events_csv)
    if unlabelled := sorted(raised.keys() - onsets.keys()):
        raise OperatorError(f"{events_csv} has no onset for {', '.join(unlabelled)}")
    files = tuple(score_file(name, found, onsets[name]) for name, found in raised.items())
    later = sorted(raised, key=lambda name: (onsets[name], name))[_not_later(len(raised)) :]
    recordings = [
        Recording(
            file=score.file,
            delay_s=score.delay_s,
            judged=judged(raised[score.file], onsets[score.file]),
            coin_days=one.coin_days,
            later=score.file in later,
        )
        for score, one in zip(files, answers, strict=True)
    ]
    write_pump_report(recordings, data_hash((*paths, events_csv)), out_dir)
    return PumpReport(
        files=files,
        coin_days=sum(one.coin_days for one in answers),
        cost_us=sum(one.spent_s for one in answers) * 1e6 / max(1, sum(a.events for a in answers)),
        differing=len(several),
    )


def detect(
    ticks: Iterable[tuple[Tick, int]], settings: PumpSettings = SETTINGS
) -> list[tuple[int, Opening]]:
    """Every opening with its event time, as the engine would make them for one token."""
    detector: Detector[Tick] = PumpAndDump(settings)
    found: list[tuple[int, Opening]] = []
    last_ms: int | None = None
    for tick, time_ms in ticks:
        if last_ms is not None and time_ms - last_ms > IDLE_MS:
            detector = PumpAndDump(settings)
        last_ms = time_ms
        opening = detector.observe(tick, time_ms)
        if opening is not None:
            found.append((time_ms, opening))
    return found


def _not_later(recordings: int) -> int:
    """How many of so many recordings, by date, may be chosen and learned from."""
    return math.ceil(LEARNED_SHARE * recordings)


def score_file(name: str, alerts: Alerts, onset_ms: int) -> FileScore:
    """Hit, ignored or false, for each alert of one recording."""
    hits = [(t, opening) for t, opening in alerts if abs(t - onset_ms) <= TOLERANCE_MS]
    false = [t for t, _ in alerts if not -TOLERANCE_MS <= t - onset_ms <= IGNORED_AFTER_MS]
    return FileScore(
        file=name,
        delay_s=(hits[0][0] - onset_ms) / 1000 if hits else None,
        onset_error_s=(hits[0][1].onset_ms - onset_ms) / 1000 if hits else None,
        false_alerts_s=tuple((t - onset_ms) / 1000 for t in false),
    )


def judged(alerts: Alerts, onset_ms: int) -> tuple[tuple[float, bool], ...]:
    """The score of each alert that counts, and whether it was right."""
    hits = [opening.score for t, opening in alerts if abs(t - onset_ms) <= TOLERANCE_MS]
    false = [
        opening.score
        for t, opening in alerts
        if not -TOLERANCE_MS <= t - onset_ms <= IGNORED_AFTER_MS
    ]
    return (*((score, True) for score in hits[:1]), *((score, False) for score in false))


def read_trades(path: Path) -> Iterator[tuple[Tick, int]]:
    """The trades of one recording with their event times, in the file's order."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            base, _, quote = row["symbol"].partition("/")
            tick = Tick(
                id=f"{path.name}:{number}",
                token=base,
                symbol=base,
                event_time=row["datetime"],
                source="recorded",
                price=row["price"],
                amount=row["amount"],
                side="buy" if row["side"] == "buy" else "sell",
                quote=quote or None,
            )
            yield tick, int(row["timestamp"])


def read_onsets(events_csv: Path) -> dict[str, int]:
    """The onset of each recording in milliseconds, by file name."""
    try:
        with events_csv.open(encoding="utf-8") as lines:
            return {row["file"]: parse_rfc3339(row["onset_at"]) for row in csv.DictReader(lines)}
    except (OSError, KeyError, ValueError) as error:
        raise OperatorError(f"cannot read the labels in {events_csv}: {error}") from error


def _write_lines(file: Path, records: Iterable[object]) -> None:
    with file.open("wb") as stream:
        for record in records:
            stream.write(msgspec.json.encode(record) + b"\n")
