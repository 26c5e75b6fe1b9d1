"""How often one client may send."""

from __future__ import annotations

from collections.abc import Callable

_BURST = 20.0
_PER_SECOND = 1.0


class MessageRate:
    """A bucket of tokens: a burst of 20, refilled by one a second."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._left = _BURST
        self._seen_s = now_s()

    def allows_one_more(self) -> bool:
        now = self._now_s()
        self._left = min(_BURST, self._left + (now - self._seen_s) * _PER_SECOND)
        self._seen_s = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
