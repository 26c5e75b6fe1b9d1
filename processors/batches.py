"""Faust fed by batches: one stream event for each slice of records fetched from a partition.

An ordinary Faust agent pays two task switches for every record (about 200 µs); here it pays them
for every slice. Reading starts at the offset that the restored state contains, and the committed
offsets follow the snapshots, not the acknowledgements: they say what is safe, for lag and rebuilds.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from typing import Any, ClassVar, cast

import faust
from aiokafka.consumer import fetcher
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message
from faust.types.transports import ConsumerT

from processors.records import LogRecord

#: Records in one stream event: long enough to pay for it, short enough (some 20 ms) for asyncio.
SLICE_RECORDS = 1_000
#: While every readable partition is held back, look again after this long.
_HELD_BACK_S = 0.05


class BatchConsumer(driver.Consumer):
    """Yields, for each partition, messages whose value is a slice of the fetched records."""

    #: The next offset of each partition that a durable snapshot contains.
    durable: dict[TP, int]
    #: Partitions that must not be read on for now.
    held_back: set[TP]
    #: Called with all partitions of a new assignment before any of them is read.
    restore: Callable[[Set[TP]], Awaitable[None]]
    #: The next offset of each partition that the states in memory contain.
    positions: Callable[[], Mapping[TP, int]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.durable = {}
        self.held_back = set()

    async def on_partitions_assigned(self, assigned: Set[TP], generation_id: int = 0) -> None:
        self.durable = {tp: offset for tp, offset in self.durable.items() if tp in assigned}
        self.held_back &= set(assigned)
        await self.restore(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Read on where the states are, which is not always where the group's offsets are."""
        await super().perform_seek()
        for tp, offset in self.positions().items():
            await self.seek(tp, offset)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        records, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if records is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        for tp, fetched in records.items():
            if active is not None and tp not in active and tp not in self._buffered_partitions:
                continue
            for start in range(0, len(fetched), SLICE_RECORDS):
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                records_slice = fetched[start : start + SLICE_RECORDS]
                message = self._message(tp, records_slice)
                # Without this the slice is taken for a gap in the log.
                self._read_offset[tp] = message.offset - 1
                yield tp, message

    def _message(self, tp: TP, records: Sequence[LogRecord]) -> ConsumerMessage:
        """The slice as one message that ends where its last record does."""
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            records[-1].offset,
            0.0,  # Kafka's time is the time of arrival, which reaches no output
            0,
            None,
            None,
            cast(Any, records),
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        if self.held_back and active_partitions:
            active_partitions = active_partitions - self.held_back
            if not active_partitions:
                await self.sleep(_HELD_BACK_S)
                return {}
        return await super()._getmany(active_partitions, timeout)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in self.durable if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self.durable.get(tp)


class BatchTransport(driver.Transport):
    """The aiokafka transport with the batch consumer."""

    Consumer: ClassVar[type[ConsumerT]] = BatchConsumer


class BatchTopic(faust.Topic):
    """Hands the slices on as they are."""

    def _compile_decode(self) -> None:
        """Nothing to compile: the lanes decode."""

    async def decode(self, message: Message, *, propagate: bool = False) -> Any:
        del propagate
        return self._create_event(message.key, message.value, message.headers, message=message)


class PlainRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """Hands on the records as they were parsed.

    aiokafka copies each into a frozen dataclass, with the topic's name and the sizes, which costs
    as much as a third of decoding and scoring the event.
    """

    def _consumer_record(self, tp: TP, record: LogRecord) -> LogRecord:
        del tp
        return record


def use_plain_records() -> None:
    """From now on this process's fetchers make ``PlainRecords``, made for ``BatchConsumer``."""
    fetcher.PartitionRecords = PlainRecords


def consumer_of(app: faust.App) -> BatchConsumer:
    """The app's consumer, by its real type."""
    return cast(BatchConsumer, app.consumer)


def partitions_by_number(assigned: Iterable[TP]) -> Mapping[int, set[str]]:
    """Topic names by partition number."""
    numbers: dict[int, set[str]] = {}
    for tp in assigned:
        numbers.setdefault(tp.partition, set()).add(tp.topic)
    return numbers
