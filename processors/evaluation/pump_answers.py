"""What the production state says about recorded trades, file by file and read as one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import msgspec
from msgspec import Struct

from processors.offline import replay
from processors.patterns import PatternSet
from schemas.alerts import Alert
from schemas.codec import event_time_ms
from schemas.events import Event
from schemas.times import parse_rfc3339

#: Gives the events of these files as one stream, in the order and with the ids they are played.
ReadEvents = Callable[[Sequence[Path]], Iterable[Event]]

_PATTERN = "pump_and_dump"
_DAY_MS = 86_400_000
#: Where an input lies in a log depends on what else is in it.
_MAY_DIFFER = {"inputs"}


@dataclass(frozen=True, slots=True)
class Raised:
    """A pump alert when it was raised."""

    score: float
    onset_ms: int
    phase: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Every revision of every alert about one file, read with fresh state."""

    path: Path
    alerts: tuple[Alert, ...]
    tokens: tuple[str, ...]
    events: int
    coin_days: float
    spent_s: float

    def raised(self) -> list[tuple[int, Raised]]:
        """The pump alerts with their event times."""
        return [
            (
                parse_rfc3339(alert.event_time),
                Raised(
                    score=alert.score,
                    onset_ms=parse_rfc3339(alert.onset_estimate),
                    phase=alert.phase,
                    explanation=alert.explanation,
                ),
            )
            for alert in self.alerts
            if alert.pattern == _PATTERN and alert.revision == 1
        ]

    def lines(self) -> Iterator[dict[str, object]]:
        """The pump alerts as they are written."""
        for time_ms, raised in self.raised():
            yield {
                "file": self.path.name,
                "event_time": time_ms,
                "score": raised.score,
                "phase": raised.phase,
                "onset_estimate": raised.onset_ms,
                "explanation": raised.explanation,
            }


class Difference(Struct, frozen=True, kw_only=True):
    """A revision that is another one when all files of its token are read as one stream.

    ``file`` is that which was read by itself; null when only the one stream has the revision.
    ``fields`` are those that differ; none when one of the two lacks the revision.
    """

    token: str
    pattern: str
    id: str
    revision: int
    event_time: str
    file: str | None
    fields: tuple[str, ...] = ()


def answer(path: Path, read: ReadEvents, patterns: PatternSet) -> Answer:
    """Read one file with fresh state."""
    events = list(read([path]))
    started = perf_counter()
    said = replay(events, patterns)
    spent_s = perf_counter() - started
    span_ms = event_time_ms(events[-1]) - event_time_ms(events[0]) if events else 0
    return Answer(
        path=path,
        alerts=tuple(said.alerts),
        tokens=tuple(dict.fromkeys(event.token for event in events)),
        events=len(events),
        coin_days=span_ms / _DAY_MS,
        spent_s=spent_s,
    )


def differences(
    answers: Iterable[Answer], read: ReadEvents, patterns: PatternSet
) -> list[Difference]:
    """What changes when the files of a token that is in several are read as one stream."""
    by_token: dict[str, list[Answer]] = {}
    for one in answers:
        for token in one.tokens:
            by_token.setdefault(token, []).append(one)
    found: list[Difference] = []
    for token, alone in by_token.items():
        if len(alone) > 1:
            together = replay(read([one.path for one in alone]), patterns).alerts
            found += _compare(token, alone, _by_revision(token, together))
    return found


def _compare(
    token: str, alone: Sequence[Answer], together: Mapping[tuple[str, int], Alert]
) -> Iterator[Difference]:
    told: set[tuple[str, int]] = set()
    for one in alone:
        for key, alert in _by_revision(token, one.alerts).items():
            told.add(key)
            other = together.get(key)
            fields = () if other is None else _fields(alert, other)
            if other is None or fields:
                yield _difference(alert, one.path.name, fields)
    for key, alert in together.items():
        if key not in told:
            yield _difference(alert, None, ())


def _by_revision(token: str, alerts: Iterable[Alert]) -> dict[tuple[str, int], Alert]:
    return {(alert.id, alert.revision): alert for alert in alerts if alert.token == token}


def _fields(first: Alert, second: Alert) -> tuple[str, ...]:
    one, other = msgspec.structs.asdict(first), msgspec.structs.asdict(second)
    return tuple(name for name in one if name not in _MAY_DIFFER and one[name] != other[name])


def _difference(alert: Alert, file: str | None, fields: tuple[str, ...]) -> Difference:
    return Difference(
        token=alert.token,
        pattern=alert.pattern,
        id=alert.id,
        revision=alert.revision,
        event_time=alert.event_time,
        file=file,
        fields=fields,
    )
