"""How long a failing source rests: jitter and a ceiling, the server's own word, or an open circuit.

The delays are "full jitter" (Brooker 2015, "Exponential Backoff And Jitter"): a random part of a
doubling bound, so that many clients of one server do not come back in step.
"""

from __future__ import annotations

import random

#: 0.5 s, 1 s, 2 s … up to a minute.
_BASE_S = 0.5
_CEILING_S = 60.0
#: So many failures in a row take two to three minutes: it is no hiccup then, and asking more often
#: only annoys the server. Fewer would give up on a gap that others still wait for (HOLD_LIMIT_MS).
OPEN_AFTER = 12
OPEN_S = 300.0
#: A connection that held this long was a good one.
_GOOD_S = 60.0

#: It is stored with the session's state every second, and read by people.
_LONGEST_REASON = 300


class RateLimitedError(Exception):
    """The server asks to wait: no failure, and tried again after ``retry_after_s``."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class AccessRefusedError(Exception):
    """A key is wrong, expired or lacks a right; the message names the setting to look at."""


class Circuit:
    """One source's failures in a row. ``reason`` says why it rests; None while it works."""

    def __init__(self) -> None:
        self.failures = 0
        self.reason: str | None = None
        #: It waits because it was asked to, and not because something is wrong.
        self.is_limited = False

    @property
    def is_open(self) -> bool:
        """Whether it is only tried every few minutes."""
        return self.failures >= OPEN_AFTER

    def failed(self, error: BaseException, *, advanced: bool, lived_s: float) -> float:
        """Take in a failure; the seconds until the next try.

        ``advanced``: its cursor moved since the last try; ``lived_s``: how long that one held.
        """
        self.is_limited = isinstance(error, RateLimitedError)
        self.reason = (str(error) or type(error).__name__)[:_LONGEST_REASON]
        if isinstance(error, RateLimitedError):
            return error.retry_after_s + random.uniform(0, 1)
        if advanced or lived_s >= _GOOD_S:
            self.failures = 0
        self.failures = OPEN_AFTER if isinstance(error, AccessRefusedError) else self.failures + 1
        if self.is_open:
            return OPEN_S * random.uniform(0.9, 1.1)
        return random.uniform(0, min(_CEILING_S, _BASE_S * 2.0 ** (self.failures - 1)))

    def works(self) -> None:
        """It has yielded something: nothing is wrong now, though failures are not forgotten."""
        self.reason = None
        self.is_limited = False
