"""`memewatch collect`: one pass of one source, from its stored cursor to now, then the end.

What cron, Airflow or a scheduled job calls where nobody wants a process that runs for ever. A pass
is a session of its own, so nobody waits for it and its events are live however old they are.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from memewatch.clock import Clock, SystemClock
from memewatch.settings import Settings
from producers.live.base import LiveSource
from producers.live.catalogue import require_on
from producers.live.live import make_source, surroundings
from producers.live.plan import feed_of
from producers.publishing import Plan, publish, stop_on_signals
from producers.right import AnotherPublisherError
from producers.runner import Runner
from producers.state import SessionState

COLLECT = "collect"
#: How far back a first pass may bring live events.
_FIRST_PASS_MS = 24 * 3_600_000
#: Two passes at once: the second waits for the first, and finds little left to do.
_WAIT_S = 600.0
_ASK_AGAIN_S = 0.5
#: About half a minute of failures: a scheduled job comes again anyway.
_RESTARTS = 6

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CollectReport:
    """``events`` were confirmed by Kafka; ``finished`` is False when it was interrupted."""

    finished: bool
    events: int
    rejected: int


def collect(settings: Settings, name: str) -> CollectReport:
    """One pass; blocks until it is through, or SIGINT or SIGTERM came.

    Raises:
        OperatorError: there is no such source, it is off or fails, or another publisher is at work.
    """

    async def run() -> CollectReport:
        stop = asyncio.Event()
        stop_on_signals(stop)
        return await collect_async(settings, name, SystemClock(), stop)

    return asyncio.run(run())


async def collect_async(
    settings: Settings, name: str, clock: Clock, stop: asyncio.Event
) -> CollectReport:
    """As ``collect``, in a running event loop; ends early and in order when ``stop`` is set."""
    require_on(name, settings)
    async with surroundings(settings, clock) as around:
        source = make_source(name, around)
        deadline_ms = clock.now_ms() + round(_WAIT_S * 1000)
        while True:
            runners: list[Runner] = []
            until_ms = clock.now_ms()
            try:
                finished = await publish(
                    settings,
                    COLLECT,
                    lambda last, until_ms=until_ms: plan_pass(source, last, until_ms),  # type: ignore[misc]
                    clock,
                    stop,
                    runners.append,
                )
            except AnotherPublisherError as error:
                if error.kind != COLLECT or clock.now_ms() > deadline_ms or stop.is_set():
                    raise
                _log.info("another pass is at work; waiting for it")
                await clock.sleep(_ASK_AGAIN_S)
                continue
            (lane,) = runners[0].lanes
            return CollectReport(finished, lane.published.total(), lane.rejected)


def plan_pass(source: LiveSource, last: SessionState | None, until_ms: int) -> Plan:
    """One pass from the source's stored cursor; what a killed one left, the next one takes."""
    known = last.sources.get(source.name) if last else None
    cursors = {source.name: known.cursor} if known and known.cursor is not None else {}
    feed = replace(
        feed_of(source, lambda resume: source.catch_up(resume, until_ms)),
        restarts=_RESTARTS,
        hold_limit_ms=None,
        from_ms=until_ms - _FIRST_PASS_MS,
        until_ms=until_ms,
    )
    return Plan(kind=COLLECT, identity=source.name, feeds=[feed], cursors=cursors)
