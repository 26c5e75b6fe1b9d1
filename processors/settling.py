"""A lane's dealings with events whose block may yet be reorganised away; see ``finality``."""

from __future__ import annotations

from processors.announcements import Announcements
from processors.finality import Entry, Unsettled
from processors.records import Outputs
from processors.routes import Route
from processors.seen import SeenIds
from processors.tokens import Token, Tokens
from processors.watermarks import END, SessionClock
from processors.windows import OpenWindows, window_end
from schemas.events import Event, Finality

#: Events that wait for one token; beyond it the oldest is taken for final: on a busy token some
#: minutes, by when nearly every chain has decided.
_TOKEN_LIMIT = 4_096
#: The same for all tokens of a lane together (about 40 MiB, all of it in each snapshot).
_LANE_LIMIT = 65_536


class Settling:
    """Keeps the queues of undecided events, and mends the head after a reorganisation.

    The head is mended before the token's next event, at the latest at the lane's next control
    record: the events of one orphaned block are retracted one after the other, and what the head
    would be with a part of them means nothing.
    """

    def __init__(
        self,
        tokens: Tokens,
        windows: OpenWindows,
        seen: SeenIds,
        clock: SessionClock,
        announcements: Announcements,
    ) -> None:
        self._tokens = tokens
        self._windows = windows
        self._seen = seen
        self._clock = clock
        self._announcements = announcements
        #: Tokens whose head contains orphaned events, in the order of the log.
        self._torn: dict[str, None] = {}

    def wait(
        self,
        token: Token,
        event: Event,
        time_ms: int,
        offset: int,
        route: Route,
        pending: bool,
        out: Outputs,
    ) -> Entry | None:
        """Queue an event before the head observes it; None when it waits there already."""
        if event.token in self._torn:
            self._mend(event.token, out)
        session = self._clock.session
        unsettled = token.unsettled
        if unsettled is None:
            windows = self._windows.of(event.token)
            unsettled = token.unsettled = Unsettled(
                token.detectors,
                token.history,
                {(session, end_ms): window for end_ms, window in windows.items()},
            )
        elif unsettled.waits_for(event.id):
            return None
        key = (session, window_end(time_ms))
        entry = Entry(event, time_ms, offset, route, key, pending)
        unsettled.append(entry)
        self._tokens.waiting += 1
        while len(unsettled) > _TOKEN_LIMIT or self._tokens.waiting > _LANE_LIMIT:
            out.counts["presumed"] += unsettled.presume_oldest()
            self._settle(token, unsettled)
        return entry

    def decide(self, finality: Finality, time_ms: int, out: Outputs) -> None:
        """Take a decision about an event that waits; any other is counted and ignored."""
        token = self._tokens.by_name.get(finality.token)
        unsettled = None if token is None else token.unsettled
        if token is None or unsettled is None:
            out.counts["unknown"] += 1
        elif finality.status == "confirmed":
            known = unsettled.confirm(finality.of)
            out.counts["confirmed" if known else "unknown"] += 1
            if known and not unsettled.torn:
                self._settle(token, unsettled)
        else:
            # A late decision takes its place where the lane stands.
            watermark = self._clock.watermark
            decided_ms = max(time_ms, watermark) if watermark < END else time_ms
            orphan = unsettled.orphan(finality.of, decided_ms)
            out.counts["unknown" if orphan is None else "retracted"] += 1
            if orphan is not None:
                self._tokens.waiting -= 1
                self._torn[finality.token] = None
                # The chain may come back to this very block.
                self._seen.forget(orphan.event.id, orphan.time_ms)

    def mend(self, out: Outputs) -> None:
        """Mend every head that contains orphaned events."""
        for name in list(self._torn):
            self._mend(name, out)

    def end_window(self, name: str, end_ms: int) -> bool:
        """A window ended; False when nothing of its token is undecided and it may be learned."""
        token = self._tokens.by_name.get(name)
        if token is None or token.unsettled is None:
            return False
        token.unsettled.end_window((self._clock.session, end_ms))
        self._settle(token, token.unsettled)
        return True

    def _mend(self, name: str, out: Outputs) -> None:
        del self._torn[name]
        token = self._tokens.by_name.get(name)
        unsettled = None if token is None else token.unsettled
        if token is None or unsettled is None or not unsettled.torn:
            return  # It was forgotten meanwhile.
        rebuilt = unsettled.rebuild()
        token.detectors = rebuilt.detectors
        decided_ms = unsettled.orphaned_ms
        for alert in rebuilt.lost:
            self._announcements.retract(alert, decided_ms)
        for found in rebuilt.found:
            entry = found.entry
            entry.alerts[found.detector.pattern] = self._announcements.open(
                found.detector,
                found.opening,
                found.follow_up,
                entry.event,
                decided_ms,
                entry.offset,
                out,
                provisional=True,
            )
        self._mend_windows(name, unsettled)
        self._settle(token, unsettled)

    def _mend_windows(self, name: str, unsettled: Unsettled) -> None:
        session = self._clock.session
        ends = list(self._windows.of(name))
        windows = unsettled.rebuilt_windows([(session, end_ms) for end_ms in ends])
        for end_ms, window in zip(ends, windows, strict=True):
            self._windows.replace(name, end_ms, window)

    def _settle(self, token: Token, unsettled: Unsettled) -> None:
        before = len(unsettled)
        unsettled.settle()
        self._tokens.waiting -= before - len(unsettled)
        if not len(unsettled):
            token.unsettled = None
