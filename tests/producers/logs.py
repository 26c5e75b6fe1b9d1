"""What a log of event topics must look like, be it in memory or in Kafka."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from producers.session import TOPICS
from schemas.codec import EVENT_DECODERS, decode_control, event_time_ms
from schemas.events import Control, Event
from schemas.times import parse_rfc3339
from schemas.topics import EVENT_PARTITIONS

PARTITIONS = [(topic, number) for topic in TOPICS for number in range(EVENT_PARTITIONS)]


@dataclass(frozen=True, slots=True)
class Record:
    topic: str
    partition: int
    value: bytes
    is_event: bool

    @property
    def is_control(self) -> bool:
        return self.topic in TOPICS and not self.is_event

    @property
    def control(self) -> Control:
        return decode_control(self.value)

    @property
    def event(self) -> Event:
        return EVENT_DECODERS[self.topic](self.value)

    @property
    def time_ms(self) -> int:
        """The event's time, or the watermark."""
        return event_time_ms(self.event) if self.is_event else parse_rfc3339(self.control.watermark)


def by_partition(log: Iterable[Record]) -> dict[tuple[str, int], list[Record]]:
    result = defaultdict(list)
    for record in log:
        if record.topic in TOPICS:
            result[record.topic, record.partition].append(record)
    return result


def event_ids(log: Iterable[Record]) -> dict[tuple[str, int], list[str]]:
    """By partition, each id once, in log order: what a reader makes of the log."""
    return {
        place: list(dict.fromkeys(record.event.id for record in records if record.is_event))
        for place, records in by_partition(log).items()
    }


def assert_promises_are_kept(log: Iterable[Record]) -> None:
    """No event is older than a watermark before it, unless it is a repetition."""
    for records in by_partition(log).values():
        watermark = 0
        known = set()
        for record in records:
            if not record.is_event:
                watermark = max(watermark, record.time_ms)
            elif record.event.id not in known:
                assert record.time_ms >= watermark
                known.add(record.event.id)


def assert_opens_and_closes_everywhere(log: Iterable[Record]) -> None:
    """Every partition holds one session: its opening, events and watermarks, its closing."""
    places = by_partition(log)
    assert sorted(places) == sorted(PARTITIONS)
    for records in places.values():
        controls = [record.control for record in records if record.is_control]
        assert len({(control.session, control.writer) for control in controls}) == 1
        assert (records[0].is_control, records[-1].is_control) == (True, True)
        assert [controls[0].control, controls[-1].control] == ["open", "close"]
        assert {control.control for control in controls[1:-1]} <= {"watermark"}
