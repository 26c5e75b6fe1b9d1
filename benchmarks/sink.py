"""The sink's bulk path beside a bare COPY of the same rows, interleaved in one run.

All sides commit the same batches with the same durability, into tables that are partitioned and
indexed alike. The product's side decodes, validates, makes lines, notes arrivals and tokens,
writes and moves positions. The bare sides only copy: ``copy`` the values of finished rows, as
anybody hands them to the driver, ``copy_of_lines`` the product's finished lines. The latter is what
PostgreSQL alone takes, so no sink of one connection can be faster.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal

import asyncpg
from msgspec.structs import asdict

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from schemas.codec import decode_tick, encode
from schemas.events import Tick
from schemas.times import from_ms, parse_rfc3339, rfc3339
from schemas.topics import EVENT_PARTITIONS, TICKS
from sinks.base import Record
from sinks.dead_letters import DeadLetters
from sinks.decoding import Decoder, decoder
from sinks.main import BULK, SWITCH_INTERVAL_S
from sinks.metrics import SinkMetrics
from sinks.postgres.connection import connect
from sinks.postgres.positions import Positions, read_positions
from sinks.postgres.rows import SERIES_TABLES, table_row
from sinks.postgres.series import SeriesSink, copy_rows
from sinks.postgres.sink import SinkContext
from sinks.read_ahead import ReadAhead, stepping_aside

ROUNDS = 4
_BATCHES_A_ROUND = 16
_TOKENS = 24
_START_MS = 1_534_521_600_000
_NAMESPACE = "benchmark."
_COLUMNS = SERIES_TABLES[TICKS.name].columns

Batch = Sequence[tuple[int, bytes]]


async def run(settings: Settings, rounds: int = ROUNDS) -> dict[str, float]:
    """Rows a second of all sides and the product's share of the bare ones.

    ``settings`` name a migrated database that may be thrown away, and its owner.
    """
    usual_interval_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)  # as the stage does
    product = await connect(settings)
    bare = await connect(settings)
    metrics = SinkMetrics()
    letters = DeadLetters(settings, SystemClock(), metrics)
    decode = decoder(SystemClock())
    try:
        positions = await read_positions(product, _NAMESPACE, {TICKS.name: EVENT_PARTITIONS})
        context = SinkContext(product, _NAMESPACE, positions, letters, metrics)
        sink = SeriesSink(context, BULK.batch)
        for table in _BARE_TABLES:
            await _make_bare_table(bare, table)
        spent = dict.fromkeys(("product", *_BARE_TABLES), 0.0)
        # The first round warms all sides up and is not counted.
        for number in range(rounds + 1):
            batches = _batches(number)
            took = {"product": await _product(sink, positions, decode, batches)}
            for table, copy in _BARE_TABLES.items():
                took[table] = await copy(bare, table, batches)
            if number:
                spent = {side: spent[side] + took[side] for side in spent}
        for table in _BARE_TABLES:
            await _check(bare, table)
            await bare.execute(f"drop table {table}")
    finally:
        await product.close()
        await bare.close()
        letters.close()
        sys.setswitchinterval(usual_interval_s)
    rows = rounds * _BATCHES_A_ROUND * BULK.batch
    product_s, values_s, lines_s = spent.values()
    return {
        "rows_per_second": rows / product_s,
        "copy": rows / values_s,
        "ratio": values_s / product_s,
        "copy_of_lines": rows / lines_s,
        "of_copy_of_lines": lines_s / product_s,
    }


def _batches(number: int) -> list[Batch]:
    """A round's trades as they lie in the log: partition and bytes."""
    size = BULK.batch
    first = number * _BATCHES_A_ROUND * size
    return [
        [_trade(first + batch * size + row) for row in range(size)]
        for batch in range(_BATCHES_A_ROUND)
    ]


def _trade(number: int) -> tuple[int, bytes]:
    token = f"TOK{number % _TOKENS}"
    trade = Tick(
        id=f"binance:{token}/BTC:{number}",
        token=token,
        symbol=token,
        event_time=rfc3339(_START_MS + number * 37),
        source="recorded",
        price=f"0.0000{1_000 + number % 777}",
        amount=f"{number % 1_000}.{number % 97:02d}",
        side="buy" if number % 3 else "sell",
        venue="binance",
        quote="BTC",
        trade_id=str(number),
    )
    return number % _TOKENS % EVENT_PARTITIONS, encode(trade)


async def _product(
    sink: SeriesSink, positions: Positions, decode: Decoder, batches: Sequence[Batch]
) -> float:
    """Seconds of the product's path, read ahead as its lane reads."""
    offsets = {partition: offset for (_, partition), offset in positions.items()}
    waiting: Iterator[Batch] = iter(batches)

    def read() -> list[Record]:
        records = []
        for partition, value in stepping_aside(next(waiting, ())):
            content = decode(TICKS.name, b"key", value)
            records.append(
                Record(TICKS.name, partition, offsets[partition], b"key", value, content)
            )
            offsets[partition] += 1
        return records

    began = time.perf_counter()
    ahead = ReadAhead(read)
    while records := await ahead.next():
        sink.add(records)
        await sink.flush()
    seconds = time.perf_counter() - began
    await ahead.close()
    return seconds


async def _bare_values(
    connection: asyncpg.Connection, table: str, batches: Sequence[Batch]
) -> float:
    """Seconds of nothing but COPY of Python's values and commit."""
    finished = [[_values(decode_tick(value)) for _, value in batch] for batch in batches]
    began = time.perf_counter()
    for rows in finished:
        async with connection.transaction():
            await connection.copy_records_to_table(table, records=rows, columns=_COLUMNS)
    return time.perf_counter() - began


async def _bare_lines(
    connection: asyncpg.Connection, table: str, batches: Sequence[Batch]
) -> float:
    """Seconds of nothing but COPY of the product's lines and commit."""
    finished = [[table_row(TICKS.name, value) for _, value in batch] for batch in batches]
    began = time.perf_counter()
    for rows in finished:
        async with connection.transaction():
            await copy_rows(connection, table, _COLUMNS, rows)
    return time.perf_counter() - began


def _values(trade: Tick) -> tuple[object, ...]:
    """The trade's fields in their order, as a driver takes them."""
    fields = asdict(trade)
    fields["event_time"] = from_ms(parse_rfc3339(trade.event_time))
    for name in ("price", "amount"):
        fields[name] = Decimal(fields[name])
    return tuple(fields.values())


async def _make_bare_table(connection: asyncpg.Connection, table: str) -> None:
    """A table like the product's, with the partitions that the rows need."""
    await connection.execute(
        f"drop table if exists {table};"
        f"create table {table} (like ticks including all) partition by range (event_time);"
        f"create table {table}_all partition of {table}"
        " for values from ('2018-08-01') to ('2018-09-01')"
    )


async def _check(connection: asyncpg.Connection, table: str) -> None:
    """Both sides must have stored the same, or their times say nothing."""
    differing = await connection.fetchval(
        f"select count(*) from ticks full join {table} using (event_time, id) "  # noqa: S608 - ours
        f"where ticks.price is distinct from {table}.price"
    )
    if differing:
        raise RuntimeError(f"{differing} rows differ between the two sides")


_BARE_TABLES = {"benchmark_values": _bare_values, "benchmark_lines": _bare_lines}
