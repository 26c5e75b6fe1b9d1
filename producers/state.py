"""The session's durable state: one record in the compacted topic ``sessions``."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from memewatch.settings import Settings
from producers.compacted import READ_DEADLINE_S, newest_value
from schemas.topics import SESSIONS

STATE_KEY = "current"
#: The newest record is never compacted away; a few more are read in case one is of another key.
_TAIL_RECORDS = 100


class SourceState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A live source: where to resume, and what there is to say about it.

    ``promised_ms`` is what it had promised; ``events`` and ``errors`` count since the first time.
    """

    cursor: str | None = None
    promised_ms: int | None = None
    failing: bool = False
    reason: str | None = None
    events: int = 0
    errors: int = 0
    last_event: str | None = None


class SessionState(Struct, frozen=True, kw_only=True):
    """What is confirmed by Kafka: everything up to ``cursors`` is in the log.

    ``identity`` names the content of all sources; ``cursors`` are by source, ``watermarks`` (ms)
    by topic. ``finished`` says that the sources had nothing more. ``sources`` holds every live
    source there ever was; sessions of other kinds hand it on. ``running`` are those of this one.
    """

    session: str
    kind: str
    identity: str
    writer: str
    started_at: str
    saved_at: str
    open: bool
    finished: bool
    cursors: dict[str, str]
    watermarks: dict[str, int]
    sources: dict[str, SourceState] = {}
    running: list[str] = []
    schema_version: int = 1

    def continues(self, kind: str, identity: str) -> bool:
        """Whether a source of this kind and content carries on what was recorded here."""
        return self.kind == kind and self.identity == identity


def load_state(settings: Settings, deadline_s: float = READ_DEADLINE_S) -> SessionState | None:
    """The last state written, or None before the first session. Blocks for up to ``deadline_s``.

    Raises:
        OperatorError: Kafka does not answer in time.
    """
    last = newest_value(
        settings, SESSIONS.name, STATE_KEY, tail=_TAIL_RECORDS, deadline_s=deadline_s
    )
    return None if last is None else msgspec.json.decode(last, type=SessionState)
