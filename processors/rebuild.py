"""Rebuilding a partition's state from the log when no snapshot of this program exists.

A state is a function of its log, so it can be had again. Up to where the group had come, all it
has to say was said already (by this program or the one before it), so it is rebuilt in silence;
otherwise every upgrade would raise all alerts of the retained history once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, TopicPartition

from memewatch.kafka import client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from processors.partition import PartitionState
from processors.records import LogRecord, Outputs
from schemas.topics import EVENT_TOPICS, WORKERS_GROUP

_TIMEOUT_S = 30


class Rebuild:
    """How far each topic must be read before the partition speaks again."""

    def __init__(self, targets: dict[str, int]) -> None:
        self._targets = targets

    @staticmethod
    def up_to(committed: Mapping[str, int]) -> Rebuild | None:
        """None where the group had read nothing yet."""
        targets = {topic: offset for topic, offset in committed.items() if offset > 0}
        return Rebuild(targets) if targets else None

    @property
    def done(self) -> bool:
        """Whether every topic has been read as far as the group had."""
        return not self._targets

    def work_off(self, state: PartitionState, topic: str, records: Sequence[LogRecord]) -> bool:
        """Take in what lies before the target; True once this topic has reached it."""
        target = self._targets.get(topic, 0)
        before = [record for record in records if record.offset < target]
        state.process(topic, before, Outputs(now=""))
        if len(before) < len(records) or state.offsets()[topic] >= target:
            self._targets.pop(topic, None)
            return True
        return False


def committed_offsets(settings: Settings) -> dict[int, dict[str, int]]:
    """The workers' committed offsets by partition number and topic (without namespace).

    Offsets below which retention has left nothing are left out: there is nothing to read up to.
    A consumer that never subscribes asks for them, since destroying librdkafka's admin client
    while the broker goes away can block for ever.
    """
    consumer = Consumer(client_config(settings) | {"group.id": settings.namespace + WORKERS_GROUP})
    found: dict[int, dict[str, int]] = {}
    try:
        for spec in EVENT_TOPICS:
            topic = settings.namespace + spec.name
            asked = [TopicPartition(topic, number) for number in range(spec.partitions)]
            for part in consumer.committed(asked, timeout=_TIMEOUT_S):
                if part.offset > 0:
                    low, _high = log_bounds(consumer, part, _TIMEOUT_S)
                    if low < part.offset:
                        found.setdefault(part.partition, {})[spec.name] = part.offset
    finally:
        consumer.close()
    return found
