"""What every recorded format offers: a row is parsed to a draft, a draft becomes an event."""

from __future__ import annotations

from typing import Any, Protocol

from schemas.events import Event


class RowParser(Protocol):
    """One file's rows. ``topic`` is where its events go.

    ``identified``: rows carry their own id, so the draft already is the event. Otherwise drafts
    are hashable, and equal for equal rows.
    """

    topic: str
    identified: bool

    def parse(self, line: bytes) -> tuple[int, str, Any]:
        """Return (event time in ms, token, draft).

        Raises:
            InvalidRecordError: the row is bad; the message says why.
        """
        ...

    def event(self, draft: Any, ordinal: int) -> Event:
        """The event of a draft; ``ordinal`` counts equal drafts of the file from 0."""
        ...
