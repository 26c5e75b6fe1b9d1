"""The wiring between Kafka and the partition states: fetch, process, send, snapshot."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from faust.types import TP

from memewatch.clock import Clock, SystemClock
from memewatch.kafka import RecordProducer
from memewatch.settings import Settings
from processors import metrics
from processors.batches import BatchConsumer, partitions_by_number
from processors.partition import PartitionState
from processors.patterns import PatternSet
from processors.rebuild import Rebuild, committed_offsets
from processors.records import LogRecord, Outputs
from processors.snapshots import SnapshotStore
from schemas.codec import encode
from schemas.times import rfc3339
from schemas.topics import ALERTS, DEAD_LETTERS, EVENT_TOPICS, SIGNALS

#: How often to look for states worth a snapshot.
_LOOK_EVERY_S = 0.25
#: A partition that was quiet for this long is snapshotted at once, so its lag falls to zero.
_QUIET_S = 1.0
#: Snapshots may take this share of the time at most; large states are written less often.
_SNAPSHOT_SHARE = 0.05

_log = logging.getLogger(__name__)


class Worker:
    """Partition states by number, and what happens to them."""

    def __init__(
        self, settings: Settings, patterns: PatternSet, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._patterns = patterns
        self._clock = clock or SystemClock()
        # The first word must be fast, and signals come in bursts that batch by themselves.
        self._producer = RecordProducer(settings.model_copy(update={"kafka_linger_ms": 0}))
        self._snapshots = SnapshotStore(settings, self._producer, patterns.fingerprint())
        self._partitions: dict[int, _Held] = {}
        self._lock = asyncio.Lock()
        self._prefix = settings.namespace
        self._torn = False

    async def restore(self, consumer: BatchConsumer, assigned: set[TP]) -> None:
        """Load the states of newly assigned partitions; forget those that went elsewhere.

        Raises:
            RuntimeError: the three topics of a partition did not come to the same worker.
        """
        numbers = partitions_by_number(assigned)
        whole = {self._prefix + spec.name for spec in EVENT_TOPICS}
        torn = sorted(number for number, topics in numbers.items() if topics != whole)
        if torn:
            raise RuntimeError(f"partitions {torn} were not assigned together with their topics")
        async with self._lock:
            for number in [number for number in self._partitions if number not in numbers]:
                del self._partitions[number]
            missing = [number for number in numbers if number not in self._partitions]
            snapshots = await self._snapshots.read(missing)
            committed = await asyncio.to_thread(committed_offsets, self._settings)
            for number in missing:
                state = self._load(number, snapshots.get(number))
                held = self._partitions[number] = _Held(state)
                if any(state.offsets().values()):
                    self._note_durable(consumer, number, state.offsets())
                else:
                    held.rebuild = Rebuild.up_to(committed.get(number, {}))
        if assigned:
            rebuilt = sum(held.rebuild is not None for held in self._partitions.values())
            _log.info(
                "holding partitions %s: %d from snapshots, %d being rebuilt from the log",
                sorted(numbers),
                len(snapshots),
                rebuilt,
            )

    def positions(self) -> dict[TP, int]:
        """The next offset to read of every partition held."""
        return {
            TP(self._prefix + topic, number): offset
            for number, held in self._partitions.items()
            for topic, offset in held.state.offsets().items()
        }

    async def process(self, consumer: BatchConsumer, tp: TP, records: Sequence[LogRecord]) -> None:
        """Work through a slice of one partition's log and send what it gives rise to."""
        topic = tp.topic[len(self._prefix) :]
        async with self._lock:
            held = self._partitions.get(tp.partition)
            if held is None:
                return  # Revoked meanwhile; its new owner reads these records.
            out = Outputs(now=rfc3339(self._clock.now_ms()))
            if held.rebuild is not None:
                await self._rebuild(consumer, held, held.rebuild, tp, records)
                return
            try:
                held.state.process(topic, records, out)
            except Exception:
                # The state is torn between two records: it must never become a snapshot.
                self._torn = True
                raise
            held.dirty = True
            held.changed_at = time.monotonic()
            await self._send(out)
        metrics.count(topic, out)
        watermark = held.state.watermarks()[topic]
        if 0 < watermark < 1 << 60:
            metrics.WATERMARK.labels(topic, tp.partition).set(watermark / 1000)
        self._hold_back(consumer, held.state)

    async def write_snapshots(self, consumer: BatchConsumer, everything: bool = False) -> None:
        """Write the snapshots that are due (or of all that changed) and let offsets follow."""
        for number in list(self._partitions):
            held = self._partitions.get(number)
            if held is not None and held.dirty and (everything or self._is_due(held)):
                await self._snapshot(consumer, number, held)

    async def keep_snapshots(self, consumer: BatchConsumer) -> None:
        """Write snapshots for ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.write_snapshots(consumer)

    def close(self) -> None:
        """Flush and stop the producer."""
        self._producer.close()

    async def _rebuild(
        self,
        consumer: BatchConsumer,
        held: _Held,
        rebuild: Rebuild,
        tp: TP,
        records: Sequence[LogRecord],
    ) -> None:
        """Bring a state to where its group was, in silence: what it says was said before."""
        topic = tp.topic[len(self._prefix) :]
        if rebuild.work_off(held.state, topic, records):
            consumer.held_back.add(tp)
        if rebuild.done:
            held.rebuild = None
            for name, offset in held.state.offsets().items():
                lane = TP(self._prefix + name, tp.partition)
                consumer.held_back.discard(lane)
                await consumer.seek(lane, offset)
            _log.info("partition %d is rebuilt from the log", tp.partition)

    async def _snapshot(self, consumer: BatchConsumer, number: int, held: _Held) -> None:
        started = time.monotonic()
        async with self._lock:
            if self._torn:
                return
            held.dirty = False
            offsets = held.state.offsets()
            snapshot = held.state.dump()
        # What the state has said must be in Kafka before the state may claim to have said it.
        await self._producer.flush()
        await self._snapshots.write(number, snapshot, sum(offsets.values()))
        if self._partitions.get(number) is held:
            self._note_durable(consumer, number, offsets)
        now = time.monotonic()
        held.snapshot_at = now
        held.snapshot_s = now - started
        metrics.SNAPSHOT_SECONDS.observe(held.snapshot_s)
        metrics.SNAPSHOT_BYTES.labels(number).set(len(snapshot))

    def _is_due(self, held: _Held) -> bool:
        now = time.monotonic()
        interval = max(self._settings.snapshot_interval_s, held.snapshot_s / _SNAPSHOT_SHARE)
        return now - held.changed_at > _QUIET_S or now - held.snapshot_at > interval

    async def _send(self, out: Outputs) -> None:
        for alert in out.alerts:
            await self._producer.send(ALERTS.name, encode(alert), alert.token)
        for signal in out.signals:
            await self._producer.send(SIGNALS.name, encode(signal), signal.token)
        for letter in out.dead_letters:
            await self._producer.send(DEAD_LETTERS.name, encode(letter), letter.key)

    def _load(self, number: int, snapshot: bytes | None) -> PartitionState:
        if snapshot is not None:
            try:
                return PartitionState.load(snapshot)
            except Exception:
                _log.exception("the snapshot of partition %d cannot be read", number)
        idle_ms = round(self._settings.state_idle_hours * 3_600_000)
        return PartitionState(number, self._patterns, idle_ms)

    def _note_durable(self, consumer: BatchConsumer, number: int, offsets: dict[str, int]) -> None:
        for topic, offset in offsets.items():
            if offset:
                consumer.durable[TP(self._prefix + topic, number)] = offset

    def _hold_back(self, consumer: BatchConsumer, state: PartitionState) -> None:
        held_back = state.held_back()
        for spec in EVENT_TOPICS:
            tp = TP(self._prefix + spec.name, state.partition)
            if spec.name in held_back:
                consumer.held_back.add(tp)
            else:
                consumer.held_back.discard(tp)


@dataclass(slots=True)
class _Held:
    """A partition's state in this worker, and when it was last written down."""

    state: PartitionState
    rebuild: Rebuild | None = None
    dirty: bool = False
    changed_at: float = 0.0
    snapshot_at: float = field(default_factory=time.monotonic)
    snapshot_s: float = 0.0
