"""Connections of this stage, and what an error of PostgreSQL means for the sink."""

from __future__ import annotations

import asyncpg

from memewatch.postgres import address
from memewatch.settings import Settings

#: A server that accepted the connection answers within this, also while it recovers.
_CONNECT_TIMEOUT_S = 10.0
#: The longest single command is a COPY of one batch; a server that takes longer hangs.
_COMMAND_TIMEOUT_S = 60.0
#: Without them a server keeps the lock of a host that vanished for two hours.
_SERVER_SETTINGS = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "120s",
    "timezone": "UTC",
    "client_min_messages": "warning",
    # The sink's statements are the same each time, and planning the one that stores an alert takes
    # as long as running it.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
#: SQLSTATE classes that blame the row: data exception, constraint violation, program limit.
_REFUSING_CLASSES = ("22", "23", "54")


async def connect(settings: Settings) -> asyncpg.Connection:
    """Open one connection; raises ``OSError``, ``TimeoutError`` or ``asyncpg.PostgresError``."""
    connection: asyncpg.Connection = await asyncpg.connect(
        **address(settings),
        timeout=_CONNECT_TIMEOUT_S,
        command_timeout=_COMMAND_TIMEOUT_S,
        server_settings={"application_name": "memewatch-sink", **_SERVER_SETTINGS},
    )
    return connection


def refuses_row(error: Exception) -> bool:
    """Whether the error blames the data, so that trying again is useless."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return False  # a repeat, or somebody else was faster: both end well the next time
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in _REFUSING_CLASSES
    # The client could not encode a value: asyncpg's own DataError is a ValueError too.
    return isinstance(error, (ValueError, OverflowError, TypeError))
