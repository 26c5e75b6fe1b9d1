"""The session's durable state: one record in the compacted topic ``sessions``."""

from __future__ import annotations

import time
import uuid

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition
from msgspec import Struct

from memewatch.errors import OperatorError
from memewatch.kafka import client_config
from memewatch.settings import Settings
from schemas.topics import SESSIONS

STATE_KEY = "current"
#: The newest record is never compacted away; a few more are read in case one is of another key.
_TAIL_RECORDS = 100
#: A broker that was just started may need seconds to elect its leaders.
_READ_DEADLINE_S = 30.0
_TRY_AGAIN_S = 0.1


class SourceState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A live source: where to resume, and what there is to say about it.

    ``promised_ms`` is what it had promised; ``events`` and ``errors`` count since the first time.
    """

    cursor: str | None = None
    promised_ms: int | None = None
    failing: bool = False
    reason: str | None = None
    events: int = 0
    errors: int = 0
    last_event: str | None = None


class SessionState(Struct, frozen=True, kw_only=True):
    """What is confirmed by Kafka: everything up to ``cursors`` is in the log.

    ``identity`` names the content of all sources; ``cursors`` are by source, ``watermarks`` (ms)
    by topic. ``finished`` says that the sources had nothing more. ``sources`` holds every live
    source there ever was; sessions of other kinds hand it on.
    """

    session: str
    kind: str
    identity: str
    writer: str
    started_at: str
    saved_at: str
    open: bool
    finished: bool
    cursors: dict[str, str]
    watermarks: dict[str, int]
    sources: dict[str, SourceState] = {}
    schema_version: int = 1

    def continues(self, kind: str, identity: str) -> bool:
        """Whether a source of this kind and content carries on what was recorded here."""
        return self.kind == kind and self.identity == identity


def load_state(settings: Settings, deadline_s: float = _READ_DEADLINE_S) -> SessionState | None:
    """The last state written, or None before the first session. Blocks for up to 30 s.

    Raises:
        OperatorError: Kafka does not answer in time.
    """
    consumer = Consumer(
        client_config(settings)
        | {"group.id": f"{settings.namespace}state-{uuid.uuid4().hex}", "enable.auto.commit": False}
    )
    deadline = time.monotonic() + deadline_s
    try:
        while True:
            try:
                return _read_last(consumer, settings.namespace + SESSIONS.name, deadline)
            except KafkaException as error:
                # A topic that was just created has no leader for a moment.
                if time.monotonic() > deadline:
                    raise OperatorError(
                        f"cannot read the last session from Kafka at {settings.kafka_bootstrap}: "
                        f"{error.args[0].str()}; try again when it is up"
                    ) from None
                time.sleep(_TRY_AGAIN_S)
    finally:
        consumer.close()


def _read_last(consumer: Consumer, topic: str, deadline: float) -> SessionState | None:
    partition = TopicPartition(topic, 0)
    low, high = consumer.get_watermark_offsets(partition, timeout=5)
    if high <= low:
        return None
    consumer.assign([TopicPartition(topic, 0, max(low, high - _TAIL_RECORDS))])
    last: bytes | None = None
    while consumer.position([partition])[0].offset < high:
        if time.monotonic() > deadline:
            raise OperatorError("Kafka does not hand out the last session: try again")
        for message in consumer.consume(_TAIL_RECORDS, timeout=0.2):
            if error := message.error():
                raise KafkaException(error)
            if message.key() == STATE_KEY.encode():
                last = message.value()
    return None if last is None else msgspec.json.decode(last, type=SessionState)
