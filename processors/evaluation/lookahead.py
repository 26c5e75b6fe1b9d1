"""Does anything know the future? Every cut of a log is replayed, and every alert's inputs are read.

* *Cutting off the future changes no past score*: a fresh state that is given the log up to a cut,
  in one piece, must say exactly what the state said that was given the whole log record by record.
* *No alert precedes an input it used*: a first revision names only events up to its event time,
  and every revision only records that lay in the log when it was said.

A pattern is *put to the test* by an alert that was raised before the last cut, so that a replay
without the future had to raise it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from processors.evaluation.report import write_report
from processors.offline import MemoryRecord, write_log
from processors.partition import PartitionState
from processors.patterns import SHIPPED, PatternSet
from processors.records import Outputs
from schemas.alerts import Alert, Signal
from schemas.codec import EVENT_DECODERS, event_time_ms
from schemas.events import Event
from schemas.times import parse_rfc3339

Log = Sequence[tuple[str, MemoryRecord]]
_NOW = "1970-01-01T00:00:00.000Z"
#: Records of one topic that a replayed cut is given at once.
_BATCH = 1_000
_NOTES = (
    "A pattern was put to the test if it raised an alert before the last cut of a log.",
    "Signals are the features over ten seconds of event time, their anomaly scores among them.",
)


@dataclass(slots=True)
class Lookahead:
    """What was checked and what was found wrong, by pattern; violations are told one by one."""

    records: int = 0
    cuts: int = 0
    alerts: Counter[str] = field(default_factory=Counter)
    #: Of those, the ones raised before the last cut.
    tested: Counter[str] = field(default_factory=Counter)
    revisions: Counter[str] = field(default_factory=Counter)
    signals: int = 0
    inputs: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(self, other: Lookahead) -> None:
        """Count another log's check in."""
        self.records += other.records
        self.cuts += other.cuts
        self.alerts += other.alerts
        self.tested += other.tested
        self.revisions += other.revisions
        self.signals += other.signals
        self.inputs += other.inputs
        self.violations += other.violations

    def untested(self, patterns: PatternSet = SHIPPED) -> tuple[str, ...]:
        """The patterns that were not put to the test."""
        return tuple(pattern for pattern in patterns.names() if not self.tested[pattern])

    def table(self) -> str:
        """The outcome as lines of text."""
        lines = [f"{'pattern':<28}{'alerts':>8}{'tested':>8}{'revisions':>11}{'inputs':>8}"]
        lines += [
            f"{pattern:<28}{self.alerts[pattern]:>8}{self.tested[pattern]:>8}"
            f"{self.revisions[pattern]:>11}{self.inputs[pattern]:>8}"
            for pattern in sorted(self.revisions)
        ]
        lines.append(
            f"{self.records} records, {self.cuts} cuts, {self.signals} signals: "
            f"{len(self.violations) or 'no'} violations"
        )
        return "\n".join((*lines, *self.violations[:20]))


def check(events: Iterable[Event], cuts: int = 4, patterns: PatternSet = SHIPPED) -> Lookahead:
    """Check one log, made of events in event-time order, at so many cuts spread evenly."""
    log = tuple(write_log(events))
    found = Lookahead(records=len(log))
    said, alerts_by, signals_by = _one_by_one(log, patterns)
    _check_inputs(log, said.alerts, alerts_by, found)
    found.signals = len(said.signals)
    for number in range(1, cuts + 1):
        cut = len(log) * number // (cuts + 1)
        found.cuts += 1
        again = _in_one_piece(log[:cut], patterns)
        _compare("alert", cut, said.alerts[: alerts_by[cut]], again.alerts, found)
        _compare("signal", cut, said.signals[: signals_by[cut]], again.signals, found)
        found.tested = Counter(
            alert.pattern for alert in said.alerts[: alerts_by[cut]] if alert.revision == 1
        )
    return found


def write_lookahead_report(found: Lookahead, figures: Mapping[str, object], out: Path) -> None:
    """Write the report; ``figures`` say what was read."""
    write_report(
        out,
        "Nothing knows the future" if not found.violations else "Something knows the future",
        {
            **figures,
            "records": found.records,
            "cuts": found.cuts,
            "signals": found.signals,
            "violations": len(found.violations),
            "patterns_not_put_to_the_test": list(found.untested()),
            "by_pattern": {
                pattern: {
                    "alerts": found.alerts[pattern],
                    "tested": found.tested[pattern],
                    "revisions": found.revisions[pattern],
                    "inputs": found.inputs[pattern],
                }
                for pattern in SHIPPED.names()
            },
        },
        (),
        (*_NOTES, *found.violations),
    )


def _one_by_one(log: Log, patterns: PatternSet) -> tuple[Outputs, list[int], list[int]]:
    """What is said of the whole log, and how many alerts and signals after each record."""
    state, said = PartitionState(0, patterns), Outputs(now=_NOW)
    alerts, signals = [0], [0]
    for topic, record in log:
        state.process(topic, (record,), said)
        alerts.append(len(said.alerts))
        signals.append(len(said.signals))
    return said, alerts, signals


def _in_one_piece(log: Log, patterns: PatternSet) -> Outputs:
    """What a fresh state says of a log that it is given in the largest batches of one topic."""
    state, said = PartitionState(0, patterns), Outputs(now=_NOW)
    batch: list[MemoryRecord] = []
    current = ""
    for topic, record in log:
        if batch and (topic != current or len(batch) >= _BATCH):
            state.process(current, batch, said)
            batch = []
        current = topic
        batch.append(record)
    if batch:
        state.process(current, batch, said)
    return said


def _check_inputs(log: Log, alerts: Sequence[Alert], alerts_by: list[int], out: Lookahead) -> None:
    places = {(topic, record.offset): place for place, (topic, record) in enumerate(log, 1)}
    known = 0
    for number, alert in enumerate(alerts, 1):
        while alerts_by[known] < number:
            known += 1
        out.alerts[alert.pattern] += alert.revision == 1
        out.revisions[alert.pattern] += 1
        for reference in alert.inputs:
            out.inputs[alert.pattern] += 1
            place = places.get((reference.topic, reference.offset))
            told = f"{alert.pattern} {alert.id} revision {alert.revision}"
            if place is None or place > known:
                out.violations.append(f"{told} names a record that was not there yet")
                continue
            topic, record = log[place - 1]
            time_ms = event_time_ms(EVENT_DECODERS[topic](record.value or b""))
            if alert.revision == 1 and time_ms > parse_rfc3339(alert.event_time):
                out.violations.append(f"{told} precedes an event that it names")


def _compare(
    kind: str,
    cut: int,
    before: Sequence[Alert] | Sequence[Signal],
    again: Sequence[Alert] | Sequence[Signal],
    out: Lookahead,
) -> None:
    """Both runs must have said the same; alerts and signals of one batch may be in any order."""
    first, second = (Counter(map(msgspec.json.encode, said)) for said in (before, again))
    for text in (first - second).elements():
        out.violations.append(f"cut at record {cut}: only with the future: {kind} {text[:200]!r}")
    for text in (second - first).elements():
        out.violations.append(f"cut at record {cut}: only without it: {kind} {text[:200]!r}")
