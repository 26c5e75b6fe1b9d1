"""Where records go that this stage cannot store: to the dead letters, with reason and bytes."""

from __future__ import annotations

from collections.abc import Sequence

from memewatch.clock import Clock
from memewatch.kafka import RecordProducer
from memewatch.settings import Settings
from schemas.alerts import DeadLetter
from schemas.codec import encode
from schemas.times import rfc3339
from schemas.topics import DEAD_LETTERS
from sinks.base import Record, Undecodable
from sinks.metrics import SinkMetrics


class DeadLetters:
    """Publishes dead letters. A letter is confirmed by Kafka before the position may pass it."""

    def __init__(self, settings: Settings, clock: Clock, metrics: SinkMetrics) -> None:
        self._settings = settings
        self._producer: RecordProducer | None = None
        self._clock = clock
        self._metrics = metrics

    async def report(self, undecodable: Sequence[tuple[Record, Undecodable]]) -> None:
        """Count all of them, publish those that no other stage does; returns when confirmed."""
        for record, why in undecodable:
            self._metrics.undecodable.labels(record.topic).inc()
            if why.dead_letter:
                # Rarely needed, so the connection is made for the first one.
                self._producer = self._producer or RecordProducer(self._settings)
                letter = encode(self._letter(record, why.reason))
                await self._producer.send(DEAD_LETTERS.name, letter, record.key)
                self._metrics.dead_letters.labels(record.topic).inc()
        if self._producer:
            await self._producer.flush()

    def close(self) -> None:
        """Everything reported is confirmed already, so nothing is waited for."""
        if self._producer:
            self._producer.close(timeout_s=0)

    def _letter(self, record: Record, reason: str) -> DeadLetter:
        return DeadLetter(
            reason=reason,
            stage="sink",
            topic=self._settings.namespace + record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value or b"",
            failed_at=rfc3339(self._clock.now_ms()),
        )
