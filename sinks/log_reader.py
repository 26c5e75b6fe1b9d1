"""Reading the log from given positions, in a thread, decoded."""

from __future__ import annotations

import logging

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from memewatch.kafka import client_config
from memewatch.settings import Settings
from schemas.topics import SINK_GROUP
from sinks.base import Record
from sinks.decoding import Decoder
from sinks.postgres.positions import Positions
from sinks.read_ahead import stepping_aside

logger = logging.getLogger(__name__)

#: How long an idle read waits, and so how long a stop may take.
_IDLE_S = 0.2
#: Fetched and not read yet, a partition and a client; more would only fill memory.
_QUEUED_RECORDS = 10_000
_QUEUED_KILOBYTES = 32_768


class LogReader:
    """Reads all partitions it was given positions for; blocking, for one thread at a time.

    There is no consumer group: who reads is settled by a lock in PostgreSQL, where the positions
    are, so a restart takes over at once and nothing is rebalanced.
    """

    def __init__(self, settings: Settings, positions: Positions, decode: Decoder) -> None:
        self._namespace = settings.namespace
        self._decode = decode
        self._troubles: set[int] = set()
        self._consumer = Consumer(
            client_config(settings)
            | {
                "group.id": settings.namespace + SINK_GROUP,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                # What Kafka deleted before it was read is skipped; ids make a step back harmless.
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": False,
                "queued.min.messages": _QUEUED_RECORDS,
                "queued.max.messages.kbytes": _QUEUED_KILOBYTES,
                # Errors are logged by `_note`, once and not per try.
                "log_level": 0,
                "error_cb": self._note,
            }
        )
        self._consumer.assign(
            [
                TopicPartition(self._namespace + topic, partition, offset or OFFSET_BEGINNING)
                for (topic, partition), offset in positions.items()
            ]
        )

    def read(self, at_most: int, linger_s: float) -> list[Record]:
        """Wait a moment for a first record, then up to ``linger_s`` for more.

        Raises:
            KafkaException: the client cannot go on; a new reader may.
        """
        messages = self._consumer.consume(1, timeout=_IDLE_S)
        if messages and at_most > 1:
            messages += self._consumer.consume(at_most - 1, timeout=linger_s)
        return [record for message in stepping_aside(messages) if (record := self._record(message))]

    def lag(self, positions: Positions) -> dict[str, int]:
        """By topic, the records in the log that lie behind the positions, as far as is known."""
        lags: dict[str, int] = {}
        for (topic, partition), position in positions.items():
            place = TopicPartition(self._namespace + topic, partition)
            low, high = self._consumer.get_watermark_offsets(place, cached=True)
            lags[topic] = lags.get(topic, 0) + max(0, high - max(low, position))
        return lags

    def close(self) -> None:
        self._consumer.close()

    def _record(self, message: Message) -> Record | None:
        error = message.error()
        if error is not None:
            self._note(error)
            if error.fatal() or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(error)
            return None
        self._troubles.clear()
        name, partition, offset = message.topic(), message.partition(), message.offset()
        # Only a message that stands for an error lacks them.
        assert name is not None
        assert partition is not None
        assert offset is not None
        topic = name[len(self._namespace) :]
        key, value = message.key(), message.value()
        return Record(topic, partition, offset, key, value, self._decode(topic, key, value))

    def _note(self, error: KafkaError) -> None:
        if error.code() not in self._troubles:
            self._troubles.add(error.code())
            logger.warning("Kafka: %s; waiting", error.str())
