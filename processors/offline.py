"""The production state over events in memory: what `evaluate` and tests run, without Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from processors.partition import PartitionState
from processors.patterns import SHIPPED, PatternSet
from processors.records import Outputs
from schemas.codec import encode, event_time_ms, topic_of
from schemas.events import Control, Event
from schemas.times import rfc3339
from schemas.topics import EVENT_TOPICS

_WATERMARK_EVERY = 500
_NEVER = "1970-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A log record that was never in Kafka."""

    key: bytes | None
    value: bytes | None
    offset: int


def write_log(
    events: Iterable[Event], session: str = "offline", watermark_every: int = _WATERMARK_EVERY
) -> Iterator[tuple[str, MemoryRecord]]:
    """The log of one session, as a producer would write it to one partition of each topic.

    ``events`` come in event-time order. Yields (topic, record).
    """
    offsets = {spec.name: 0 for spec in EVENT_TOPICS}

    def record(topic: str, key: bytes | None, value: bytes) -> tuple[str, MemoryRecord]:
        offset = offsets[topic]
        offsets[topic] = offset + 1
        return topic, MemoryRecord(key, value, offset)

    def control(kind: str, time_ms: int) -> Iterator[tuple[str, MemoryRecord]]:
        value = encode(
            Control(control=kind, session=session, writer="offline", watermark=rfc3339(time_ms))  # type: ignore[arg-type]
        )
        for spec in EVENT_TOPICS:
            yield record(spec.name, None, value)

    time_ms = 0
    since_watermark = 0
    opened = False
    for event in events:
        time_ms = event_time_ms(event)
        if not opened:
            yield from control("open", time_ms)
            opened = True
        since_watermark += 1
        if since_watermark > watermark_every:
            yield from control("watermark", time_ms)
            since_watermark = 1
        yield record(topic_of(event), event.token.encode(), encode(event))
    if opened:
        yield from control("close", time_ms)


def replay(
    events: Iterable[Event],
    patterns: PatternSet = SHIPPED,
    watermark_every: int = _WATERMARK_EVERY,
) -> Outputs:
    """Everything the production state says about events given in event-time order."""
    state = PartitionState(0, patterns)
    out = Outputs(now=_NEVER)
    for topic, record in write_log(events, watermark_every=watermark_every):
        state.process(topic, (record,), out)
    return out
