"""The sink abstraction: it holds, pushes back, and isolates what the store refuses."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.base import Record, RecordRefusedError, Sink, SinkFullError


class MemorySink(Sink):
    """Keeps offsets; refuses batches that hold one of ``refused``."""

    def __init__(self, capacity: int, refused: frozenset[int] = frozenset()) -> None:
        super().__init__(capacity)
        self.refused = refused
        self.down = False
        self.stored: list[int] = []
        self.rejected: list[int] = []

    async def write(self, batch: Sequence[Record]) -> None:
        if self.down:
            raise ConnectionError
        if any(record.offset in self.refused for record in batch):
            raise RecordRefusedError("no")
        self.stored += [record.offset for record in batch]

    async def reject(self, record: Record, reason: str) -> None:
        self.rejected.append(record.offset)


def records(count: int) -> list[Record]:
    return [Record("ticks", 0, offset, None, b"", None) for offset in range(count)]


async def test_a_full_sink_says_so_and_takes_nothing_of_the_batch() -> None:
    sink = MemorySink(capacity=3)
    sink.add(records(2))
    with pytest.raises(SinkFullError, match="2 of 3"):
        sink.add(records(2))
    await sink.flush()
    assert sink.stored == [0, 1]
    sink.add(records(3))


async def test_records_are_kept_when_writing_fails() -> None:
    sink = MemorySink(capacity=3)
    sink.add(records(3))
    sink.down = True
    with pytest.raises(ConnectionError):
        await sink.flush()
    sink.down = False
    await sink.flush()
    await sink.flush()
    assert sink.stored == [0, 1, 2]


@given(count=st.integers(0, 40), refused=st.frozensets(st.integers(0, 39)))
async def test_only_refused_records_are_rejected_and_order_is_kept(
    count: int, refused: frozenset[int]
) -> None:
    sink = MemorySink(count, refused)
    sink.add(records(count))
    await sink.flush()
    assert sink.stored == [offset for offset in range(count) if offset not in refused]
    assert sink.rejected == [offset for offset in range(count) if offset in refused]
