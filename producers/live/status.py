"""What `memewatch sources` tells of each source: on or off and why, how far, how many errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from producers.live.catalogue import Listed
from producers.state import SessionState, SourceState
from schemas.times import parse_rfc3339

#: The state is saved every second; a publisher that paused for a broker's restart is not dead.
_RECENT_MS = 15_000
NOT_RUNNING = "not running: see `memewatch up --source live`"


class SourceStatus(TypedDict):
    """One source. ``lag_s`` is how far behind the clock it is; None when it does not run."""

    name: str
    state: Literal["on", "off", "error"]
    reason: str | None
    last_event: str | None
    lag_s: float | None
    events: int
    errors: int


def statuses(
    listed: Sequence[Listed], session: SessionState | None, now_ms: int
) -> list[SourceStatus]:
    """Every source as settings and the last session say; ``session`` is None where nobody knows."""
    running = _running(session, now_ms)
    known = session.sources if session else {}
    return [
        _status(each, known.get(each.name, SourceState()), each.name in running, now_ms)
        for each in listed
    ]


def _status(listed: Listed, source: SourceState, runs: bool, now_ms: int) -> SourceStatus:
    status = SourceStatus(
        name=listed.name,
        state="on",
        reason=None,
        last_event=source.last_event,
        lag_s=None,
        events=source.events,
        errors=source.errors,
    )
    if runs:
        # What runs was on when it was started, whatever the settings of this process say.
        status["state"] = "error" if source.failing else "on"
        status["reason"] = source.reason
        if source.promised_ms is not None:
            status["lag_s"] = round((now_ms - source.promised_ms) / 1000, 1)
    elif listed.off is not None:
        status["state"] = "off"
        status["reason"] = listed.off
    else:
        status["reason"] = NOT_RUNNING
    return status


def _running(session: SessionState | None, now_ms: int) -> frozenset[str]:
    if session is None or not session.open or session.kind != "live":
        return frozenset()
    if now_ms - parse_rfc3339(session.saved_at) > _RECENT_MS:
        return frozenset()
    return frozenset(session.running)
