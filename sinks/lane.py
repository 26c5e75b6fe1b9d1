"""One lane of the sink: some topics, one reader, one connection, one sink.

Alerts have a lane of their own, so that they never wait behind bulk rows; and so have verdicts,
because who gave one looks for it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import asyncpg
from confluent_kafka import KafkaException

from memewatch.clock import Clock
from memewatch.settings import Settings
from schemas.topics import TopicSpec
from sinks.base import Record, Sink
from sinks.dead_letters import DeadLetters
from sinks.decoding import decoder
from sinks.log_reader import LogReader
from sinks.metrics import SinkMetrics
from sinks.postgres.connection import connect
from sinks.postgres.positions import PositionMovedError, Positions, read_positions
from sinks.postgres.sink import SinkContext
from sinks.read_ahead import ReadAhead

logger = logging.getLogger(__name__)

#: What passes by itself: a server that restarts, a lost connection, another sink that took over.
#: A database that lacks its tables is here too: the migration may be on its way.
PASSING = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    KafkaException,
    PositionMovedError,
)
_FIRST_WAIT_S = 0.1
#: A database that comes back is found within this.
_LONGEST_WAIT_S = 2.0
#: A lane that lived this long without a record to write counts as recovered.
_PROVEN_S = 5.0
#: A server that does not say goodbye by then is left without.
_CLOSE_TIMEOUT_S = 2.0
#: How often a sink that stands by looks whether the active one is gone.
_STANDBY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePlan:
    """What a lane reads and how: up to ``batch`` records, or what came within ``linger_s``."""

    name: str
    topics: Sequence[TopicSpec]
    #: Makes the sink in its context, for so many records: the class itself.
    sink: Callable[[SinkContext, int], Sink]
    batch: int
    linger_s: float


class Lane:
    """Moves records from the log to the database until told to stop.

    Whatever fails and passes by itself is waited for; then the lane starts again from the stored
    positions, so nothing is lost and nothing is written twice.
    """

    def __init__(
        self, plan: LanePlan, settings: Settings, clock: Clock, metrics: SinkMetrics
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._wait_s = _FIRST_WAIT_S
        self._told: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set and what was read by then is written."""
        while not stop.is_set():
            try:
                await self._session(stop)
            except PASSING as error:
                self._tell(f"waiting to go on: {type(error).__name__}: {error}".rstrip(": "))
                await wait(stop, self._wait_s * random.uniform(0.5, 1.0))
                self._wait_s = min(self._wait_s * 2, _LONGEST_WAIT_S)

    async def _session(self, stop: asyncio.Event) -> None:
        async with self._connection() as connection:
            if not await self._lead(connection):
                self._tell("standing by: another sink is at work")
                await wait(stop, _STANDBY_S)
                return
            counts = {spec.name: spec.partitions for spec in self._plan.topics}
            positions = await read_positions(connection, self._settings.namespace, counts)
            letters = DeadLetters(self._settings, self._clock, self._metrics)
            reader = LogReader(self._settings, positions, decoder(self._clock))
            context = SinkContext(
                connection, self._settings.namespace, positions, letters, self._metrics
            )
            sink = self._plan.sink(context, self._plan.batch)
            try:
                await self._move(reader, sink, positions, connection, stop)
            finally:
                letters.close()
                await asyncio.to_thread(reader.close)

    async def _move(
        self,
        reader: LogReader,
        sink: Sink,
        positions: Positions,
        connection: asyncpg.Connection,
        stop: asyncio.Event,
    ) -> None:
        ahead = ReadAhead(lambda: reader.read(self._plan.batch, self._plan.linger_s))
        proven_at = asyncio.get_running_loop().time() + _PROVEN_S
        try:
            while not stop.is_set():
                if records := await ahead.next():
                    await self._write(sink, records)
                elif connection.is_closed():
                    raise ConnectionError("PostgreSQL closed the connection")
                if records or asyncio.get_running_loop().time() > proven_at:
                    self._recovered()
                for topic, lag in reader.lag(positions).items():
                    self._metrics.lag.labels(topic).set(lag)
            await self._write(sink, await ahead.last())
        finally:
            await ahead.close()

    async def _write(self, sink: Sink, records: Sequence[Record]) -> None:
        with self._metrics.write_seconds.labels(self._plan.name).time():
            sink.add(records)
            await sink.flush()

    async def _lead(self, connection: asyncpg.Connection) -> bool:
        """Take the lane's lock, which ends with the connection that also writes the rows."""
        return bool(
            await connection.fetchval(
                "select pg_try_advisory_lock(hashtext('memewatch_sink'), hashtext($1))",
                self._settings.namespace + self._plan.name,
            )
        )

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await connect(self._settings)
        try:
            yield connection
        finally:
            with contextlib.suppress(*PASSING):
                await connection.close(timeout=_CLOSE_TIMEOUT_S)

    def _tell(self, state: str) -> None:
        """Log what keeps the lane waiting: once, not per try."""
        if self._told is None:
            logger.warning("sink lane %s: %s", self._plan.name, state)
        self._told = state

    def _recovered(self) -> None:
        self._wait_s = _FIRST_WAIT_S
        if self._told is not None:
            logger.info("sink lane %s: at work again", self._plan.name)
        self._told = None


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not longer than until ``stop`` is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
