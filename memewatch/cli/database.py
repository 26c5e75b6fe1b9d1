"""A command's own connection to PostgreSQL."""

from __future__ import annotations

import asyncpg

from memewatch.errors import OperatorError
from memewatch.postgres import address
from memewatch.settings import Settings

_TIMEOUT_S = 10.0


async def connect(settings: Settings) -> asyncpg.Connection:
    """Open a connection; raises ``OperatorError`` when PostgreSQL does not let us in."""
    try:
        connection: asyncpg.Connection = await asyncpg.connect(
            **address(settings),
            timeout=_TIMEOUT_S,
            server_settings={"application_name": "memewatch"},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        where = f"{settings.postgres_host}:{settings.postgres_port}"
        raise OperatorError(
            f"PostgreSQL does not let {settings.postgres_user} in at {where}: start it with "
            f"`memewatch up`, or set MEMEWATCH_POSTGRES_HOST, _USER and _PASSWORD ({error})"
        ) from None
    return connection
