"""The producer stage: `memewatch producer`."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

from memewatch.clock import Clock, SystemClock
from memewatch.metrics import metrics_endpoint
from memewatch.settings import Settings
from producers.lane import Feed
from producers.live.live import serve_live
from producers.pace import EventTimePace
from producers.publishing import Plan, publish, stop_on_signals
from producers.simulated.market import PAST_MS, MarketSource
from producers.state import SessionState

DEMO = "demo"
#: A market that stood still for longer begins anew: nobody waits for days to be caught up.
LONGEST_GAP_MS = 24 * 3_600_000
#: Going on makes the market's past again, in about 0.2 s for each of its hours.
OLDEST_MARKET_MS = 7 * 24 * 3_600_000

#: With 64 tokens enough is going on that some alert changes every half minute.
SCENARIOS_A_TOKEN_HOUR = 6.0

_log = logging.getLogger(__name__)


def serve(settings: Settings, source: Literal["demo", "live"]) -> None:
    """Publish until SIGINT or SIGTERM; then everything is confirmed and the session closed.

    Raises:
        OperatorError: another publisher is at work, Kafka does not answer, or no source is on.
    """
    clock = SystemClock()
    with metrics_endpoint(settings):
        asyncio.run(_serve_demo(settings, clock) if source == DEMO else serve_live(settings, clock))


def plan_demo(settings: Settings, clock: Clock, last: SessionState | None) -> Plan:
    """The market of before where it stopped, or six hours of a new one's past.

    A killed publisher goes on in its own session; after an orderly stop the market goes on in a
    new one. A new market begins where the one before it ended, if that is within the six hours.
    """
    now_ms = clock.now_ms()
    start_ms = now_ms - PAST_MS
    if last is not None and (before := _market_of(settings, last)) is not None:
        ended_ms = max(last.watermarks.values(), default=start_ms)
        market, market_start_ms = before
        is_young = now_ms - market_start_ms <= OLDEST_MARKET_MS or last.open
        if now_ms - ended_ms <= LONGEST_GAP_MS and is_young:
            return _plan(market, clock, last)
        start_ms = max(start_ms, min(ended_ms, now_ms))
    return _plan(_market(settings, start_ms), clock, None)


async def _serve_demo(settings: Settings, clock: Clock) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    await publish(settings, DEMO, lambda last: plan_demo(settings, clock, last), clock, stop)


def _plan(market: MarketSource, clock: Clock, last: SessionState | None) -> Plan:
    # Event time is the wall clock here, so everything older than now goes out at once.
    pace = EventTimePace(clock, 1.0, event_ms=0, wall_ms=0)
    _log.info("the market %s %s", market.identity, "begins" if last is None else "goes on")
    return Plan(
        kind=DEMO,
        identity=market.identity,
        feeds=[Feed(source=market, pace=pace)],
        cursors=last.cursors if last else {},
        continues=last if last and last.open else None,
    )


def _market_of(settings: Settings, last: SessionState) -> tuple[MarketSource, int] | None:
    """The market a session published and its start, if it was one with today's settings."""
    parts = last.identity.split(":")
    if last.kind != DEMO or len(parts) != 4 or not parts[2].isdecimal():
        return None
    start_ms = int(parts[2])
    market = _market(settings, start_ms)
    return (market, start_ms) if last.continues(DEMO, market.identity) else None


def _market(settings: Settings, start_ms: int) -> MarketSource:
    return MarketSource(
        settings.demo_seed,
        settings.demo_tokens,
        start_ms=start_ms,
        truth_path=settings.demo_truth_file,
        scenarios_per_hour=SCENARIOS_A_TOKEN_HOUR * settings.demo_tokens,
    )
