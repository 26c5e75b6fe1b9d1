"""One event topic's log of one partition: events in log order, signals and first words out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from processors.alerts import open_alert
from processors.detectors.base import Detector, Opening
from processors.features.base import WINDOW_MS, History, Window
from processors.features.flow import FlowHistory
from processors.features.sentiment import SentimentHistory
from processors.features.trading import TradingHistory
from processors.joined import JoinedAxis, LastEvent
from processors.patterns import PatternSet
from processors.records import LogRecord, Outputs
from processors.seen import SeenIds
from processors.watermarks import END, START, SessionClock
from schemas.alerts import DeadLetter, InputReference
from schemas.codec import EVENT_DECODERS, InvalidRecordError, decode_control, event_time_ms
from schemas.events import Event, Post, Tick, Transfer
from schemas.topics import POSTS, TICKS, TRANSFERS

_HISTORIES: dict[str, type[History[Any]]] = {
    POSTS.name: SentimentHistory,
    TICKS.name: TradingHistory,
    TRANSFERS.name: FlowHistory,
}
#: What detectors and windows take so far.
_OBSERVED = (Post, Tick, Transfer)
#: Tokens with state in one lane; above it the longest idle tenth is forgotten.
_TOKEN_LIMIT = 20_000
#: Idle tokens are looked for after this much event time; until then they only take memory.
_SWEEP_MS = 3_600_000

_log = logging.getLogger(__name__)


class Lane:
    """Pure state: the same records give the same outputs, in whatever batches they come."""

    def __init__(
        self, topic: str, partition: int, patterns: PatternSet, joined: JoinedAxis, idle_ms: int
    ) -> None:
        self.topic = topic
        self.next_offset = 0
        self._partition = partition
        self._patterns = patterns
        self._joined = joined
        self._idle_ms = idle_ms
        self._clock = SessionClock()
        self._seen = SeenIds()
        self._swept_ms = START
        self._tokens: dict[str, _Token] = {}
        #: Open windows by their end, then by token.
        self._windows: dict[int, dict[str, _OpenWindow]] = {}

    @property
    def watermark(self) -> int:
        """Event time below which this lane's log promises nothing more."""
        return self._clock.watermark

    def process(self, records: Sequence[LogRecord], out: Outputs) -> None:
        """Work through records in log order; records already processed are skipped."""
        # This loop runs for every event there is: what it looks up often is in locals.
        decode = EVENT_DECODERS[self.topic]
        remember = self._seen.add
        tokens = self._tokens
        idle_ms = self._idle_ms
        clock = self._clock
        next_offset = self.next_offset
        events = 0
        for record in records:
            offset = record.offset
            if offset < next_offset:
                continue
            next_offset = offset + 1
            if record.key is None:
                self._control(record, out)
                continue
            try:
                event = decode(record.value or b"")
                time_ms = event_time_ms(event)
            except InvalidRecordError as error:
                self._refuse(record, str(error), out)
                continue
            if time_ms < clock.watermark:
                out.counts["late"] += 1
                continue
            # Before it is remembered: a backfilled event must not hide the live one it repeats.
            if event.origin != "live":
                out.counts["backfill"] += 1
                continue
            if not remember(event.id, time_ms):
                out.counts["duplicates"] += 1
                continue
            if type(event) not in _OBSERVED:
                out.counts["unobserved"] += 1
                continue
            events += 1
            token = tokens.get(event.token)
            if token is None or token.session != clock.session or time_ms - token.last_ms > idle_ms:
                token = self._enter(token, event, time_ms)
            elif time_ms > token.last_ms:
                token.last_ms = time_ms
            if token.history is not None:
                self._window(token.history, event, time_ms, offset).add(event, time_ms)
            for detector in token.detectors:
                try:
                    opening = detector.observe(event, time_ms)
                except Exception as error:
                    _log.exception("detector %s failed on %s", detector.pattern, event.id)
                    self._refuse(record, f"detector {detector.pattern} failed: {error!r}", out)
                    continue
                if opening is not None:
                    self._open(detector, opening, event, time_ms, offset, out)
        self.next_offset = next_offset
        out.counts["events"] += events

    def _open(
        self,
        detector: Detector[Any],
        opening: Opening,
        event: Event,
        time_ms: int,
        offset: int,
        out: Outputs,
    ) -> None:
        alert = open_alert(
            opening,
            pattern=detector.pattern,
            version=detector.version,
            token=event.token,
            symbol=event.symbol,
            event_id=event.id,
            time_ms=time_ms,
            inputs=[self._reference(offset)],
            now=out.now,
        )
        out.alerts.append(alert)
        if self._clock.session is not None:
            follow_up = detector.follow(opening, time_ms)
            self._joined.add_opening(self.topic, alert, follow_up, time_ms)

    def _control(self, record: LogRecord, out: Outputs) -> None:
        before = self._clock.watermark
        try:
            control = decode_control(record.value or b"")
            ending = control.session != self._clock.session
            if ending and before < END:
                # Another session ends this one: its windows end before the new one begins.
                self._close_windows(END, out)
            begins = self._clock.apply(control)
        except (InvalidRecordError, ValueError) as error:
            self._refuse(record, str(error), out)
            return
        if begins:
            self._seen.clear()
            self._joined.begin_session(self.topic, control.session)
        watermark = self._clock.watermark
        if begins or watermark != before:
            self._close_windows(watermark, out)
            self._seen.forget_before(watermark)
            self._forget_idle(watermark)
            self._joined.advance(self.topic, watermark, out)

    def _enter(self, token: _Token | None, event: Event, time_ms: int) -> _Token:
        """The token's state: kept, or fresh after a long silence or in an older year."""
        session = self._clock.session
        if token is None or (
            time_ms - token.last_ms > self._idle_ms
            # A new session that begins in an older year must not see its own future.
            or (token.session != session and time_ms < token.last_ms)
        ):
            if len(self._tokens) >= _TOKEN_LIMIT:
                self._forget_longest_idle()
            token = self._tokens[event.token] = _Token(
                time_ms,
                tuple(detector() for detector in self._patterns.leading_on(self.topic)),
                _HISTORIES[self.topic]() if self._patterns.signals else None,
            )
        token.last_ms = max(token.last_ms, time_ms)
        token.session = session
        return token

    def _window(
        self, history: History[Any], event: Event, time_ms: int, offset: int
    ) -> Window[Any]:
        end_ms = time_ms - time_ms % WINDOW_MS + WINDOW_MS
        ending = self._windows.setdefault(end_ms, {})
        opened = ending.get(event.token)
        if opened is None:
            opened = ending[event.token] = _OpenWindow(history, history.window(), event.symbol)
        opened.last_offset = offset
        opened.last_event_id = event.id
        return opened.window

    def _close_windows(self, watermark: int, out: Outputs) -> None:
        for end_ms in sorted(end for end in self._windows if end <= watermark):
            for token, opened in sorted(self._windows.pop(end_ms).items()):
                signal = opened.history.signal(opened.window, token, opened.symbol, end_ms)
                out.signals.append(signal)
                if self._clock.session is None:
                    continue
                reference = self._reference(opened.last_offset)
                last_event = LastEvent(opened.last_event_id, reference)
                self._joined.add_signal(self.topic, signal, last_event, end_ms)

    def _reference(self, offset: int) -> InputReference:
        return InputReference(topic=self.topic, partition=self._partition, offset=offset)

    def _forget_idle(self, watermark: int) -> None:
        if watermark >= END or abs(watermark - self._swept_ms) < _SWEEP_MS:
            return
        self._swept_ms = watermark
        horizon = watermark - self._idle_ms
        for name in [name for name, token in self._tokens.items() if token.last_ms < horizon]:
            del self._tokens[name]

    def _forget_longest_idle(self) -> None:
        oldest = sorted(self._tokens, key=lambda name: (self._tokens[name].last_ms, name))
        for name in oldest[: _TOKEN_LIMIT // 10]:
            del self._tokens[name]

    def _refuse(self, record: LogRecord, reason: str, out: Outputs) -> None:
        out.dead_letters.append(
            DeadLetter(
                reason=reason,
                stage="processors",
                value=record.value or b"",
                key=record.key,
                topic=self.topic,
                partition=self._partition,
                offset=record.offset,
                failed_at=out.now,
            )
        )


class _Token:
    """What a lane knows of one token."""

    __slots__ = ("detectors", "history", "last_ms", "session")

    def __init__(
        self, last_ms: int, detectors: tuple[Detector[Any], ...], history: History[Any] | None
    ) -> None:
        self.last_ms = last_ms
        self.session: str | None = None
        self.detectors = detectors
        self.history = history


class _OpenWindow:
    """A window being filled, with the history it will be judged by."""

    __slots__ = ("history", "last_event_id", "last_offset", "symbol", "window")

    def __init__(self, history: History[Any], window: Window[Any], symbol: str) -> None:
        self.history = history
        self.window = window
        self.symbol = symbol
        self.last_offset = 0
        self.last_event_id = ""
