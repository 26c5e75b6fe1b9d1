"""Who may publish: one process, settled in Kafka alone.

The publisher is the only member with a partition in the consumer group ``publisher`` on the
one-partition topic ``sessions``. Its ``client.id`` says who it is, so a second one can be refused
with a sentence. What this cannot do: a holder that was stopped for longer than the session timeout
may still send what it had in hand; readers drop it, because its session is no longer the newest.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from dataclasses import dataclass

import psutil
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConsumerGroupDescription,
)

from memewatch.clock import Clock
from memewatch.errors import OperatorError
from memewatch.kafka import client_config
from memewatch.settings import Settings
from schemas.times import rfc3339
from schemas.topics import SESSIONS

GROUP = "publisher"
#: The shortest a broker allows by default: a killed publisher is forgotten after this long.
_SESSION_TIMEOUT_MS = 6_000
#: Longest wait for a holder that is dead (or on another machine, where one cannot look).
_TAKEOVER_DEADLINE_S = 10.0
#: Joining takes one or two round trips; a broker that was just started may take seconds.
_JOIN_DEADLINE_S = 20.0
#: A new broker has no group coordinator until somebody joins, so asking longer is no use.
_DESCRIBE_TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes. ``born_ms`` tells a process from a later one with the same number."""

    kind: str
    since: str
    host: str
    pid: int
    born_ms: int

    @classmethod
    def this_process(cls, kind: str, clock: Clock) -> Publisher:
        born_ms = round(psutil.Process().create_time() * 1000)
        return cls(kind, rfc3339(clock.now_ms()), socket.gethostname(), os.getpid(), born_ms)

    @property
    def client_id(self) -> str:
        return f"memewatch|{self.kind}|{self.since}|{self.host}|{self.pid}|{self.born_ms}"

    @classmethod
    def of_client(cls, client_id: str) -> Publisher | None:
        match client_id.split("|"):
            case ["memewatch", kind, since, host, pid, born] if pid.isdecimal():
                return cls(kind, since, host, int(pid), int(born)) if born.isdecimal() else None
            case _:
                return None

    def is_dead(self) -> bool | None:
        """Whether the process is gone; None when it runs on another machine."""
        if self.host != socket.gethostname():
            return None
        try:
            born_ms = round(psutil.Process(self.pid).create_time() * 1000)
        except psutil.Error:
            return True
        return abs(born_ms - self.born_ms) > 1000

    def __str__(self) -> str:
        return f"{self.kind} since {self.since} (process {self.pid} on {self.host})"


class AnotherPublisherError(OperatorError):
    """Somebody else publishes; ``kind`` is what (``demo``, ``live``, ``play``, ``collect``)."""

    def __init__(self, holder: Publisher) -> None:
        super().__init__(
            f"another publisher is at work: {holder}; stop it first, there is one session at a time"
        )
        self.kind = holder.kind


class PublishingRight:
    """Held from ``acquire`` to ``release``; ``check`` must be called every second or so."""

    def __init__(self, settings: Settings, kind: str, clock: Clock) -> None:
        self._me = Publisher.this_process(kind, clock)
        self._settings = settings
        self._group = settings.namespace + GROUP
        self._admin = AdminClient(client_config(settings))
        self._consumer: Consumer | None = None
        self._held = False

    async def acquire(self) -> None:
        """Take the right; wait up to 10 s for a publisher that was killed.

        Raises:
            AnotherPublisherError: somebody else publishes.
        """
        await self._wait_for_dead()
        self._consumer = self._join()
        deadline = time.monotonic() + _JOIN_DEADLINE_S
        while not self.check():
            await asyncio.sleep(0.05)
            await self._refuse_other()
            if time.monotonic() > deadline:
                await self.release()
                raise OperatorError(
                    f"Kafka at {self._settings.kafka_bootstrap} did not give the right to publish "
                    f"within {_JOIN_DEADLINE_S:.0f} s: see its log"
                )

    def check(self) -> bool:
        """Whether the right is held now. It may be away for a while when Kafka was."""
        if self._consumer is not None:
            while (message := self._consumer.poll(0)) is not None:
                error = message.error()
                if error is not None and error.fatal():
                    raise OperatorError(f"Kafka refuses this publisher: {error.str()}")
        return self._held

    async def regain(self) -> None:
        """Wait until the right is back, for as long as nobody else has it.

        Raises:
            AnotherPublisherError: another publisher took it.
        """
        _log.warning("the right to publish is away; waiting for Kafka")
        while not self.check():
            await self._refuse_other()
            await asyncio.sleep(0.5)
        _log.info("the right to publish is back")

    async def release(self) -> None:
        """Leave the group, so that the next publisher need not wait."""
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            self._held = False
            await asyncio.to_thread(consumer.close)

    async def _wait_for_dead(self) -> None:
        deadline = time.monotonic() + _TAKEOVER_DEADLINE_S
        announced = False
        while (holder := await self._other_member()) is not None:
            dead = holder.is_dead()
            if dead is False or time.monotonic() > deadline:
                raise AnotherPublisherError(holder)
            if not announced:
                state = "is dead" if dead else "may be gone"
                _log.warning("the publisher %s %s; taking over within 10 s", holder, state)
                announced = True
            await asyncio.sleep(0.2)

    async def _refuse_other(self) -> None:
        """Raise when the group's partition is another member's."""
        description = await asyncio.to_thread(self._describe)
        for member in description.members if description else ():
            if member.client_id != self._me.client_id and member.assignment.topic_partitions:
                if (holder := Publisher.of_client(member.client_id)) and holder.is_dead():
                    continue
                await self.release()
                raise AnotherPublisherError(
                    Publisher.of_client(member.client_id) or _unknown(member.host)
                )

    async def _other_member(self) -> Publisher | None:
        description = await asyncio.to_thread(self._describe)
        if description is None or not description.members:
            return None
        member = next(
            (m for m in description.members if m.assignment.topic_partitions),
            description.members[0],
        )
        return Publisher.of_client(member.client_id) or _unknown(member.host)

    def _describe(self) -> ConsumerGroupDescription | None:
        future = self._admin.describe_consumer_groups(
            [self._group], request_timeout=_DESCRIBE_TIMEOUT_S
        )
        try:
            description: ConsumerGroupDescription = future[self._group].result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return None
            # Kafka is away, or its coordinator still loads: whoever waits here asks again.
            _log.debug("cannot describe the group: %s", error)
            return None
        return description

    def _join(self) -> Consumer:
        consumer = Consumer(
            client_config(self._settings)
            | {
                "group.id": self._group,
                "client.id": self._me.client_id,
                "session.timeout.ms": _SESSION_TIMEOUT_MS,
                "heartbeat.interval.ms": 1_500,
                # The holder keeps its partition when somebody else joins.
                "partition.assignment.strategy": "cooperative-sticky",
                "enable.auto.commit": False,
                "auto.offset.reset": "latest",
            }
        )
        consumer.subscribe(
            [self._settings.namespace + SESSIONS.name],
            on_assign=self._on_assign,
            on_revoke=self._on_lost,
            on_lost=self._on_lost,
        )
        return consumer

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_assign(partitions)
        if partitions:
            # Only the membership counts; the records are read elsewhere.
            consumer.pause(partitions)
            self._held = True

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_unassign(partitions)
        if partitions:
            self._held = False


def _unknown(host: str) -> Publisher:
    return Publisher("unknown", "unknown", host, 0, 0)
