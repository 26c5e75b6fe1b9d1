"""A publishing session in the log: its opening, its watermarks, its closing, its durable state."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message

from memewatch.kafka import RecordProducer
from producers.state import STATE_KEY, SessionState
from schemas.codec import encode
from schemas.events import Control
from schemas.times import rfc3339
from schemas.topics import EVENT_PARTITIONS, EVENT_TOPICS, SESSIONS

TOPICS = tuple(spec.name for spec in EVENT_TOPICS)


class Confirmation:
    """Counts deliveries down. Awaiting it returns when all are confirmed, raises when one failed.

    Records of one partition are confirmed in the order in which they were sent. So control
    records to every partition, once confirmed, confirm all events sent before them.
    """

    def __init__(self, records: int) -> None:
        self._left = records
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[KafkaError | None] = self._loop.create_future()

    def on_delivery(self, error: KafkaError | None, _message: Message) -> None:
        """Called in a thread of the Kafka client."""
        with self._lock:
            self._left -= 1
            is_last = self._left == 0
        if error is not None or is_last:
            # The loop is closed when the process ends on another error.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._settle, error)

    async def wait(self) -> None:
        if (error := await asyncio.shield(self._done)) is not None:
            raise KafkaException(error)

    def _settle(self, error: KafkaError | None) -> None:
        if not self._done.done():
            self._done.set_result(error)


class Session:
    """Writes one session's control records and its state. Knows nothing of sources."""

    def __init__(self, producer: RecordProducer, state: SessionState) -> None:
        self._producer = producer
        self.state = state

    async def open(self) -> None:
        """Begin the session everywhere, then write it down: a start finds all of it or none."""
        await (await self._control("open", self.state.watermarks)).wait()
        await self.save(self.state)

    async def promise(self, watermarks: Mapping[str, int]) -> Confirmation:
        """Send the watermarks (ms by topic) to every partition; does not wait for Kafka."""
        return await self._control("watermark", watermarks)

    async def save(self, state: SessionState) -> None:
        """Write the state down. Only for what Kafka confirmed: a killed publisher resumes there."""
        self.state = state
        await self._producer.send(SESSIONS.name, encode(state), key=STATE_KEY, partition=0)

    async def close(self, state: SessionState) -> None:
        """End the session; returns when everything is confirmed.

        The state is closed before the log is: whoever finds it open may go on in the session,
        and after a closing record nobody could.
        """
        await self._producer.flush()
        await self.save(msgspec.structs.replace(state, open=False))
        await self._producer.flush()
        await self._control("close", state.watermarks)
        await self._producer.flush()

    async def _control(self, control: str, watermarks: Mapping[str, int]) -> Confirmation:
        confirmation = Confirmation(len(TOPICS) * EVENT_PARTITIONS)
        for topic in TOPICS:
            record = Control(
                control=control,  # type: ignore[arg-type]
                session=self.state.session,
                writer=self.state.writer,
                watermark=rfc3339(watermarks[topic]),
            )
            value = encode(record)
            for partition in range(EVENT_PARTITIONS):
                await self._producer.send(
                    topic, value, partition=partition, on_delivery=confirmation.on_delivery
                )
        return confirmation
