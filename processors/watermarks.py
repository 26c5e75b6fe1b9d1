"""One lane's session and its watermark, read from the log's own control records.

No wall clock moves it: the same log gives the same watermarks (Akidau et al. 2015, "The Dataflow
Model", section 2.3, with the watermark as a record of the log).
"""

from __future__ import annotations

from collections import deque

from schemas.events import Control
from schemas.times import parse_rfc3339

#: Before any promise, and after the last one.
START = -(2**62)
END = 2**62

#: A writer that lost its session may still send a little; its session is remembered this long.
_REMEMBERED_SESSIONS = 16


class SessionClock:
    """The current session of one lane, its open writers and the minimum of their watermarks."""

    def __init__(self) -> None:
        self.session: str | None = None
        self.watermark = START
        self._writers: dict[str, int] = {}
        self._ended: deque[str] = deque(maxlen=_REMEMBERED_SESSIONS)

    def apply(self, control: Control) -> bool:
        """Take in a control record; True when it began another session.

        Raises:
            ValueError: the record's watermark is no time.
        """
        watermark = parse_rfc3339(control.watermark)
        begins = control.session != self.session
        if begins:
            if control.session in self._ended:
                return False
            if self.session is not None:
                self._ended.append(self.session)
            self.session = control.session
            self.watermark = START
            self._writers = {}
        elif self.watermark == END:
            return False
        if control.control == "close":
            self._writers.pop(control.writer, None)
            if not self._writers:
                self.watermark = END
                return begins
        else:
            known = self._writers.get(control.writer, START)
            self._writers[control.writer] = max(known, watermark)
        self.watermark = max(self.watermark, min(self._writers.values()))
        return begins
