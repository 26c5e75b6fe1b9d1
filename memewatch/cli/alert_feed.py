"""Alerts as the database holds them, and each revision as the sink commits it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg

from memewatch.cli.database import connect
from memewatch.errors import OperatorError
from memewatch.settings import Settings

Alert = dict[str, Any]

_CHANNEL = "memewatch_alerts"
_BATCH = 500
#: A database that restarts is back within seconds.
_RECONNECT_S = 1.0

_log = logging.getLogger(__name__)

_FILTER = """
    ($1::text is null or body ->> 'token' = $1 or body ->> 'symbol' = upper($1))
    and ($2::text is null or body ->> 'pattern' = $2)
"""
_LATEST = f"""
    select body::text
    from alerts join alert_revisions using (id, revision)
    where {_FILTER}
    order by event_time, id
"""  # noqa: S608 - constants only
_AFTER = f"""
    select seq, body::text, {_FILTER} as wanted
    from alert_revisions
    where seq > $3
    order by seq
    limit {_BATCH}
"""  # noqa: S608 - constants only
_START = f"""
    select coalesce(min(seq) - 1, 0) from (
        select seq from alert_revisions where {_FILTER} order by seq desc limit $3
    ) as recent
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """``token`` matches the token or its symbol; None matches all."""

    token: str | None = None
    pattern: str | None = None


async def latest_alerts(settings: Settings, wanted: AlertFilter) -> AsyncIterator[Alert]:
    """Every alert at its latest revision, by event time and id, without a limit."""
    connection = await connect(settings)
    try:
        # A transaction gives the cursor one moment's view and keeps memory small.
        async with connection.transaction(readonly=True):
            async for row in connection.cursor(_LATEST, wanted.token, wanted.pattern):
                yield json.loads(row["body"])
    finally:
        await connection.close()


async def follow_revisions(
    settings: Settings, wanted: AlertFilter, recent: int | None = None
) -> AsyncIterator[Alert]:
    """Each revision once in the order of ``seq``, then each new one when it is committed.

    With ``recent`` it begins with that many of the past instead of all. A database that goes
    away is waited for; none is missed meanwhile, because it goes on after the last ``seq``.
    """
    connection = await connect(settings)
    last = 0
    if recent is not None:
        last = await connection.fetchval(_START, wanted.token, wanted.pattern, recent)
    woken = asyncio.Event()
    while True:
        try:
            await connection.add_listener(_CHANNEL, lambda *_: woken.set())
            connection.add_termination_listener(lambda *_: woken.set())
            while not connection.is_closed():
                woken.clear()
                rows = await connection.fetch(_AFTER, wanted.token, wanted.pattern, last)
                for row in rows:
                    last = row["seq"]
                    if row["wanted"]:
                        yield json.loads(row["body"])
                if len(rows) < _BATCH:
                    await woken.wait()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.debug("the database went away: %s", error)
        finally:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=1)
        connection = await _reconnect(settings)


async def _reconnect(settings: Settings) -> asyncpg.Connection:
    while True:
        await asyncio.sleep(_RECONNECT_S)
        with contextlib.suppress(OperatorError):
            return await connect(settings)
