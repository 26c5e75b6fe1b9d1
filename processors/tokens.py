"""What a lane knows of its tokens, and when it forgets them."""

from __future__ import annotations

from typing import Any

from processors.detectors.base import Detector
from processors.features.base import History
from processors.finality import Unsettled
from processors.patterns import PatternSet
from processors.watermarks import END, START
from schemas.events import Event

#: Tokens with state in one lane; above it the longest idle tenth is forgotten.
_TOKEN_LIMIT = 20_000
#: Idle tokens are looked for after this much event time; until then they only take memory.
_SWEEP_MS = 3_600_000


class Token:
    """What a lane knows of one token. ``unsettled`` is there while events of it are undecided."""

    __slots__ = ("detectors", "history", "last_ms", "session", "unsettled")

    def __init__(
        self, last_ms: int, detectors: tuple[Detector[Any], ...], history: History[Any] | None
    ) -> None:
        self.last_ms = last_ms
        self.session: str | None = None
        self.detectors = detectors
        self.history = history
        self.unsettled: Unsettled | None = None


class Tokens:
    """The tokens of a lane. ``waiting`` is how many events wait in the queues of all of them."""

    def __init__(
        self, patterns: PatternSet, topic: str, history: type[History[Any]], idle_ms: int
    ) -> None:
        self.by_name: dict[str, Token] = {}
        self.waiting = 0
        self._detectors = patterns.leading_on(topic)
        self._history = history if patterns.signals else None
        self._idle_ms = idle_ms
        self._swept_ms = START

    def enter(self, event: Event, time_ms: int, session: str | None) -> Token:
        """The token's state: kept, or fresh after a long silence or in an older year."""
        token = self.by_name.get(event.token)
        if token is None or (
            time_ms - token.last_ms > self._idle_ms
            # A new session that begins in an older year must not see its own future.
            or (token.session != session and time_ms < token.last_ms)
        ):
            if token is not None:
                self._forget(event.token)
            if len(self.by_name) >= _TOKEN_LIMIT:
                self._forget_longest_idle()
            token = self.by_name[event.token] = Token(
                time_ms,
                tuple(detector() for detector in self._detectors),
                None if self._history is None else self._history(),
            )
        token.last_ms = max(token.last_ms, time_ms)
        token.session = session
        return token

    def forget_idle(self, watermark: int) -> None:
        """Forget who would start fresh anyway; looked at about once an hour of event time."""
        if watermark >= END or abs(watermark - self._swept_ms) < _SWEEP_MS:
            return
        self._swept_ms = watermark
        horizon = watermark - self._idle_ms
        for name in [name for name, token in self.by_name.items() if token.last_ms < horizon]:
            self._forget(name)

    def _forget_longest_idle(self) -> None:
        oldest = sorted(self.by_name, key=lambda name: (self.by_name[name].last_ms, name))
        for name in oldest[: _TOKEN_LIMIT // 10]:
            self._forget(name)

    def _forget(self, name: str) -> None:
        unsettled = self.by_name.pop(name).unsettled
        if unsettled is not None:
            self.waiting -= len(unsettled)
