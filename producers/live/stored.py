"""What sources said before, read again from the topic of raw payloads."""

from __future__ import annotations

import asyncio
import uuid
import zlib
from collections.abc import AsyncIterator

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from memewatch.kafka import client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from producers.live.base import Heard
from producers.live.feed import payload_of
from schemas.codec import InvalidRecordError, decode_raw_payload
from schemas.times import parse_rfc3339
from schemas.topics import RAW_PAYLOADS

_BATCH = 500
_TIMEOUT_S = 10.0


async def stored_payloads(
    settings: Settings, name: str, begin_ms: int, end_ms: int, resume: str | None
) -> AsyncIterator[Heard]:
    """The source's payloads received in ``begin_ms <= t < end_ms``; the cursor is the offset.

    Raises:
        KafkaException: Kafka does not answer.
    """
    consumer = Consumer(
        client_config(settings)
        | {"group.id": f"{settings.namespace}raw-{uuid.uuid4().hex}", "enable.auto.commit": False}
    )
    partition = TopicPartition(settings.namespace + RAW_PAYLOADS.name, 0)
    try:
        low, high = await asyncio.to_thread(log_bounds, consumer, partition, _TIMEOUT_S)
        partition.offset = max(low, int(resume or 0))
        consumer.assign([partition])
        position = partition.offset
        while position < high:
            messages: list[Message] = await asyncio.to_thread(consumer.consume, _BATCH, 0.5)
            for message in messages:
                if error := message.error():
                    raise KafkaException(error)
                position = (message.offset() or 0) + 1
                if message.key() != name.encode() or position > high:
                    continue
                try:
                    raw = decode_raw_payload(message.value() or b"")
                    received_ms = parse_rfc3339(raw.received_at)
                    payload = payload_of(raw, str(position), received_ms)
                except (InvalidRecordError, ValueError, zlib.error):
                    # Whoever wrote it was not us; there is nothing to read in it.
                    continue
                if begin_ms <= received_ms < end_ms:
                    yield payload
            # What was deleted at the end, by retention, leaves no record to come to.
            if not messages:
                position = max(position, consumer.position([partition])[0].offset)
    finally:
        await asyncio.to_thread(consumer.close)
