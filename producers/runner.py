"""Runs sources in one session: publishing, watermarks, retries, and when a cursor may advance."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple

import msgspec

from memewatch.clock import Clock
from memewatch.errors import OperatorError
from memewatch.kafka import RecordProducer
from producers import metrics
from producers.intake import Intake
from producers.lane import Feed, Lane
from producers.right import PublishingRight
from producers.session import TOPICS, Confirmation, Session
from producers.source import Item, close
from producers.state import SessionState, SourceState
from producers.watermarks import current_watermarks, end_ms
from schemas.times import rfc3339

_TICK_S = 1.0
#: A reader that catches up should meet a watermark often, however fast the events come.
_EVENTS_BETWEEN_WATERMARKS = 2_000
#: Items between two turns of the event loop: a few milliseconds.
_ITEMS_PER_TURN = 256

_log = logging.getLogger(__name__)


class _SourceFailedError(Exception):
    """A source raised (that is the cause) or fell silent."""


class _Promised(NamedTuple):
    """Watermarks on their way to Kafka, and the state that holds once all of it is confirmed."""

    confirmations: Sequence[Confirmation]
    state: SessionState


class Runner:
    """Publishes what its feeds yield until they end or it is stopped; used once.

    ``state`` is what the run begins with: its cursors, and the session it opens, or continues
    when ``continues`` is set.
    """

    def __init__(
        self,
        producer: RecordProducer,
        right: PublishingRight,
        state: SessionState,
        feeds: Sequence[Feed],
        clock: Clock,
        *,
        continues: bool,
    ) -> None:
        self.lanes = [_lane(feed, state, clock) for feed in feeds]
        self._right = right
        self._session = Session(producer, state)
        self._clock = clock
        self._continues = continues
        self._is_open = False
        self._intake = Intake(producer, clock)
        self._watermarks = dict(state.watermarks)
        self._writing_watermarks = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> bool:
        """Publish; True when all sources ended, False when ``stop`` was set before.

        Either way everything is confirmed by Kafka and the session is closed.

        Raises:
            OperatorError: a source failed for good (the session is closed), or another publisher
                took the right (it stays open).
            KafkaException: Kafka did not confirm a record for ten minutes.
        """
        try:
            await self._publish(stop)
        except BaseExceptionGroup as group:
            error = group.exceptions[0]
            if not isinstance(error, _SourceFailedError):
                raise error from None
            await self._close(finished=False)
            raise OperatorError(f"{error}; see the log") from error
        finished = all(lane.is_done for lane in self.lanes)
        await self._close(finished)
        return finished

    async def _publish(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = {lane.name: tasks.create_task(self._run_lane(lane)) for lane in self.lanes}
            stopper = tasks.create_task(_cancel_when(stop, running.values()))
            for lane in self.lanes:
                await lane.ready.wait()
            if not stop.is_set():
                await self._open()
            ticker = tasks.create_task(self._tick(running))
            if running:
                await asyncio.wait(running.values())
            stopper.cancel()
            ticker.cancel()

    # --- one source ---------------------------------------------------------------------------

    async def _run_lane(self, lane: Lane) -> None:
        if lane.feed.source.order == "unknown":
            lane.ready.set()
        try:
            while True:
                cursor, since_ms = lane.cursor, self._clock.now_ms()
                try:
                    await self._drain(lane)
                    break
                except _SourceFailedError as failure:
                    lived_s = (self._clock.now_ms() - since_ms) / 1000
                    delay_s = self._note_failure(lane, failure, lane.cursor != cursor, lived_s)
                await self._clock.sleep(delay_s)
                metrics.RETRIES.labels(lane.name).inc()
            if lane.feed.live:
                lane.live_promise_ms(self._clock.now_ms())
            lane.is_done = True
            if lane.feed.pace is not None:
                lane.feed.pace.end()
        finally:
            lane.ready.set()

    def _note_failure(
        self, lane: Lane, failure: _SourceFailedError, advanced: bool, lived_s: float
    ) -> float:
        """The seconds to wait before the source is started again."""
        circuit = lane.circuit
        delay_s = circuit.failed(failure.__cause__ or failure, advanced=advanced, lived_s=lived_s)
        lane.lost()
        if circuit.is_limited:
            _log.info("%s; starting it again in %.0f s", failure, delay_s)
            return delay_s
        metrics.ERRORS.labels(lane.name).inc()
        restarts = lane.feed.restarts
        if restarts is not None and circuit.failures > restarts:
            raise failure
        what = "circuit open: trying again" if circuit.is_open else "starting it again"
        _log.warning("%s; %s in %.0f s", failure, what, delay_s)
        return delay_s

    async def _drain(self, lane: Lane) -> None:
        items = lane.feed.source.events(lane.cursor)
        try:
            while (pulled := await _pull(lane, items)) is not None:
                item, cursor = pulled
                await self._intake.take(lane, item)
                lane.cursor = cursor or lane.cursor
                # After it was taken: what it says of the time before is in the log by now.
                lane.take_sign(item, self._clock.now_ms())
                if lane.pulled % _ITEMS_PER_TURN == 0:
                    await asyncio.sleep(0)
                if self._intake.since_watermark >= _EVENTS_BETWEEN_WATERMARKS:
                    await self._promise()
        finally:
            await close(items)

    # --- the session --------------------------------------------------------------------------

    async def _open(self) -> None:
        self._set_watermarks()
        self._session.state = self._state()
        if self._continues:
            await self._checkpoint()
        else:
            await self._session.open()
        self._is_open = True
        self._intake.may_publish.set()

    async def _tick(self, running: dict[str, asyncio.Task[None]]) -> None:
        seen: dict[str, tuple[int, int]] = {}
        while True:
            await self._clock.sleep(_TICK_S)
            if not self._right.check():
                self._intake.may_publish.clear()
                await self._right.regain()
                self._intake.may_publish.set()
            self._restart_silent(running, seen)
            await self._checkpoint()
            self._count()

    def _restart_silent(
        self, running: dict[str, asyncio.Task[None]], seen: dict[str, tuple[int, int]]
    ) -> None:
        """``seen`` holds, by lane, the last count of items and since when it stands still."""
        now_ms = self._clock.now_ms()
        for lane in self.lanes:
            limit_s = lane.feed.silence_s
            pulled, since_ms = seen.get(lane.name, (-1, now_ms))
            if lane.pulled != pulled or not lane.is_pulling:
                seen[lane.name] = (lane.pulled, now_ms)
            elif limit_s is not None and now_ms - since_ms > limit_s * 1000:
                seen[lane.name] = (lane.pulled, now_ms)
                metrics.SILENCES.labels(lane.name).inc()
                lane.is_silent = True
                running[lane.name].cancel()

    async def _checkpoint(self) -> None:
        """Promise, wait until Kafka confirmed everything up to here, and write the state down."""
        promised = await self._promise()
        for confirmation in promised.confirmations:
            await confirmation.wait()
        del self._intake.letters[: len(promised.confirmations) - 1]
        await self._session.save(promised.state)
        for lane in self.lanes:
            cursor = promised.state.cursors.get(lane.name)
            if lane.feed.stored is not None and cursor is not None:
                lane.feed.stored(cursor)

    async def _promise(self) -> _Promised:
        async with self._writing_watermarks:
            self._intake.since_watermark = 0
            self._set_watermarks()
            state = self._state()
            letters = tuple(self._intake.letters)
            confirmation = await self._session.promise(state.watermarks)
        return _Promised((*letters, confirmation), state)

    def _set_watermarks(self) -> None:
        now_ms = self._clock.now_ms()
        self._watermarks = current_watermarks(self.lanes, self._watermarks, now_ms)
        self._intake.watermarks = self._watermarks

    async def _close(self, finished: bool) -> None:
        self._count()
        if not self._is_open:
            return
        end = end_ms(self.lanes, self._watermarks, self._clock.now_ms())
        self._watermarks = dict.fromkeys(TOPICS, end)
        await self._session.close(msgspec.structs.replace(self._state(), finished=finished))

    def _state(self) -> SessionState:
        cursors = {lane.name: lane.cursor for lane in self.lanes if lane.cursor is not None}
        live = {lane.name: lane.state() for lane in self.lanes if lane.feed.live}
        return msgspec.structs.replace(
            self._session.state,
            saved_at=rfc3339(self._clock.now_ms()),
            cursors=cursors,
            watermarks=dict(self._watermarks),
            sources=self._session.state.sources | live,
            running=sorted(live),
        )

    def _count(self) -> None:
        now_ms = self._clock.now_ms()
        for lane in self.lanes:
            for topic, events in (lane.published - lane.counted).items():
                metrics.EVENTS.labels(lane.name, topic).inc(events)
            lane.counted = lane.published.copy()
            if lane.feed.live and lane.held_ms is not None:
                metrics.SOURCE_LAG.labels(lane.name).set((now_ms - lane.held_ms) / 1000)
                metrics.SOURCE_FAILING.labels(lane.name).set(lane.circuit.reason is not None)
        for topic, watermark_ms in self._watermarks.items():
            metrics.WATERMARK_LAG.labels(topic).set((now_ms - watermark_ms) / 1000)


def _lane(feed: Feed, state: SessionState, clock: Clock) -> Lane:
    """The feed's lane as the state left it."""
    name = feed.source.name
    lane = Lane(feed, state.cursors.get(name))
    if feed.live:
        lane.before = state.sources.get(name, SourceState())
        lane.last_sign_ms = clock.now_ms()
        lane.held_ms = feed.from_ms if lane.cursor is None else lane.before.promised_ms
    return lane


async def _pull(lane: Lane, items: AsyncIterator[tuple[Item, str]]) -> tuple[Item, str] | None:
    """The source's next item, None at its end; the watchdog's cancellation is its failure."""
    lane.is_pulling = True
    try:
        item = await anext(items)
    except StopAsyncIteration:
        return None
    except (Exception, asyncio.CancelledError) as error:
        if lane.is_silent:
            lane.is_silent = False
            if (task := asyncio.current_task()) and task.uncancel() > 0:
                # It was stopped in the same moment.
                raise asyncio.CancelledError from None
            silence_s = lane.feed.silence_s
            raise _SourceFailedError(f"source {lane.name} was silent for {silence_s:g} s") from None
        if isinstance(error, asyncio.CancelledError):
            raise
        raise _SourceFailedError(f"source {lane.name} failed: {error}") from error
    finally:
        lane.is_pulling = False
    lane.pulled += 1
    return item


async def _cancel_when(stop: asyncio.Event, tasks: Iterable[asyncio.Task[None]]) -> None:
    await stop.wait()
    for task in tasks:
        task.cancel()
