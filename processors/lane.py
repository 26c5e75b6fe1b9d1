"""One event topic's log of one partition: events in log order, signals and first words out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from processors.announcements import Announcements
from processors.features.base import History
from processors.features.flow import FlowHistory
from processors.features.sentiment import SentimentHistory
from processors.features.trading import TradingHistory
from processors.joined import JoinedAxis
from processors.patterns import PatternSet
from processors.records import LogRecord, Outputs
from processors.routes import routes
from processors.seen import SeenIds
from processors.settling import Settling
from processors.tokens import Tokens
from processors.watermarks import END, SessionClock
from processors.windows import OpenWindows
from schemas.alerts import DeadLetter
from schemas.codec import EVENT_DECODERS, InvalidRecordError, decode_control, event_time_ms
from schemas.events import COUNTED_CONFIDENCE, Event, Finality, Liquidity, Post, Tick, Transfer
from schemas.topics import POSTS, TICKS, TRANSFERS

_HISTORIES: dict[str, type[History[Any]]] = {
    POSTS.name: SentimentHistory,
    TICKS.name: TradingHistory,
    TRANSFERS.name: FlowHistory,
}

_log = logging.getLogger(__name__)


class Lane:
    """Pure state: the same records give the same outputs, in whatever batches they come."""

    def __init__(
        self, topic: str, partition: int, patterns: PatternSet, joined: JoinedAxis, idle_ms: int
    ) -> None:
        self.topic = topic
        self.next_offset = 0
        self._partition = partition
        self._joined = joined
        self._routes = routes(topic, patterns.leading_on(topic))
        self._clock = SessionClock()
        self._seen = SeenIds()
        self._idle_ms = idle_ms
        self._tokens = Tokens(patterns, topic, _HISTORIES[topic], idle_ms)
        self._windows = OpenWindows()
        self._announcements = Announcements(topic, partition, self._clock, joined, patterns.risk)
        self._settling = Settling(
            self._tokens, self._windows, self._seen, self._clock, self._announcements
        )

    @property
    def watermark(self) -> int:
        """Event time below which this lane's log promises nothing more."""
        return self._clock.watermark

    def process(self, records: Sequence[LogRecord], out: Outputs) -> None:
        """Work through records in log order; records already processed are skipped."""
        # This loop runs for every event there is: what it looks up often is in locals.
        decode = EVENT_DECODERS[self.topic]
        remember = self._seen.add
        tokens = self._tokens.by_name
        fill_window = self._windows.add
        routes = self._routes
        trades = routes.get("trade")
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
                self._pass_by("late", event, time_ms, out)
                continue
            # Before it is remembered: a backfilled event must not hide the live one it repeats.
            if event.origin != "live":
                self._pass_by("backfill", event, time_ms, out)
                continue
            if not remember(event.id, time_ms):
                self._pass_by("duplicates", event, time_ms, out)
                continue
            if type(event) is Tick:
                route = trades if event.kind == "trade" else routes.get(event.kind)
                pending = event.confirmation == "pending"
            else:
                route = routes.get(type(event))
                pending = (
                    isinstance(event, Transfer | Liquidity) and event.confirmation == "pending"
                )
                if isinstance(event, Post) and event.confidence < COUNTED_CONFIDENCE:
                    self._pass_by("unsure", event, time_ms, out)
                    continue
            if route is None:
                self._pass_by("unobserved", event, time_ms, out)
                continue
            windowed, places = route
            token = tokens.get(event.token)
            if token is None or token.session != clock.session or time_ms - token.last_ms > idle_ms:
                token = self._tokens.enter(event, time_ms, clock.session)
            elif time_ms > token.last_ms:
                token.last_ms = time_ms
            waiting = None
            if pending or token.unsettled is not None:
                waiting = self._settling.wait(token, event, time_ms, offset, route, pending, out)
                if waiting is None:
                    out.counts["duplicates"] += 1
                    continue
            events += 1
            if windowed and token.history is not None:
                fill_window(token.history, event, time_ms, offset)
            for detector in (
                token.detectors if places is None else [token.detectors[at] for at in places]
            ):
                try:
                    opening = detector.observe(event, time_ms)
                except Exception as error:
                    _log.exception("detector %s failed on %s", detector.pattern, event.id)
                    self._refuse(record, f"detector {detector.pattern} failed: {error!r}", out)
                    continue
                if opening is not None:
                    follow_up = detector.follow(opening, time_ms)
                    alert = self._announcements.open(
                        detector,
                        opening,
                        follow_up,
                        event,
                        time_ms,
                        offset,
                        out,
                        provisional=waiting is not None,
                    )
                    if waiting is not None:
                        waiting.alerts[detector.pattern] = alert
        self.next_offset = next_offset
        out.counts["events"] += events

    def _pass_by(self, reason: str, event: Event, time_ms: int, out: Outputs) -> None:
        """Count what is not observed. A decision is none of these: what it is about was there."""
        if isinstance(event, Finality):
            self._settling.decide(event, time_ms, out)
        else:
            out.counts[reason] += 1

    def _control(self, record: LogRecord, out: Outputs) -> None:
        self._settling.mend(out)
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
            self._tokens.forget_idle(watermark)
            self._joined.advance(self.topic, watermark, out)

    def _close_windows(self, watermark: int, out: Outputs) -> None:
        for end_ms, token, opened in self._windows.close(watermark):
            self._announcements.signal(opened, token, end_ms, out)
            if not self._settling.end_window(token, end_ms):
                opened.history.learn(opened.window)

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
