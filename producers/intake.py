"""A source's items on their way to Kafka: checked, held until due, sent, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from memewatch.clock import Clock
from memewatch.kafka import RecordProducer
from producers import metrics
from producers.lane import Lane
from producers.session import Confirmation
from producers.source import LONGEST_LETTER, Alive, CaughtUp, Item, Progress, Rejected
from schemas.alerts import DeadLetter
from schemas.codec import EVENT_DECODERS, InvalidRecordError, encode, event_time_ms, topic_of
from schemas.events import Event
from schemas.payloads import RawPayload
from schemas.times import rfc3339
from schemas.topics import DEAD_LETTERS, RAW_PAYLOADS

#: A paced source looks at the clock again at least this often.
_LONGEST_WAIT_S = 60.0
#: Brokers refuse records of more than 1 MiB unless told otherwise.
_LARGEST_EVENT = 1_000_000


class Intake:
    """Takes items of all lanes while ``may_publish`` is set.

    ``letters`` are the dead letters sent and not yet looked after; ``since_watermark`` counts
    events. Both are reset by whoever writes watermarks.
    """

    def __init__(self, producer: RecordProducer, clock: Clock) -> None:
        self.may_publish = asyncio.Event()
        self.letters: list[Confirmation] = []
        self.since_watermark = 0
        self.watermarks: Mapping[str, int] = {}
        self._producer = producer
        self._clock = clock

    async def take(self, lane: Lane, item: Item) -> None:
        """Return once the item is handed to the producer (an event), kept (a promise) or refused.

        Raises:
            KafkaException: an earlier record could not be delivered.
        """
        if isinstance(item, Progress):
            lane.promise(item.time_ms, item.topic)
            await self._hold(lane, item.time_ms)
        elif isinstance(item, Rejected):
            await self._refuse(lane, item)
        elif isinstance(item, RawPayload):
            await self._hold(lane, None)
            await self._producer.send(RAW_PAYLOADS.name, encode(item), key=item.source)
        elif not isinstance(item, Alive | CaughtUp):
            await self._take_event(lane, item)

    async def _take_event(self, lane: Lane, event: Event) -> None:
        topic = topic_of(event)
        value = b""
        try:
            value = encode(event)
            time_ms = _checked_time(lane, topic, event, value)
            if lane.feed.live and await self._is_late(lane, topic, time_ms):
                event = msgspec.structs.replace(event, origin="backfill")
                value = encode(event)
        except (InvalidRecordError, UnicodeEncodeError) as error:
            await self._refuse(lane, Rejected(reason=str(error), value=value))
            return
        if lane.feed.source.order == "ordered":
            lane.promise(time_ms, None)
        await self._hold(lane, time_ms)
        if event.origin == "live" and time_ms < self.watermarks.get(topic, time_ms):
            metrics.LATE.labels(lane.name, topic).inc()
        await self._producer.send(topic, value, key=event.token)
        lane.published[topic] += 1
        if lane.newest_ms is None or time_ms > lane.newest_ms:
            lane.newest_ms = time_ms
        self.since_watermark += 1

    async def _is_late(self, lane: Lane, topic: str, time_ms: int) -> bool:
        # Before the session is open nothing is promised yet.
        await self._hold(lane, None)
        return time_ms < self.watermarks.get(topic, time_ms)

    async def _hold(self, lane: Lane, time_ms: int | None) -> None:
        """Wait until publishing is allowed and, with a time, until that has come."""
        pace = lane.feed.pace
        while True:
            if not self.may_publish.is_set():
                lane.ready.set()
                await self.may_publish.wait()
            elif pace is None or time_ms is None or (delay_s := pace.delay_s(time_ms)) <= 0:
                return
            else:
                await self._clock.sleep(min(delay_s, _LONGEST_WAIT_S))

    async def _refuse(self, lane: Lane, item: Rejected) -> None:
        await self._hold(lane, None)
        lane.keep_reason(item)
        metrics.DEAD_LETTERS.labels(lane.name).inc()
        letter = DeadLetter(
            reason=item.reason,
            stage="producer",
            value=item.value[:LONGEST_LETTER],
            file=item.file,
            line=item.line,
            failed_at=rfc3339(self._clock.now_ms()),
        )
        confirmation = Confirmation(1)
        self.letters.append(confirmation)
        await self._producer.send(
            DEAD_LETTERS.name, encode(letter), on_delivery=confirmation.on_delivery
        )


def _checked_time(lane: Lane, topic: str, event: Event, value: bytes) -> int:
    """The event's time in ms, when any reader would take the event and no promise is broken."""
    if len(value) > _LARGEST_EVENT:
        raise InvalidRecordError(f"larger than {_LARGEST_EVENT} bytes")
    EVENT_DECODERS[topic](value)
    time_ms = event_time_ms(event)
    if topic not in lane.feed.source.topics:
        raise InvalidRecordError(f"source {lane.name} is not for {topic}")
    if time_ms < lane.promised.get(topic, time_ms):
        raise InvalidRecordError("older than the watermark its source promised")
    return time_ms
