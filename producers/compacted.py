"""The newest record of a key in a compacted topic of one partition."""

from __future__ import annotations

import time
import uuid

from confluent_kafka import Consumer, KafkaException, TopicPartition

from memewatch.errors import OperatorError
from memewatch.kafka import client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings

#: A broker that was just started may need seconds to elect its leaders.
READ_DEADLINE_S = 30.0
_TRY_AGAIN_S = 0.1
_BATCH = 500


def newest_value(
    settings: Settings,
    topic: str,
    key: str,
    *,
    tail: int | None = None,
    deadline_s: float = READ_DEADLINE_S,
) -> bytes | None:
    """The key's last value, or None when there is none. Blocks for up to ``deadline_s``.

    ``tail``: only so many records at the end are read, where the key is written all the time.

    Raises:
        OperatorError: Kafka does not answer in time.
    """
    consumer = Consumer(
        client_config(settings)
        | {"group.id": f"{settings.namespace}read-{uuid.uuid4().hex}", "enable.auto.commit": False}
    )
    deadline = time.monotonic() + deadline_s
    try:
        while True:
            try:
                return _read(consumer, settings.namespace + topic, key.encode(), tail, deadline)
            except KafkaException as error:
                # A topic that was just created has no leader for a moment.
                if time.monotonic() > deadline:
                    raise OperatorError(
                        f"cannot read {topic} from Kafka at {settings.kafka_bootstrap}: "
                        f"{error.args[0].str()}; try again when it is up"
                    ) from None
                time.sleep(_TRY_AGAIN_S)
    finally:
        consumer.close()


def _read(
    consumer: Consumer, topic: str, key: bytes, tail: int | None, deadline: float
) -> bytes | None:
    partition = TopicPartition(topic, 0)
    timeout_s = max(0.1, min(5.0, deadline - time.monotonic()))
    low, high = log_bounds(consumer, partition, timeout_s)
    if high <= low:
        return None
    begin = low if tail is None else max(low, high - tail)
    consumer.assign([TopicPartition(topic, 0, begin)])
    newest: bytes | None = None
    while consumer.position([partition])[0].offset < high:
        if time.monotonic() > deadline:
            raise OperatorError(f"Kafka does not hand out {topic} in time: try again")
        for message in consumer.consume(_BATCH, timeout=0.2):
            if error := message.error():
                raise KafkaException(error)
            if message.key() == key:
                newest = message.value()
    return newest
