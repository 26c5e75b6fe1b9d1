"""All live sources that are on, in one session, for months."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

from memewatch.clock import Clock
from memewatch.errors import OperatorError
from memewatch.settings import Settings
from producers import metrics
from producers.live.base import LiveSource, Surroundings
from producers.live.catalogue import listed, source_class
from producers.live.plan import LIVE, plan_live
from producers.publishing import publish, stop_on_signals
from producers.registry.seed import registry_of
from producers.watch_list import WatchList
from producers.watching import follow_watch_list, read_watch_list

_log = logging.getLogger(__name__)


async def serve_live(settings: Settings, clock: Clock) -> None:
    """Publish what all sources that are on hear, until SIGINT or SIGTERM.

    Raises:
        OperatorError: no source is on, or what ``publish`` raises.
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    names = [each.name for each in listed(settings) if each.off is None]
    if not names:
        raise OperatorError("no live source is on: `memewatch sources` says what turns them on")
    async with surroundings(settings, clock, patient=True) as around:
        sources = [make_source(name, around) for name in names]
        _log.info("following %s", ", ".join(names))
        await publish(settings, LIVE, lambda last: plan_live(sources, last), clock, stop)


@contextlib.asynccontextmanager
async def surroundings(
    settings: Settings, clock: Clock, *, patient: bool = False
) -> AsyncIterator[Surroundings]:
    """What sources need, with the watch list followed for as long as the block runs.

    ``patient``: a list that cannot be read now is taken up once it can; a single pass must not
    read past what only the list would have told it to keep.

    Raises:
        OperatorError: not patient, and the list cannot be read.
    """
    try:
        entries = await read_watch_list(settings)
    except OperatorError as error:
        if not patient:
            raise
        _log.warning("%s; going on with the tokens that everybody knows", error)
        entries = []
    watch_list, tokens = WatchList(entries), registry_of(entries)
    following = asyncio.create_task(follow_watch_list(settings, watch_list, tokens, clock))
    try:
        yield Surroundings(settings=settings, clock=clock, watch_list=watch_list, tokens=tokens)
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


def make_source(name: str, around: Surroundings) -> LiveSource:
    """The source of that name, telling the metrics what is left of its rate limit."""

    def note(remaining: float, limit: float | None) -> None:
        metrics.RATE_LIMIT_REMAINING.labels(name).set(remaining)
        if limit is not None:
            metrics.RATE_LIMIT.labels(name).set(limit)

    return source_class(name)(replace(around, budget=note))
