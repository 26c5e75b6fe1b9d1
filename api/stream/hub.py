"""Keeps the order of alert changes and hands each to every subscriber once.

All methods run in the event loop without awaiting, so a subscription begins between two changes,
never amid one: that is what makes snapshot and live changes free of gaps and doubles.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from api.metrics import StreamMetrics
from api.stream import protocol
from api.stream.history import Change, History
from api.stream.protocol import Filter, Subscribe
from api.stream.subscriber import Ending, Subscriber

_log = logging.getLogger(__name__)

#: 31 KiB a socket: about 160 MB, beyond which a further API process is the better answer.
MAXIMUM_SUBSCRIBERS = 5_000
#: Parts of a snapshot stay well below what websocket clients accept as one message (1 MiB).
_SNAPSHOT_PART_CHARACTERS = 256 * 1024


@dataclass(slots=True)
class _State:
    """What the database said, and all that came since."""

    epoch: str
    seq: int
    live: dict[str, Change]
    history: History


class Hub:
    """The one place all subscribers hang on."""

    def __init__(self, heartbeat_s: float, metrics: StreamMetrics) -> None:
        self._heartbeat_s = heartbeat_s
        self._metrics = metrics
        self._subscribers: set[Subscriber] = set()
        self._state: _State | None = None
        self._database_up = False
        self._whole_snapshot: list[str] | None = None
        self._stopping = False
        self._emptied = asyncio.Event()

    @property
    def epoch(self) -> str | None:
        """None until the database was reached for the first time."""
        return self._state.epoch if self._state else None

    @property
    def seq(self) -> int:
        return self._state.seq if self._state else 0

    @property
    def database_up(self) -> bool:
        """Whether the connection that hears about changes stands."""
        return self._database_up

    @property
    def subscriber_count(self) -> int:
        return len(self._subscribers)

    def attach(self, subscriber: Subscriber) -> None:
        """Greet, and deliver everything from now on; ends the subscriber when there is no room."""
        if self._stopping:
            subscriber.end(_restart(), drop_waiting=True)
            return
        if len(self._subscribers) >= MAXIMUM_SUBSCRIBERS:
            reason = "too many subscribers: try again later"
            message = protocol.error("full", reason)
            subscriber.end(Ending(protocol.CLOSE_FULL, reason, message), drop_waiting=True)
            return
        self._subscribers.add(subscriber)
        self._metrics.subscribers.set(len(self._subscribers))
        if self._state is not None:
            self._greet(subscriber, self._state)

    def detach(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        self._metrics.subscribers.set(len(self._subscribers))
        if self._stopping and not self._subscribers:
            self._emptied.set()

    def subscribe(self, subscriber: Subscriber, request: Subscribe) -> None:
        """Begin anew as asked; what was delivered before no longer counts.

        Recovered: everything after ``request.seq`` follows. Not recovered: a snapshot follows.
        """
        subscriber.filter = request.filter or Filter()
        state = self._state
        if state is None or subscriber not in self._subscribers:
            return  # the greeting comes with the database, and heeds the filter
        oldest = state.history.oldest_seq
        recovered = (
            request.seq is not None
            and request.epoch == state.epoch
            and oldest <= request.seq <= state.seq
        )
        answer = protocol.subscribed(recovered, state.seq, oldest)
        if recovered and request.seq is not None:
            subscriber.previous_seq = request.seq
            subscriber.begin([answer, *self._missed(subscriber, state)])
        else:
            subscriber.previous_seq = state.seq
            subscriber.begin([answer, *self._snapshot(subscriber.filter, state)])

    def load(self, epoch: str, seq: int, live: Iterable[Change], recent: Iterable[Change]) -> None:
        """Take over the database's state, at the start or when it is another database now."""
        replaced = self._state is not None
        self._state = _State(
            epoch, seq, {change.head.id: change for change in live}, History(seq, recent)
        )
        self._whole_snapshot = None
        for subscriber in list(self._subscribers):
            if replaced:
                self._end(subscriber, _replaced())
            else:
                self._greet(subscriber, self._state)

    def publish(self, change: Change) -> None:
        """Deliver the change unless it is an old one; numbers only ever rise."""
        state = self._state
        if state is None or change.seq <= state.seq:
            return
        state.seq = change.seq
        state.history.append(change)
        if change.head.is_live:
            state.live[change.head.id] = change
        else:
            state.live.pop(change.head.id, None)
        self._whole_snapshot = None
        frames: dict[int, str] = {}
        slow: list[Subscriber] = []
        for subscriber in self._subscribers:
            if not subscriber.filter.passes(change.head):
                continue
            previous = subscriber.previous_seq
            frame = frames.get(previous)
            if frame is None:
                frame = frames[previous] = change.frame(previous)
            if subscriber.push(frame):
                subscriber.previous_seq = change.seq
            else:
                slow.append(subscriber)
        for subscriber in slow:
            self._end_slow(subscriber)

    def set_database_up(self, up: bool) -> None:
        """Told to everybody at once, as a heartbeat."""
        if up != self._database_up:
            self._database_up = up
            self.beat()

    def beat(self) -> None:
        """One heartbeat to everybody."""
        seq = self._state.seq if self._state else None
        message = protocol.heartbeat(seq, self._database_up)
        for subscriber in [s for s in self._subscribers if not s.push(message)]:
            self._end_slow(subscriber)

    async def keep_beating(self) -> None:
        """Heartbeats until cancelled."""
        while True:
            await asyncio.sleep(self._heartbeat_s)
            self.beat()

    async def shut_down(self, timeout_s: float) -> None:
        """Announce the restart, let every socket send what waits and close; then return."""
        self._stopping = True
        for subscriber in self._subscribers:
            subscriber.end(_restart(), drop_waiting=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s if self._subscribers else 0):
                await self._emptied.wait()

    def _greet(self, subscriber: Subscriber, state: _State) -> None:
        subscriber.previous_seq = state.seq
        greeting = protocol.hello(state.epoch, state.seq, self._heartbeat_s)
        subscriber.begin([greeting, *self._snapshot(subscriber.filter, state)])

    def _snapshot(self, wanted: Filter, state: _State) -> list[str]:
        if wanted != Filter():
            return _snapshot_parts(
                state.seq, [c.alert_json for c in state.live.values() if wanted.passes(c.head)]
            )
        if self._whole_snapshot is None:
            self._whole_snapshot = _snapshot_parts(
                state.seq, [change.alert_json for change in state.live.values()]
            )
        return self._whole_snapshot

    def _missed(self, subscriber: Subscriber, state: _State) -> list[str]:
        frames: list[str] = []
        for change in state.history.after(subscriber.previous_seq):
            if subscriber.filter.passes(change.head):
                frames.append(change.frame(subscriber.previous_seq))
                subscriber.previous_seq = change.seq
        return frames

    def _end_slow(self, subscriber: Subscriber) -> None:
        self._metrics.slow_consumers_closed.inc()
        reason = "too slow: reconnect and subscribe with the last seq you got"
        message = protocol.error("slow_consumer", reason)
        self._end(subscriber, Ending(protocol.CLOSE_SLOW, "slow consumer", message))

    def _end(self, subscriber: Subscriber, ending: Ending) -> None:
        subscriber.end(ending, drop_waiting=True)
        self.detach(subscriber)


def _snapshot_parts(seq: int, alerts: list[str]) -> list[str]:
    """One message, or several when one would be larger than clients accept."""
    parts: list[list[str]] = [[]]
    characters = 0
    for alert in alerts:
        if parts[-1] and characters + len(alert) > _SNAPSHOT_PART_CHARACTERS:
            parts.append([])
            characters = 0
        parts[-1].append(alert)
        characters += len(alert)
    last = len(parts) - 1
    return [protocol.snapshot(seq, part, more=n < last) for n, part in enumerate(parts)]


def _restart() -> Ending:
    return Ending(protocol.CLOSE_RESTART, "the API restarts: reconnect", protocol.shutdown())


def _replaced() -> Ending:
    reason = "sequence numbers start anew: reconnect and take the snapshot"
    return Ending(protocol.CLOSE_RESTART, reason, protocol.error("epoch_changed", reason))
