"""Runs sources in one session: publishing, watermarks, retries, and when a cursor may advance."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import NamedTuple

import msgspec

from memewatch.clock import Clock
from memewatch.errors import OperatorError
from memewatch.kafka import RecordProducer
from producers import metrics
from producers.lane import Feed, Lane
from producers.right import PublishingRight
from producers.session import TOPICS, Confirmation, Session
from producers.source import Item, Progress, Rejected
from producers.state import SessionState
from schemas.alerts import DeadLetter
from schemas.codec import EVENT_DECODERS, TOPIC_OF, InvalidRecordError, encode, event_time_ms
from schemas.events import Event
from schemas.times import rfc3339
from schemas.topics import DEAD_LETTERS

_TICK_S = 1.0
#: A reader that catches up should meet a watermark often, however fast the events come.
_EVENTS_BETWEEN_WATERMARKS = 2_000
#: Items between two turns of the event loop: a few milliseconds.
_ITEMS_PER_TURN = 256
#: A paced source looks at the clock again at least this often.
_LONGEST_WAIT_S = 60.0
#: Full jitter: a random part of 0.5 s, 1 s, 2 s … up to a minute.
_BACKOFF_BASE_S = 0.5
_BACKOFF_CEILING_S = 60.0

_log = logging.getLogger(__name__)


class _SourceFailedError(Exception):
    """A source raised or fell silent; the cause is what it raised."""


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
        self.lanes = [Lane(feed, state.cursors.get(feed.source.name)) for feed in feeds]
        self._producer = producer
        self._right = right
        self._session = Session(producer, state)
        self._clock = clock
        self._continues = continues
        self._is_open = False
        #: Set while the session is open and the right to publish is held.
        self._may_publish = asyncio.Event()
        self._watermarks = dict(state.watermarks)
        self._writing_watermarks = asyncio.Lock()
        self._since_watermark = 0
        self._letters: list[Confirmation] = []

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
        failures = 0
        if lane.feed.source.order == "unknown":
            lane.ready.set()
        try:
            while True:
                before = lane.pulled
                try:
                    await self._drain(lane)
                    break
                except _SourceFailedError as failure:
                    failures = failures + 1 if lane.pulled == before else 1
                    self._note_failure(lane, failure, failures)
                ceiling = min(_BACKOFF_CEILING_S, _BACKOFF_BASE_S * 2 ** min(failures - 1, 10))
                await self._clock.sleep(random.uniform(0, ceiling))
                metrics.RETRIES.labels(lane.name).inc()
            lane.is_done = True
            if lane.feed.pace is not None:
                lane.feed.pace.end()
        finally:
            lane.ready.set()

    def _note_failure(self, lane: Lane, failure: _SourceFailedError, failures: int) -> None:
        metrics.ERRORS.labels(lane.name).inc()
        restarts = lane.feed.restarts
        if restarts is not None and failures > restarts:
            raise failure
        _log.warning("%s; starting it again after %r", failure, lane.cursor)

    async def _drain(self, lane: Lane) -> None:
        items = lane.feed.source.events(lane.cursor)
        try:
            while True:
                try:
                    item, cursor = await anext(items)
                except StopAsyncIteration:
                    return
                except asyncio.CancelledError:
                    raise _unless_silent(lane) from None
                except Exception as error:
                    raise _SourceFailedError(f"source {lane.name} failed: {error}") from error
                lane.pulled += 1
                await self._take(lane, item)
                lane.cursor = cursor
                if lane.pulled % _ITEMS_PER_TURN == 0:
                    await asyncio.sleep(0)
                if self._since_watermark >= _EVENTS_BETWEEN_WATERMARKS:
                    await self._promise()
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()

    async def _take(self, lane: Lane, item: Item) -> None:
        if isinstance(item, Progress):
            lane.promise(item.time_ms, item.topic)
            await self._hold(lane, item.time_ms)
        elif isinstance(item, Rejected):
            await self._hold(lane, None)
            await self._reject(lane, item)
        else:
            await self._take_event(lane, item)

    async def _take_event(self, lane: Lane, event: Event) -> None:
        topic = TOPIC_OF[type(event)]
        value = encode(event)
        try:
            EVENT_DECODERS[topic](value)
            time_ms = event_time_ms(event)
            if topic not in lane.feed.source.topics:
                raise InvalidRecordError(f"source {lane.name} said nothing of {topic}")
            if time_ms < lane.promised.get(topic, time_ms):
                raise InvalidRecordError("older than the watermark its source promised")
        except InvalidRecordError as error:
            await self._hold(lane, None)
            await self._reject(lane, Rejected(reason=str(error), value=value))
            return
        if lane.feed.source.order == "ordered":
            lane.promise(time_ms, None)
        await self._hold(lane, time_ms)
        if time_ms < self._watermarks.get(topic, time_ms):
            metrics.LATE.labels(lane.name, topic).inc()
        await self._producer.send(topic, value, key=event.token)
        lane.published[topic] += 1
        if lane.newest_ms is None or time_ms > lane.newest_ms:
            lane.newest_ms = time_ms
        self._since_watermark += 1

    async def _hold(self, lane: Lane, time_ms: int | None) -> None:
        """Wait until publishing is allowed and the item is due."""
        pace = lane.feed.pace
        while True:
            if not self._may_publish.is_set():
                lane.ready.set()
                lane.is_held = True
                await self._may_publish.wait()
            elif pace is None or time_ms is None or (delay_s := pace.delay_s(time_ms)) <= 0:
                lane.is_held = False
                return
            else:
                lane.is_held = True
                await self._clock.sleep(min(delay_s, _LONGEST_WAIT_S))

    async def _reject(self, lane: Lane, item: Rejected) -> None:
        lane.keep_reason(item)
        metrics.DEAD_LETTERS.labels(lane.name).inc()
        letter = DeadLetter(
            reason=item.reason,
            stage="producer",
            value=item.value,
            file=item.file,
            line=item.line,
            failed_at=rfc3339(self._clock.now_ms()),
        )
        confirmation = Confirmation(1)
        self._letters.append(confirmation)
        await self._producer.send(
            DEAD_LETTERS.name, encode(letter), on_delivery=confirmation.on_delivery
        )

    # --- the session --------------------------------------------------------------------------

    async def _open(self) -> None:
        self._watermarks = self._current_watermarks()
        self._session.state = self._state()
        if self._continues:
            await self._checkpoint()
        else:
            await self._session.open()
        self._is_open = True
        self._may_publish.set()

    async def _tick(self, running: dict[str, asyncio.Task[None]]) -> None:
        seen: dict[str, tuple[int, int]] = {}
        while True:
            await self._clock.sleep(_TICK_S)
            if not self._right.check():
                self._may_publish.clear()
                await self._right.regain()
                self._may_publish.set()
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
            if lane.pulled != pulled or lane.is_held or lane.is_done:
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
        await self._session.save(promised.state)

    async def _promise(self) -> _Promised:
        async with self._writing_watermarks:
            self._since_watermark = 0
            self._watermarks = self._current_watermarks()
            state = self._state()
            letters, self._letters = self._letters, []
            confirmation = await self._session.promise(state.watermarks)
        return _Promised((*letters, confirmation), state)

    async def _close(self, finished: bool) -> None:
        self._count()
        if not self._is_open:
            return
        self._watermarks = dict.fromkeys(TOPICS, self._end_ms())
        await self._session.close(msgspec.structs.replace(self._state(), finished=finished))

    def _state(self) -> SessionState:
        cursors = {lane.name: lane.cursor for lane in self.lanes if lane.cursor is not None}
        return msgspec.structs.replace(
            self._session.state,
            saved_at=rfc3339(self._clock.now_ms()),
            cursors=cursors,
            watermarks=dict(self._watermarks),
        )

    def _current_watermarks(self) -> dict[str, int]:
        """By topic: the least its sources promise. A topic whose sources ended follows the rest."""
        now_ms = self._clock.now_ms()
        running = [lane for lane in self.lanes if not lane.is_done]
        positions = [p for lane in running if (p := lane.position_ms(now_ms)) is not None]
        others_ms = min(positions) if positions else self._end_ms()
        watermarks = {}
        for topic in TOPICS:
            lanes = [lane for lane in running if topic in lane.feed.source.topics]
            promised = [w for lane in lanes if (w := lane.watermark_ms(topic, now_ms)) is not None]
            watermark = min(promised, default=others_ms)
            watermarks[topic] = max(watermark, self._watermarks.get(topic, watermark))
        return watermarks

    def _end_ms(self) -> int:
        """No event so far is newer; before the first one, the wall clock."""
        newest = [lane.newest_ms for lane in self.lanes if lane.newest_ms is not None]
        return max([*newest, *self._watermarks.values()], default=self._clock.now_ms())

    def _count(self) -> None:
        for lane in self.lanes:
            for topic, events in (lane.published - lane.counted).items():
                metrics.EVENTS.labels(lane.name, topic).inc(events)
            lane.counted = lane.published.copy()
        for topic, watermark_ms in self._watermarks.items():
            lag_ms = self._clock.now_ms() - watermark_ms
            metrics.WATERMARK_LAG.labels(topic).set(lag_ms / 1000)


def _unless_silent(lane: Lane) -> BaseException:
    """What a cancelled lane raises: the watchdog's cancellation only restarts the source."""
    if not lane.is_silent:
        return asyncio.CancelledError()
    lane.is_silent = False
    if task := asyncio.current_task():
        task.uncancel()
    return _SourceFailedError(f"source {lane.name} was silent for {lane.feed.silence_s:g} s")


async def _cancel_when(stop: asyncio.Event, tasks: Iterable[asyncio.Task[None]]) -> None:
    await stop.wait()
    for task in tasks:
        task.cancel()
