"""The sink stage: three lanes and retention, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Sequence

import uvloop

from memewatch.clock import Clock, SystemClock
from memewatch.metrics import metrics_endpoint
from memewatch.settings import Settings
from schemas.topics import ALERTS, DEAD_LETTERS, EVENT_TOPICS, SIGNALS, VERDICTS
from sinks.lane import PASSING, Lane, LanePlan, wait
from sinks.metrics import SinkMetrics
from sinks.postgres.alerts import AlertSink
from sinks.postgres.connection import connect
from sinks.postgres.retention import sweep
from sinks.postgres.series import SeriesSink
from sinks.postgres.verdicts import VerdictSink

logger = logging.getLogger(__name__)

BULK = LanePlan(
    name="bulk",
    topics=(*EVENT_TOPICS, SIGNALS, DEAD_LETTERS),
    sink=SeriesSink,
    batch=5_000,
    linger_s=0.5,
)
ALERT = LanePlan(name="alerts", topics=(ALERTS,), sink=AlertSink, batch=500, linger_s=0.0)
VERDICT = LanePlan(name="verdicts", topics=(VERDICTS,), sink=VerdictSink, batch=500, linger_s=0.0)
LANES = (ALERT, BULK, VERDICT)

_RETENTION_EVERY_S = 60.0
#: The alert lane takes over from the bulk lane's Python code within this, not Python's 5 ms.
SWITCH_INTERVAL_S = 0.0005


def serve(settings: Settings) -> None:
    """Write what is in Kafka to PostgreSQL until SIGTERM or SIGINT; then flush and return.

    Raises:
        OperatorError: the metrics port is taken.
    """
    metrics = SinkMetrics()
    with metrics_endpoint(settings, metrics.registry):
        asyncio.run(_serve(settings, SystemClock(), metrics))


async def _serve(settings: Settings, clock: Clock, metrics: SinkMetrics) -> None:
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    lanes = [
        _LaneThread(Lane(plan, settings, clock, metrics), plan.name, stop, loop) for plan in LANES
    ]
    for lane in lanes:
        lane.start()
    try:
        await _keep_retention(settings, clock, stop)
    finally:
        await asyncio.to_thread(_join, lanes)
    for lane in lanes:
        if lane.failure is not None:
            raise lane.failure


async def _keep_retention(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    failing = False
    while not stop.is_set():
        try:
            connection = await connect(settings)
            try:
                swept = await sweep(connection, clock.now_ms(), settings.retention_days)
            finally:
                await connection.close(timeout=2)
            failing = False
            if swept.partitions or swept.rows:
                logger.info(
                    "retention: dropped %s, deleted %d rows", swept.partitions or "-", swept.rows
                )
        except PASSING as error:
            if not failing:
                logger.warning("retention waits: %s: %s", type(error).__name__, error)
            failing = True
        await wait(stop, _RETENTION_EVERY_S)


class _LaneThread(threading.Thread):
    """A lane in a thread and event loop of its own: encoding 5,000 rows blocks a loop for long."""

    def __init__(
        self, lane: Lane, name: str, ended: asyncio.Event, main_loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(name=f"sink-{name}", daemon=True)
        self.failure: BaseException | None = None
        self._lane = lane
        self._ended = ended
        self._main_loop = main_loop
        self._stop_event = asyncio.Event()
        # Each answer of the database wakes the loop, and on the way of an alert that counts.
        self._loop = uvloop.new_event_loop()

    def run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._lane.run(self._stop_event))
        except BaseException as error:
            self.failure = error
        finally:
            # However a lane ends, the stage ends with it.
            self._main_loop.call_soon_threadsafe(self._ended.set)

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # the lane has ended and its loop is closed
            self._loop.call_soon_threadsafe(self._stop_event.set)


def _join(lanes: Sequence[_LaneThread]) -> None:
    for lane in lanes:
        lane.stop()
    for lane in lanes:
        lane.join()
