"""The joined event-time axis of one partition: signals and openings of all three lanes, in the
order (event time, topic, id), whatever order they arrived in.

An item is worked off when the minimum of the lanes' watermarks within the session has passed it:
from then on nothing older can come. Timers fire in event time, before items later than they.
"""

from __future__ import annotations

import heapq
import logging
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from processors.alerts import open_alert, revise_alert
from processors.cases import (
    OPEN_ALERTS_A_TOKEN,
    Case,
    Ended,
    JoinedToken,
    as_it_ended,
    first_word,
    reopening,
    resolution,
    retraction,
)
from processors.detectors.base import Revision, TokenView
from processors.joined_items import (
    Item,
    JoinedSession,
    LastEvent,
    Opened,
    Retracted,
    Signalled,
)
from processors.patterns import PatternSet
from processors.progress import Progress
from processors.records import Outputs
from processors.risk.flagger import Flagger
from processors.watermarks import END, START
from schemas.alerts import Alert, DeadLetter, Signal
from schemas.codec import encode
from schemas.topics import EVENT_TOPICS

_TOPIC_ORDER = {spec.name: index for index, spec in enumerate(EVENT_TOPICS)}
_VIEW_SIGNALS = 360
_TOKEN_LIMIT = 20_000
#: Beyond this the lanes ahead are held back until the others have caught up (about 100 MiB).
BACKLOG_LIMIT = 100_000

_log = logging.getLogger(__name__)


class JoinedAxis:
    """Pure state: its outputs depend on the three logs alone, never on their interleaving."""

    def __init__(self, patterns: PatternSet, idle_ms: int) -> None:
        self._patterns = patterns
        self._flagger = Flagger(patterns.risk)
        self._idle_ms = idle_ms
        self._sessions: deque[JoinedSession] = deque()
        #: Least recently active first, so that the limit drops the one idle longest.
        self._tokens: OrderedDict[str, JoinedToken] = OrderedDict()
        self._timers: list[tuple[int, str, str]] = []
        self._backlog = 0

    def begin_session(self, topic: str, name: str) -> None:
        """A lane's log opened a session; lanes pass through the same sessions in turn."""
        lane = _TOPIC_ORDER[topic]
        for session in self._sessions:
            if session.name == name:
                return
            session.watermarks[lane] = END
        self._sessions.append(JoinedSession(name))
        # A lane that is here already has left the sessions before; the others have yet to come.

    def add_opening(self, topic: str, opened: Opened, time_ms: int) -> None:
        """An alert that a lane opened; its follow-up lives here from its event time on.

        If it is provisional the lane may take it back, even after it has ended here.
        """
        self._add(topic, time_ms, opened.alert.id, opened)

    def add_retraction(self, topic: str, alert: Alert, time_ms: int) -> None:
        """What a lane opened an alert by turned out to be no part of the chain."""
        self._add(topic, time_ms, alert.id, Retracted(alert))

    def add_signal(self, topic: str, signal: Signal, last_event: LastEvent, time_ms: int) -> None:
        """A window's signal, known at the window's end."""
        self._add(topic, time_ms, signal.id, Signalled(signal, last_event))

    def advance(self, topic: str, watermark: int, out: Outputs) -> None:
        """A lane's watermark moved; work off what has become certain."""
        lane = _TOPIC_ORDER[topic]
        if self._sessions:
            self._current(lane).watermarks[lane] = watermark
        while self._sessions:
            session = self._sessions[0]
            until = min(session.watermarks)
            self._work_off(session, until, out)
            if until < END:
                return
            self._sessions.popleft()

    def held_back(self) -> frozenset[str]:
        """Topics whose lanes are ahead while the backlog is over its limit."""
        if self._backlog <= BACKLOG_LIMIT or not self._sessions:
            return frozenset()
        watermarks = self._sessions[0].watermarks
        slowest = min(watermarks)
        return frozenset(n for n, lane in _TOPIC_ORDER.items() if watermarks[lane] > slowest)

    def _current(self, lane: int) -> JoinedSession:
        """The session a lane is in: the first it has not left."""
        for session in self._sessions:
            if session.watermarks[lane] < END:
                return session
        return self._sessions[-1]

    def _add(self, topic: str, time_ms: int, name: str, item: Item) -> None:
        lane = _TOPIC_ORDER[topic]
        if not self._sessions:
            # Events before any session: nothing promises an order, so nothing can be joined.
            return
        session = self._current(lane)
        session.arrivals += 1
        heapq.heappush(session.items, (time_ms, lane, name, session.arrivals, item))
        self._backlog += 1

    def _work_off(self, session: JoinedSession, until: int, out: Outputs) -> None:
        items = session.items
        while items and items[0][0] < until:
            time_ms, _lane, _name, _arrival, item = heapq.heappop(items)
            self._backlog -= 1
            self._fire_timers(time_ms, out)
            if isinstance(item, Opened):
                self._follow(item, time_ms, session, out)
            elif isinstance(item, Signalled):
                self._take_in(item, time_ms, session, out)
            else:
                self._retract(item.alert, time_ms, out)
        self._fire_timers(until, out)
        if START < until < END:
            self._forget_idle(until)

    def _follow(self, opened: Opened, time_ms: int, session: JoinedSession, out: Outputs) -> None:
        alert = opened.alert
        token = self._token(alert.token, alert.symbol, time_ms, session)
        said = first_word(opened.opening)
        if len(token.cases) >= OPEN_ALERTS_A_TOKEN:
            if opened.provisional:
                token.remember(Ended(alert, said, None))
            return
        case = Case(
            alert=alert,
            follow_up=opened.follow_up,
            progress=Progress(token.view, time_ms),
            provisional=opened.provisional,
            said=said,
            event=self._flagger.event_of(token, alert, said, time_ms),
        )
        token.cases[alert.id] = case
        horizon_ms = time_ms + opened.follow_up.horizon_ms
        heapq.heappush(self._timers, (horizon_ms, alert.id, alert.token))
        known = token.ended.pop(alert.id, None)
        if known is not None:
            case.alert = msgspec.structs.replace(alert, revision=known.alert.revision)
            self._revise(token, case, reopening(said), time_ms, out)
        self._tell_all(token, self._flagger.joined(token, case), time_ms, out)
        self._review(token, case, time_ms, out)

    def _retract(self, alert: Alert, time_ms: int, out: Outputs) -> None:
        """End an alert with what it rests on; also one that had ended before."""
        token = self._tokens.get(alert.token)
        if token is None:
            return
        case = token.cases.get(alert.id)
        if case is not None:
            self._revise(token, case, retraction(case.said, time_ms), time_ms, out)
        elif (known := token.ended.get(alert.id)) is not None and known.said.status != "retracted":
            said = retraction(known.said, time_ms)
            told = revise_alert(
                known.alert,
                said,
                as_it_ended(known),
                self._patterns.risk,
                token.inputs(),
                out.now,
            )
            token.ended[alert.id] = Ended(told, said, known.event)
            out.alerts.append(told)
            if known.event is not None:
                self._tell_all(
                    token, self._flagger.retracted(token, known.event, alert.id), time_ms, out
                )

    def _take_in(self, item: Signalled, time_ms: int, session: JoinedSession, out: Outputs) -> None:
        signal = item.signal
        token = self._token(signal.token, signal.symbol, time_ms, session)
        token.references[signal.kind] = item.last_event.reference
        token.view.recent.setdefault(signal.kind, deque(maxlen=_VIEW_SIGNALS)).append(signal)
        self._flagger.note(token, signal)
        for case in list(token.cases.values()):
            # An earlier one's end may have been told with it.
            if case.alert.id in token.cases:
                self._review(token, case, time_ms, out)
        for detector in token.detectors:
            try:
                opening = detector.observe(token.view, signal, time_ms)
            except Exception as error:
                self._failed(detector.pattern, error, encode(signal), out)
                continue
            if opening is None:
                continue
            alert = open_alert(
                opening,
                risk=self._patterns.risk,
                pattern=detector.pattern,
                version=detector.version,
                token=signal.token,
                symbol=signal.symbol,
                event_id=item.last_event.id,
                time_ms=time_ms,
                inputs=token.inputs(),
                now=out.now,
            )
            out.alerts.append(alert)
            follow_up = detector.follow(opening, time_ms)
            self._follow(Opened(alert, opening, follow_up), time_ms, session, out)

    def _review(self, token: JoinedToken, case: Case, time_ms: int, out: Outputs) -> None:
        try:
            revision = case.follow_up.review(token.view, time_ms)
        except Exception as error:
            self._failed(case.alert.pattern, error, encode(case.alert), out)
            revision = resolution(case.said, time_ms)
        if revision is not None:
            self._revise(token, case, revision, time_ms, out)
        elif case.leads and case.progress.news(token.view, time_ms):
            self._tell(token, case, time_ms, out)

    def _failed(self, pattern: str, error: Exception, value: bytes, out: Outputs) -> None:
        """A detector's bug costs its own word on one input, not the partition's progress."""
        _log.error("detector %s failed", pattern, exc_info=error)
        out.dead_letters.append(
            DeadLetter(
                reason=f"detector {pattern} failed: {error!r}",
                stage="processors",
                value=value,
                failed_at=out.now,
            )
        )

    def _revise(
        self, token: JoinedToken, case: Case, revision: Revision, time_ms: int, out: Outputs
    ) -> None:
        """A detector's word about its alert; others of the same event may have to follow."""
        case.said = revision
        self._tell(token, case, time_ms, out)
        if revision.status in ("resolved", "retracted"):
            token.end(case)
        if revision.status == "retracted":
            others = self._flagger.retracted(token, case.event, case.alert.id)
        else:
            others = self._flagger.revised(token, case)
        self._tell_all(token, others, time_ms, out)

    def _tell(self, token: JoinedToken, case: Case, time_ms: int, out: Outputs) -> None:
        progress = case.progress.tell(token.view, time_ms)
        said = replace(case.said, evidence=(*case.said.evidence, *progress))
        standing = self._flagger.standing(token, case)
        case.alert = revise_alert(
            case.alert, said, standing, self._patterns.risk, token.inputs(), out.now
        )
        out.alerts.append(case.alert)

    def _tell_all(
        self, token: JoinedToken, cases: Iterable[Case], time_ms: int, out: Outputs
    ) -> None:
        for case in cases:
            self._tell(token, case, time_ms, out)

    def _fire_timers(self, until: int, out: Outputs) -> None:
        """Expire follow-ups whose horizon lies before ``until``."""
        while self._timers and self._timers[0][0] < until:
            deadline, alert_id, name = heapq.heappop(self._timers)
            token = self._tokens.get(name)
            case = token.cases.get(alert_id) if token is not None else None
            if token is not None and case is not None:
                try:
                    revision = case.follow_up.expire(deadline)
                except Exception as error:
                    self._failed(case.alert.pattern, error, encode(case.alert), out)
                    revision = resolution(case.said, deadline)
                self._revise(token, case, revision, deadline, out)

    def _token(self, name: str, symbol: str, time_ms: int, session: JoinedSession) -> JoinedToken:
        token = self._tokens.get(name)
        if token is not None:
            stale = time_ms - token.last_ms > self._idle_ms or (
                token.session != session.name and time_ms < token.last_ms
            )
            if not stale or token.cases:
                token.last_ms = max(token.last_ms, time_ms)
                token.session = session.name
                self._tokens.move_to_end(name)
                return token
        detectors = tuple(detector() for detector in self._patterns.joined)
        token = JoinedToken(TokenView(name, symbol), detectors, time_ms, session.name)
        self._tokens[name] = token
        self._tokens.move_to_end(name)
        self._keep_limit()
        return token

    def _keep_limit(self) -> None:
        for _ in range(len(self._tokens)):
            if len(self._tokens) <= _TOKEN_LIMIT:
                return
            name, token = self._tokens.popitem(last=False)
            if token.cases:
                self._tokens[name] = token

    def _forget_idle(self, until: int) -> None:
        """Drop what would start fresh anyway, so dropping it early or late changes nothing."""
        horizon = until - self._idle_ms
        while self._tokens:
            name, token = next(iter(self._tokens.items()))
            if token.last_ms >= horizon or token.cases:
                return
            del self._tokens[name]
