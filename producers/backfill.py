"""`memewatch backfill`: a source's past, or what was kept of it, read by today's parser.

Everything is published as ``origin: backfill``: it feeds series and raises no alert, so it needs no
session and may run beside one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import msgspec
from confluent_kafka import KafkaException
from msgspec import Struct

from memewatch.clock import Clock, SystemClock
from memewatch.errors import OperatorError
from memewatch.kafka import RecordProducer, ensure_topics
from memewatch.settings import Settings
from producers.circuit import AccessRefusedError, Circuit
from producers.compacted import newest_value
from producers.intake import Intake
from producers.lane import Feed, Lane
from producers.live.base import Heard, LiveSource, NoHistoryError
from producers.live.catalogue import require_on
from producers.live.feed import LiveFeed
from producers.live.live import make_source, surroundings
from producers.live.stored import stored_payloads
from producers.publishing import stop_on_signals
from producers.session import TOPICS
from producers.source import close
from schemas.codec import encode
from schemas.payloads import RawPayload
from schemas.times import LATEST_MS, rfc3339
from schemas.topics import BACKFILLS

#: How much is read again after a kill.
_CHECKPOINT_S = 2.0

_log = logging.getLogger(__name__)


class BackfillState(Struct, frozen=True, kw_only=True):
    """How far one backfill has come; all up to ``cursor`` is confirmed by Kafka."""

    end_ms: int
    cursor: str | None = None
    events: int = 0
    newest_ms: int | None = None
    finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillReport:
    """``events`` counts earlier runs of the same backfill too; ``finished``: nothing is left."""

    finished: bool
    events: int
    rejected: int
    was_done: bool = False


def backfill(
    settings: Settings,
    name: str,
    begin_ms: int,
    end_ms: int | None,
    *,
    stored: bool = False,
    again: bool = False,
    progress: Callable[[int, int], None] = lambda _newest_ms, _events: None,
) -> BackfillReport:
    """Publish the events of ``begin_ms <= time < end_ms``; blocks until done or interrupted.

    Without an end it is now, or, to go on with one that was interrupted, the now of then.
    ``stored`` reads the raw payloads received in that time instead of asking the source; ``again``
    begins anew though it was done before. ``progress`` gets the newest event time and the count.

    Raises:
        OperatorError: there is no such source, it is off, fails, or has no such history.
    """

    async def run() -> BackfillReport:
        stop = asyncio.Event()
        stop_on_signals(stop)
        return await backfill_async(
            settings, name, begin_ms, end_ms, stop, stored=stored, again=again, progress=progress
        )

    return asyncio.run(run())


async def backfill_async(
    settings: Settings,
    name: str,
    begin_ms: int,
    end_ms: int | None,
    stop: asyncio.Event,
    *,
    stored: bool = False,
    again: bool = False,
    progress: Callable[[int, int], None] = lambda _newest_ms, _events: None,
) -> BackfillReport:
    """As ``backfill``, in a running event loop; ends early and in order when ``stop`` is set."""
    if not stored:
        require_on(name, settings)
    clock = SystemClock()
    await asyncio.to_thread(ensure_topics, settings)
    async with surroundings(settings, clock) as around:
        what = f"{name}{'/stored' if stored else ''}"
        until = "now" if end_ms is None else rfc3339(end_ms)
        key = f"{what}/{rfc3339(begin_ms)}/{until}"
        value = await asyncio.to_thread(newest_value, settings, BACKFILLS.name, key)
        before = BackfillState(end_ms=clock.now_ms() if end_ms is None else end_ms)
        if value is not None and not again:
            last = msgspec.json.decode(value, type=BackfillState)
            if not last.finished:
                before = last
            elif end_ms is not None:
                return BackfillReport(finished=True, events=last.events, rejected=0, was_done=True)
        source = make_source(name, around)
        work = _Backfill(settings, source, begin_ms, before, key, stored, clock, progress)
        return await work.run(stop)


class _Backfill:
    """One run of a backfill from where the last one ended (``before``)."""

    def __init__(
        self,
        settings: Settings,
        source: LiveSource,
        begin_ms: int,
        before: BackfillState,
        key: str,
        stored: bool,
        clock: Clock,
        progress: Callable[[int, int], None],
    ) -> None:
        self._settings = settings
        self._source = source
        self._begin_ms = begin_ms
        self._before = before
        self._key = key
        self._stored = stored
        self._clock = clock
        self._progress = progress
        self._saved_at = time.monotonic()

    async def run(self, stop: asyncio.Event) -> BackfillReport:
        before = self._before
        producer = RecordProducer(self._settings)
        intake = Intake(producer, self._clock)
        intake.may_publish.set()
        # All of it is older than what may still come live.
        intake.watermarks = dict.fromkeys(TOPICS, LATEST_MS)
        lane = Lane(Feed(source=LiveFeed(self._source, self._hear), live=True), before.cursor)
        lane.newest_ms = before.newest_ms
        work = asyncio.create_task(self._retry(producer, intake, lane))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finished = work.done()
            if finished:
                work.result()
            else:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
            await self._save(producer, lane, finished=finished)
            return BackfillReport(
                finished=finished,
                events=before.events + lane.published.total(),
                rejected=lane.rejected,
            )
        except KafkaException as error:
            raise OperatorError(
                f"Kafka at {self._settings.kafka_bootstrap} did not confirm what was sent: "
                f"{error.args[0].str()}; start again, it goes on where it was"
            ) from error
        finally:
            for task in (work, stopping):
                task.cancel()
            await asyncio.gather(work, stopping, return_exceptions=True)
            producer.close()

    async def _retry(self, producer: RecordProducer, intake: Intake, lane: Lane) -> None:
        circuit = Circuit()
        while True:
            cursor, since = lane.cursor, time.monotonic()
            try:
                await self._drain(producer, intake, lane)
                return
            except KafkaException:
                raise
            except (NoHistoryError, AccessRefusedError) as error:
                raise OperatorError(f"source {self._source.name}: {error}") from error
            except Exception as error:
                lived_s = time.monotonic() - since
                delay_s = circuit.failed(error, advanced=lane.cursor != cursor, lived_s=lived_s)
                if circuit.is_open:
                    raise OperatorError(
                        f"source {self._source.name} failed again and again: {circuit.reason}; "
                        "start the backfill again later, it goes on where it was"
                    ) from error
                _log.warning(
                    "source %s: %s; trying again in %.0f s",
                    self._source.name,
                    circuit.reason,
                    delay_s,
                )
                await self._clock.sleep(delay_s)

    async def _drain(self, producer: RecordProducer, intake: Intake, lane: Lane) -> None:
        items = lane.feed.source.events(lane.cursor)
        try:
            async for item, cursor in items:
                # What is read from the stored copies need not be stored again.
                if not (self._stored and isinstance(item, RawPayload)):
                    await intake.take(lane, item)
                lane.cursor = cursor or lane.cursor
                if time.monotonic() - self._saved_at > _CHECKPOINT_S:
                    await self._save(producer, lane, finished=False)
        finally:
            await close(items)

    async def _save(self, producer: RecordProducer, lane: Lane, *, finished: bool) -> None:
        await producer.flush()
        events = self._before.events + lane.published.total()
        state = BackfillState(
            end_ms=self._before.end_ms,
            cursor=lane.cursor,
            events=events,
            newest_ms=lane.newest_ms,
            finished=finished,
        )
        await producer.send(BACKFILLS.name, encode(state), key=self._key)
        await producer.flush()
        self._saved_at = time.monotonic()
        self._progress(lane.newest_ms or self._begin_ms, events)

    def _hear(self, resume: str | None) -> AsyncIterator[Heard]:
        end_ms = self._before.end_ms
        if self._stored:
            name = self._source.name
            return stored_payloads(self._settings, name, self._begin_ms, end_ms, resume)
        return self._source.history(self._begin_ms, end_ms, resume)
