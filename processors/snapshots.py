"""Snapshots of partition states in the compacted topic ``snapshots``.

Each partition has two slots, written in turn, so that one whole snapshot exists at every moment.
A snapshot is cut into chunks; only a slot whose chunks all carry one snapshot's identity counts.
Any whole snapshot is valid at any time, since it holds the offsets it contains: a worker that was
thought dead and writes once more does no harm.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Iterable

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from memewatch.kafka import RecordProducer, client_config
from memewatch.log_bounds import log_bounds
from memewatch.settings import Settings
from schemas.topics import SNAPSHOTS

_CHUNK_BYTES = 512 * 1024
_SLOTS = ("a", "b")
#: The broker answers within milliseconds; after this long it is down, and the worker restarts.
_READ_TIMEOUT_S = 60.0

_log = logging.getLogger(__name__)


class SnapshotChunk(msgspec.Struct, frozen=True):
    """One record of the topic ``snapshots``: part ``index`` of ``count``."""

    snapshot: str
    fingerprint: str
    progress: int
    index: int
    count: int
    data: bytes


class SnapshotStore:
    """Reads and writes the snapshots of partitions; ``fingerprint`` names the state's shape."""

    def __init__(self, settings: Settings, producer: RecordProducer, fingerprint: str) -> None:
        self._settings = settings
        self._producer = producer
        self._fingerprint = fingerprint
        self._next_slot: dict[int, str] = {}

    async def write(self, partition: int, snapshot: bytes, progress: int) -> None:
        """Write and wait until confirmed. ``progress`` is the sum of the offsets contained."""
        slot = self._next_slot.get(partition, _SLOTS[0])
        identity = uuid.uuid4().hex
        pieces = [snapshot[at : at + _CHUNK_BYTES] for at in range(0, len(snapshot), _CHUNK_BYTES)]
        for index, piece in enumerate(pieces):
            chunk = SnapshotChunk(identity, self._fingerprint, progress, index, len(pieces), piece)
            await self._producer.send(
                SNAPSHOTS.name, msgspec.msgpack.encode(chunk), f"{slot}/{index}", partition
            )
        await self._producer.flush()
        self._next_slot[partition] = _SLOTS[1 - _SLOTS.index(slot)]

    async def read(self, partitions: Iterable[int]) -> dict[int, bytes]:
        """The newest whole snapshot of each partition that has one of our fingerprint."""
        wanted = sorted(partitions)
        if not wanted:
            return {}
        chunks = await asyncio.to_thread(_read_chunks, self._settings, wanted)
        found: dict[int, bytes] = {}
        for partition in wanted:
            best: tuple[int, str, bytes] | None = None
            for slot in _SLOTS:
                whole = self._assemble(chunks[partition].get(slot, {}), partition)
                if whole is not None and (best is None or whole[0] > best[0]):
                    best = (whole[0], slot, whole[1])
            if best is not None:
                found[partition] = best[2]
                self._next_slot[partition] = _SLOTS[1 - _SLOTS.index(best[1])]
        return found

    def _assemble(
        self, chunks: dict[int, SnapshotChunk], partition: int
    ) -> tuple[int, bytes] | None:
        first = chunks.get(0)
        if first is None:
            return None
        if first.fingerprint != self._fingerprint:
            _log.warning(
                "a snapshot of partition %d is of another program; it is not used", partition
            )
            return None
        pieces = [chunks.get(index) for index in range(first.count)]
        if any(piece is None or piece.snapshot != first.snapshot for piece in pieces):
            return None
        return first.progress, b"".join(piece.data for piece in pieces if piece is not None)


def _read_chunks(
    settings: Settings, partitions: list[int]
) -> dict[int, dict[str, dict[int, SnapshotChunk]]]:
    """All chunks by partition, slot and index; blocks for a few round trips."""
    topic = settings.namespace + SNAPSHOTS.name
    chunks: dict[int, dict[str, dict[int, SnapshotChunk]]] = {p: {} for p in partitions}
    consumer = Consumer(
        client_config(settings)
        | {"group.id": f"{settings.namespace}snapshots", "enable.auto.commit": False}
    )
    try:
        ends: dict[int, int] = {}
        starts: list[TopicPartition] = []
        for partition in partitions:
            low, high = log_bounds(consumer, TopicPartition(topic, partition), 30.0)
            if high > low:
                ends[partition] = high
                starts.append(TopicPartition(topic, partition, low))
        consumer.assign(starts)
        deadline = time.monotonic() + _READ_TIMEOUT_S
        while ends:
            if time.monotonic() > deadline:
                raise TimeoutError(f"reading {topic} took over {_READ_TIMEOUT_S:.0f} s")
            for message in consumer.consume(100, 0.1):
                if message.error() is not None:
                    raise KafkaException(message.error())
                key, value, partition_read = message.key(), message.value(), message.partition()
                if key is not None and value is not None and partition_read is not None:
                    slot, _, index = key.decode().partition("/")
                    chunk = msgspec.msgpack.decode(value, type=SnapshotChunk)
                    chunks[partition_read].setdefault(slot, {})[int(index)] = chunk
            for position in consumer.position([TopicPartition(topic, p) for p in ends]):
                if position.offset >= ends[position.partition]:
                    del ends[position.partition]
    finally:
        consumer.close()
    return chunks
