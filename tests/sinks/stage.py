"""What the sink's tests share: records to publish, lanes that run, conditions to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import asyncpg

from memewatch.clock import SystemClock
from memewatch.kafka import RecordProducer
from memewatch.settings import Settings
from schemas.alerts import Alert, Evidence, InputReference, Signal, signal_id
from schemas.codec import encode
from schemas.events import Control, Finality, Holder, Liquidity, Post, Profile, Tick, Transfer
from schemas.times import rfc3339
from sinks.lane import Lane, LanePlan
from sinks.main import LANES
from sinks.metrics import SinkMetrics
from sinks.postgres.connection import connect

AUGUST_2018_MS = 1_534_521_600_000
#: Longer than anything here takes on a loaded machine.
DEADLINE_S = 30.0

#: Topic, key and value of a record to publish.
Published = tuple[str, str | None, bytes]


def tick(number: int, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    token = f"TOK{number % 5}"
    values: dict[str, Any] = {
        "id": f"venue:{number}",
        "token": token,
        "symbol": token,
        "event_time": rfc3339(time_ms + number),
        "source": "recorded",
        "price": "0.00001234500",
        "amount": "12.50",
        "side": "buy",
    }
    event = Tick(**(values | fields))
    return "ticks", event.token, encode(event)


def candle(number: int, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    prices = {"open": "0.10", "high": "0.30", "low": "0.05", "price": "0.20"}
    kind = {"kind": "candle", "interval_ms": 60_000, "side": None, "origin": "backfill"}
    return tick(number, time_ms, **{**prices, **kind, **fields})


def post(number: int, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    values: dict[str, Any] = {
        "id": f"source:{number}:TOK",
        "token": "TOK",
        "symbol": "TOK",
        "event_time": rfc3339(time_ms + number),
        "source": "bluesky",
        "post_id": str(number),
        "author": "somebody",
        "text": "to the moon 🚀",
        "urls": ["https://example.org/a", "https://example.org/b"],
    }
    event = Post(**(values | fields))
    return "posts", event.token, encode(event)


def transfer(number: int, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    values: dict[str, Any] = {
        "id": f"chain:block:tx:{number}",
        "token": "TOK",
        "symbol": "TOK",
        "event_time": rfc3339(time_ms + number),
        "source": "recorded",
        "chain": "ethereum",
        "contract": "0xc0",
        "transaction": "0x01",
        "log_index": number,
        "from_address": "0xaa",
        "to_address": "0xbb",
        "amount": "123456789012345678901234567890.123456789012345678",
    }
    event = Transfer(**(values | fields))
    return "transfers", event.token, encode(event)


def liquidity(number: int, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    values: dict[str, Any] = {
        **_on_chain(f"liquidity:{number}", time_ms + number),
        "pool": "0xpool",
        "transaction": "0x02",
        "log_index": number,
        "action": "removed",
        "quote": "WETH",
        "token_amount": "123456789.000000000000000001",
        "liquidity": "31.6",
        "from_address": "0xaa",
        "confirmation": "pending",
    }
    event = Liquidity(**(values | fields))
    return "transfers", event.token, encode(event)


def profile(number: int, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    values: dict[str, Any] = {
        **_on_chain(f"profile:{number}", time_ms + number),
        "contract": "0xc0",
        "created_at": rfc3339(time_ms - 1_000),
        "total_supply": "1000000000",
        "holders": [Holder(address="0xaa", amount="12.000000000000000001")],
    }
    event = Profile(**(values | fields))
    return "transfers", event.token, encode(event)


def finality(of: str, topic: str, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    values: dict[str, Any] = {
        **_on_chain(f"{of}:decided", time_ms),
        "topic": topic,
        "of": of,
        "status": "retracted",
    }
    event = Finality(**(values | fields))
    return topic, event.token, encode(event)


def _on_chain(name: str, time_ms: int) -> dict[str, Any]:
    return {
        "id": name,
        "token": "TOK",
        "symbol": "TOK",
        "event_time": rfc3339(time_ms),
        "source": "evm",
        "chain": "ethereum",
    }


def signal(number: int, time_ms: int = AUGUST_2018_MS, **fields: Any) -> Published:
    end_ms = time_ms + number * 10_000
    values: dict[str, Any] = {
        "id": signal_id("trading", "TOK", end_ms, 10_000),
        "token": "TOK",
        "symbol": "TOK",
        "kind": "trading",
        "event_time": rfc3339(end_ms),
        "window_ms": 10_000,
        "values": {"open": 0.1, "trades": 3.0},
        "price": "0.100",
        "volume": "7.5",
    }
    made = Signal(**(values | fields))
    return "signals", made.token, encode(made)


def alert(name: str, revision: int = 1, **fields: Any) -> Published:
    values: dict[str, Any] = {
        "id": name,
        "revision": revision,
        "token": name,
        "symbol": name,
        "pattern": "pump_and_dump",
        "phase": "accumulation",
        "severity": "high",
        "score": 0.1 + 0.2,
        "status": "open",
        "event_time": rfc3339(AUGUST_2018_MS + 7),
        "onset_estimate": rfc3339(AUGUST_2018_MS),
        "ended_at": None,
        "detected_at": rfc3339(AUGUST_2018_MS + 1_000),
        "explanation": f"{name} trades forty times its usual volume",
        "evidence": [
            Evidence(feature="volume", value=40.0, baseline=1.0, threshold=None, weight=0.7)
        ],
        "inputs": [InputReference(topic="ticks", partition=1, offset=42)],
        "detector_version": "1",
    }
    made = Alert(**(values | fields))
    return "alerts", made.token, encode(made)


def control(topic: str) -> Published:
    record = Control(
        control="watermark", session="s", writer="w", watermark=rfc3339(AUGUST_2018_MS)
    )
    return topic, None, encode(record)


async def publish(settings: Settings, records: Iterable[Published]) -> None:
    """Returns once Kafka confirmed all of them."""
    producer = RecordProducer(settings)
    try:
        for topic, key, value in records:
            await producer.send(topic, value, key)
        await producer.flush()
    finally:
        producer.close()


@contextlib.asynccontextmanager
async def running(
    settings: Settings, *plans: LanePlan, metrics: SinkMetrics | None = None
) -> AsyncIterator[SinkMetrics]:
    """The sink's lanes at work; at the end they are told to stop, and flush."""
    metrics = metrics or SinkMetrics()
    stop = asyncio.Event()
    tasks = [
        asyncio.ensure_future(Lane(plan, settings, SystemClock(), metrics).run(stop))
        for plan in plans or LANES
    ]
    try:
        yield metrics
    finally:
        stop.set()
        await asyncio.gather(*tasks)


@contextlib.asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(settings)
    try:
        yield connection
    finally:
        await connection.close()


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until the condition holds; fail at the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not await condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S:g} s: {what}"
        await asyncio.sleep(0.02)


async def until_count(connection: asyncpg.Connection, table: str, count: int) -> None:
    """Wait until the table holds so many rows; more are a failure at once."""

    async def holds() -> bool:
        rows = await connection.fetchval(f"select count(*) from {table}")
        assert rows <= count, f"{table} holds {rows} rows, not {count}"
        return bool(rows == count)

    await until(holds, f"{count} rows in {table}")


async def until_stored(connection: asyncpg.Connection, settings: Settings, total: int) -> None:
    """Wait until the positions of all topics add up to ``total`` records."""

    async def stored() -> bool:
        return bool(
            total
            == await connection.fetchval(
                "select coalesce(sum(next_offset), 0) from positions where topic like $1",
                settings.namespace + "%",
            )
        )

    await until(stored, f"positions that add up to {total}")
