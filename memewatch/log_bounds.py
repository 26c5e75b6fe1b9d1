"""Where a partition's log begins and ends."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

#: A partition that was just created, or whose leader moves, has none to ask for a moment.
_PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
}
_TRY_AGAIN_S = 0.1


def log_bounds(consumer: Consumer, place: TopicPartition, timeout_s: float) -> tuple[int, int]:
    """The first offset that is kept, and the next that will be written; blocks.

    Asks again while the partition has no leader, for as long as ``timeout_s``.

    Raises:
        KafkaException: nobody could tell in time.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        left_s = max(0.1, deadline - time.monotonic())
        try:
            if (bounds := consumer.get_watermark_offsets(place, timeout=left_s)) is not None:
                return bounds
            error = KafkaError(KafkaError._TIMED_OUT)
        except KafkaException as failure:
            error = failure.args[0]
        if error.code() not in _PASSING or time.monotonic() > deadline:
            raise KafkaException(error)
        time.sleep(_TRY_AGAIN_S)
