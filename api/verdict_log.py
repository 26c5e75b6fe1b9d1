"""The one topic the API writes: what users say of alerts, confirmed by Kafka before it answers."""

from __future__ import annotations

import asyncio

from confluent_kafka import KafkaError, KafkaException, Message

from memewatch.clock import Clock
from memewatch.kafka import RecordProducer
from memewatch.settings import Settings
from schemas.codec import encode
from schemas.topics import VERDICTS
from schemas.verdicts import Verdict

#: A broker confirms within milliseconds; a person waits so long for one that restarts.
_DELIVERY_TIMEOUT_MS = 5_000
#: By then the client has told what became of the record.
_ANSWER_TIMEOUT_S = 2 * _DELIVERY_TIMEOUT_MS / 1000


class LogUnavailableError(Exception):
    """Kafka does not take records now; the message is one sentence saying what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Kafka does not confirm the verdict, so it may be lost: send it again shortly"
        )


class VerdictLog:
    """Appends verdicts; it connects when the first one comes."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._producer: RecordProducer | None = None
        self._last_ms = 0

    def now_ms(self) -> int:
        """The time of day; it never steps back, for the latest of a user's verdicts counts."""
        self._last_ms = max(self._last_ms, self._clock.now_ms())
        return self._last_ms

    async def append(self, verdict: Verdict) -> None:
        """Return once all in-sync replicas have it.

        Raises:
            LogUnavailableError: they did not within a few seconds.
        """
        self._producer = self._producer or RecordProducer(self._settings, _DELIVERY_TIMEOUT_MS)
        loop = asyncio.get_running_loop()
        confirmed: asyncio.Future[None] = loop.create_future()

        def tell(error: KafkaError | None) -> None:
            if confirmed.done():
                return
            if error is None:
                confirmed.set_result(None)
            else:
                confirmed.set_exception(KafkaException(error))

        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            loop.call_soon_threadsafe(tell, error)

        try:
            self._producer.send_nowait(
                VERDICTS.name, encode(verdict), verdict.id, on_delivery=on_delivery
            )
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                await confirmed
        except (BufferError, TimeoutError, KafkaException) as error:
            if isinstance(error, KafkaException) and error.args[0].fatal():
                # This client will take nothing any more; the next verdict gets a new one.
                self.close()
            raise LogUnavailableError from error

    def close(self) -> None:
        """Whoever was told that a verdict is kept need not wait; nothing else is."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout_s=0)
