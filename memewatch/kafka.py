"""Kafka clients of all stages: one partitioner, one durability, bounded queues."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    NewTopic,
    TopicMetadata,
)

from memewatch.errors import OperatorError
from memewatch.settings import Settings
from schemas.topics import ALL_TOPICS, TopicSpec

#: A producer's queue: at 1 KiB a record about 100 MiB; beyond it `send` waits.
_QUEUE_RECORDS = 100_000
#: How long a record may wait for the broker before delivery fails: a broker restart takes ~10 s.
_DELIVERY_TIMEOUT_MS = 600_000


def client_config(settings: Settings) -> dict[str, Any]:
    """What every librdkafka client of ours is configured with."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_bootstrap,
        "security.protocol": settings.kafka_security_protocol,
        # A broker that comes back should be found within a second, not ten.
        "reconnect.backoff.max.ms": 1000,
        "log_level": 3,
        # Else librdkafka writes to stderr by itself, as often as it likes.
        "logger": logging.getLogger("librdkafka"),
    }
    if settings.kafka_username and settings.kafka_password:
        config |= {
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": settings.kafka_username,
            "sasl.password": settings.kafka_password.get_secret_value(),
        }
    if settings.kafka_ca_file:
        config["ssl.ca.location"] = str(settings.kafka_ca_file)
    return config


class RecordProducer:
    """An idempotent producer for asyncio code.

    ``send`` enqueues and only waits when the queue is full (back-pressure); ``flush`` returns
    once everything sent before is confirmed by all in-sync replicas. The first record that could
    not be delivered makes every later ``send`` and ``flush`` raise, unless whoever sent it hears of
    it by ``on_delivery`` (called in another thread).
    """

    def __init__(self, settings: Settings, delivery_timeout_ms: int = _DELIVERY_TIMEOUT_MS) -> None:
        self._producer = Producer(
            client_config(settings)
            | {
                "enable.idempotence": True,
                "acks": "all",
                # Faust's partitioner; without it a token's topics would not be co-partitioned.
                "partitioner": "murmur2_random",
                "linger.ms": settings.kafka_linger_ms,
                "compression.type": "lz4",
                "queue.buffering.max.messages": _QUEUE_RECORDS,
                "delivery.timeout.ms": delivery_timeout_ms,
            }
        )
        self._namespace = settings.namespace
        self._failure: KafkaError | None = None
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="kafka-producer", daemon=True)
        self._poller.start()

    async def send(
        self,
        topic: str,
        value: bytes | None,
        key: str | bytes | None = None,
        partition: int | None = None,
        on_delivery: Callable[[KafkaError | None, Message], None] | None = None,
    ) -> None:
        """Enqueue one record for the topic named in ``schemas.topics`` (without namespace)."""
        while True:
            self._raise_failure()
            try:
                self.send_nowait(topic, value, key, partition, on_delivery)
                return
            except BufferError:
                await asyncio.sleep(0.01)

    def send_nowait(
        self,
        topic: str,
        value: bytes | None,
        key: str | bytes | None = None,
        partition: int | None = None,
        on_delivery: Callable[[KafkaError | None, Message], None] | None = None,
    ) -> None:
        """As ``send``; raises ``BufferError`` when the queue is full."""
        arguments: dict[str, Any] = {} if partition is None else {"partition": partition}
        self._producer.produce(
            self._namespace + topic,
            value,
            key,
            on_delivery=on_delivery or self._note_failure,
            **arguments,
        )

    async def flush(self) -> None:
        """Wait until everything enqueued so far is confirmed."""
        while len(self._producer):
            self._raise_failure()
            await asyncio.to_thread(self._producer.flush, 0.2)
        self._raise_failure()

    def close(self, timeout_s: float = 10.0) -> None:
        """Flush for at most ``timeout_s`` and stop."""
        self._producer.flush(timeout_s)
        self._closing.set()
        self._poller.join()

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(0.1)

    def _note_failure(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise KafkaException(self._failure)


def ensure_topics(settings: Settings, topics: Iterable[TopicSpec] = ALL_TOPICS) -> None:
    """Create what is missing; refuse event topics whose partition count differs from ours.

    Raises:
        OperatorError: Kafka does not answer, or a topic has another partition count.
    """
    wanted = {settings.namespace + spec.name: spec for spec in topics}
    existing = _existing_topics(settings)
    for name, spec in wanted.items():
        if name in existing and len(existing[name].partitions) != spec.partitions:
            raise OperatorError(
                f"topic {name} has {len(existing[name].partitions)} partitions, not "
                f"{spec.partitions}: the count is fixed for life, so use another namespace"
            )
    missing = [
        NewTopic(
            name,
            num_partitions=spec.partitions,
            replication_factor=settings.kafka_replication_factor,
            config=spec.config(),
        )
        for name, spec in wanted.items()
        if name not in existing
    ]
    if missing:
        _create_topics(settings, missing)


def _existing_topics(settings: Settings) -> dict[str, TopicMetadata]:
    # Not by an admin client: destroying librdkafka's while its broker goes away may block for
    # ever, and a stage that starts during an outage would never come up.
    consumer = Consumer(client_config(settings) | {"group.id": "memewatch-topics"})
    try:
        return dict(consumer.list_topics(timeout=30).topics)
    except KafkaException as error:
        raise OperatorError(
            f"Kafka does not answer at {settings.kafka_bootstrap}: start it with `memewatch up`, "
            f"or set MEMEWATCH_KAFKA_BOOTSTRAP ({error.args[0].str()})"
        ) from None
    finally:
        consumer.close()


def _create_topics(settings: Settings, missing: list[NewTopic]) -> None:
    admin = AdminClient(client_config(settings))
    for name, future in admin.create_topics(missing).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise OperatorError(f"cannot create topic {name}: {error.args[0].str()}") from None
