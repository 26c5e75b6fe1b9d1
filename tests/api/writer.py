"""Writes what the sink writes, in one transaction as the sink does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from schemas.alerts import Alert, Evidence, InputReference
from schemas.times import EPOCH, from_ms, parse_rfc3339, rfc3339
from schemas.topics import ALERTS
from sinks.dead_letters import DeadLetters
from sinks.metrics import SinkMetrics
from sinks.postgres.alerts import AlertSink
from sinks.postgres.positions import read_positions
from sinks.postgres.sink import SinkContext

Connection = Any
#: 2018-08-17T16:00:00Z
START_MS = 1_534_521_600_000
_NAMESPACE = "writer."


def make_alert(number: int = 0, **changes: Any) -> Alert:
    """An open pump of token ``T0`` at ``START_MS`` plus ``number`` seconds, with changes."""
    time = rfc3339(START_MS + number * 1000)
    alert = Alert(
        id=f"alert-{number:05d}",
        revision=1,
        token="T0",
        symbol="T0",
        pattern="pump_and_dump",
        phase="ignition",
        severity="high",
        score=0.9,
        status="open",
        event_time=time,
        onset_estimate=time,
        ended_at=None,
        detected_at=time,
        explanation="Rush orders lifted the price by 12 % within 25 seconds.",
        evidence=[
            Evidence(feature="rush_orders", value=41.0, baseline=3.5, threshold=20.0, weight=0.7)
        ],
        inputs=[InputReference(topic="ticks", partition=3, offset=number)],
        detector_version="pump-1",
    )
    return msgspec.structs.replace(alert, **changes)


class Writer:
    """One connection with the sink's rights."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.connection = connection
        self._metrics = SinkMetrics()
        self._dead_letters = DeadLetters(settings, SystemClock(), self._metrics)
        self._events = 0

    @classmethod
    @asynccontextmanager
    async def connect(cls, settings: Settings) -> AsyncIterator[Writer]:
        password = settings.postgres_password
        connection = await asyncpg.connect(
            host=settings.postgres_host,
            port=settings.postgres_port,
            user=settings.postgres_user,
            password=password.get_secret_value() if password else None,
            database=settings.postgres_database,
        )
        try:
            yield cls(connection, settings)
        finally:
            await connection.close()

    async def alerts(self, *alerts: Alert) -> int:
        """Commit the alerts together, as the sink does; returns the last number."""
        positions = await read_positions(self.connection, _NAMESPACE, {ALERTS.name: 1})
        context = SinkContext(
            self.connection, _NAMESPACE, positions, self._dead_letters, self._metrics
        )
        place = (ALERTS.name, 0)
        moved = {place: positions[place] + len(alerts)}
        await AlertSink(context, len(alerts)).store(alerts, moved)
        seq: int = await self.connection.fetchval("select seq from stream_state")
        return seq

    async def token(self, token: str, last_ms: int, symbol: str | None = None) -> None:
        await self.connection.execute(
            "insert into tokens (token, symbol, first_event_time, last_event_time) "
            "values ($1, $2, $3, $3)",
            token,
            symbol or token,
            from_ms(last_ms),
        )

    async def signals(self, token: str, kind: str, signals: Sequence[dict[str, Any]]) -> None:
        """Signals by ``end_ms``, ``price``, ``volume``; whatever else is given is in `values`."""
        for signal in signals:
            values = dict(signal)
            end = from_ms(values.pop("end_ms"))
            price, volume = values.pop("price", None), values.pop("volume", None)
            await self.connection.execute(
                "select memewatch_ensure_partition('signals', $1::date)", end.date()
            )
            await self.connection.execute(
                'insert into signals (id, token, symbol, kind, event_time, window_ms, "values", '
                "price, volume, schema_version) "
                "values ($1, $2, $2, $3, $4, 10000, $5, $6::text::numeric, $7::text::numeric, 1)",
                f"{kind}:{token}:{end.isoformat()}",
                token,
                kind,
                end,
                json.dumps(values),
                price,
                volume,
            )

    async def tick(self, token: str, time_ms: int, price: str, **values: Any) -> str:
        """A backfilled trade, changed by ``values``; returns its id."""
        amounts = {
            name: Decimal(values[name])
            for name in ("amount", "open", "high", "low")
            if name in values
        }
        return await self._event(
            "ticks",
            token,
            time_ms,
            **{"price": Decimal(price), "kind": "trade", **values, **amounts},
        )

    async def candle(
        self, token: str, end_ms: int, close: str, interval_ms: int, **values: str
    ) -> str:
        return await self.tick(
            token, end_ms, close, kind="candle", interval_ms=interval_ms, **values
        )

    async def post(self, token: str, time_ms: int, author: str, **values: Any) -> str:
        """A backfilled post, changed by ``values``; returns its id."""
        said = {"post_id": "1", "text": "hi", "urls": [], "repost": False}
        return await self._event("posts", token, time_ms, author=author, **{**said, **values})

    async def transfer(self, token: str, time_ms: int, **values: Any) -> str:
        """A backfilled transfer, changed by ``values``; returns its id."""
        moved = {"chain": "c", "contract": "0xc0", "transaction": "0x1", "log_index": 1}
        parties = {"from_address": "0xaa", "to_address": "0xbb", "amount": 1}
        return await self._event("transfers", token, time_ms, **{**moved, **parties, **values})

    async def finality(self, token: str, time_ms: int, of: str, status: str) -> str:
        """What became of the event ``of``."""
        return await self._event(
            "finality", token, time_ms, chain="c", topic="ticks", of=of, status=status
        )

    async def _event(self, table: str, token: str, time_ms: int, **values: Any) -> str:
        self._events += 1
        identity = f"{table}:{self._events}"
        time = from_ms(time_ms)
        await self.connection.execute(
            "select memewatch_ensure_partition($1, $2::date)", table, time.date()
        )
        common = {"id": identity, "token": token, "symbol": token, "event_time": time}
        same = {"source": "s", "origin": "backfill", "schema_version": 1}
        row = {**common, **same, **values}
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(f"${number + 1}" for number in range(len(row)))
        await self.connection.execute(
            f"insert into {table} ({names}) values ({places})", *row.values()
        )
        return identity


def moment(text: str) -> datetime:
    return EPOCH + (from_ms(parse_rfc3339(text)) - EPOCH)
