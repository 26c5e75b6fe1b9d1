"""What a live session publishes, and where each of its sources goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from producers.lane import Feed
from producers.live.base import Heard, LiveSource
from producers.live.feed import LiveFeed
from producers.publishing import Plan
from producers.state import SessionState

LIVE = "live"


def feed_of(
    source: LiveSource, hear: Callable[[str | None], AsyncIterator[Heard]] | None = None
) -> Feed:
    """How the runner treats a live source; without ``hear`` it is followed for ever."""
    return Feed(
        source=LiveFeed(source, hear),
        silence_s=source.silence_s,
        lateness_ms=round(source.lateness_s * 1000),
        live=True,
        stored=source.stored,
    )


def plan_live(sources: Sequence[LiveSource], last: SessionState | None) -> Plan:
    """Every source goes on where it stopped, whatever was published since.

    A killed live publisher goes on in its own session, whichever of its sources are on now.
    """
    known = last.sources if last else {}
    cursors = {
        source.name: cursor
        for source in sources
        if source.name in known and (cursor := known[source.name].cursor) is not None
    }
    continues = None
    if last is not None and last.open and last.continues(LIVE, LIVE):
        continues = msgspec.structs.replace(last, cursors=cursors)
    return Plan(
        kind=LIVE,
        identity=LIVE,
        feeds=[feed_of(source) for source in sources],
        cursors=cursors,
        continues=continues,
    )
