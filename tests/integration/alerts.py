"""The alerts of a run as the database has them, and when they are all there."""

from __future__ import annotations

import asyncio
import json
import time

import asyncpg

from memewatch.cli.lag import read_topics
from memewatch.postgres import address
from memewatch.settings import Settings
from tests.integration.expectation import Revisions, essence


async def wait_until_settled(settings: Settings, deadline_s: float = 180.0) -> None:
    """Return once nobody lags: then every alert is in PostgreSQL."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        topics = await read_topics(settings)
        lag = {t["topic"]: sum(g["lag"] for g in t["groups"]) for t in topics}
        if not any(lag.values()):
            return
        await asyncio.sleep(0.3)
    raise AssertionError(f"still lagging: {lag}")


async def revisions(settings: Settings) -> Revisions:
    """Every revision of every alert without what may differ; the sequence has no gap."""
    connection = await _connect(settings)
    try:
        rows = await connection.fetch("select seq, body from alert_revisions order by seq")
    finally:
        await connection.close()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    found = essence(json.loads(row["body"]) for row in rows)
    assert len(found) == len(rows), "no revision twice"
    return found


async def count(settings: Settings, table: str) -> int:
    """How many rows a table has."""
    connection = await _connect(settings)
    try:
        return int(await connection.fetchval(f"select count(*) from {table}"))
    finally:
        await connection.close()


async def _connect(settings: Settings) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(**address(settings))
