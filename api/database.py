"""The way to PostgreSQL: a pool for requests, single connections for the stream.

Transactions are read-only unless somebody asks for ``write``, and the user it logs in with
(``memewatch_api``) may change the watch list only. All failures that time or an operator can heal
become ``DatabaseUnavailableError``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import asyncpg

from memewatch.postgres import address
from memewatch.settings import Settings

#: Reads are short; more connections than this only queue up inside PostgreSQL.
_POOL_SIZE = 8
#: Longer than the slowest allowed series query, short enough that a caller still waits for it.
_QUERY_TIMEOUT_S = 10.0
#: A database that starts refuses within milliseconds; only a vanished machine takes this long.
_CONNECT_TIMEOUT_S = 5.0
#: Everything may be repeated; the second attempt gets a fresh connection when the first was dead.
_ATTEMPTS = 2

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record
PooledConnection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
T = TypeVar("T")


class DatabaseUnavailableError(Exception):
    """The database cannot answer now; the message is one sentence saying why."""


class Database:
    """A lazily connecting pool; nothing here fails because the database is not up yet."""

    def __init__(self, settings: Settings) -> None:
        self._options = _connect_options(settings)
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Make the pool; connections are made when first needed."""
        self._pool = await asyncpg.create_pool(
            min_size=0, max_size=_POOL_SIZE, init=_prepare, **self._options
        )

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def fetch(self, query: str, *arguments: Any) -> list[Row]:
        """All rows of a read.

        Raises:
            DatabaseUnavailableError: it is down, starting, full, or not migrated.
        """

        async def read(connection: PooledConnection) -> list[Row]:
            return await connection.fetch(query, *arguments)

        return await self._run(read)

    async def fetch_one(self, query: str, *arguments: Any) -> Row | None:
        rows = await self.fetch(query, *arguments)
        return rows[0] if rows else None

    async def write(self, work: Callable[[PooledConnection], Awaitable[T]]) -> T:
        """What ``work`` returns, within one transaction; it may be run twice, so it must not mind.

        Raises:
            DatabaseUnavailableError: as ``fetch``.
        """

        async def transaction(connection: PooledConnection) -> T:
            async with connection.transaction():
                await connection.execute("set transaction read write")
                return await work(connection)

        return await self._run(transaction)

    async def _run(self, work: Callable[[PooledConnection], Awaitable[T]]) -> T:
        """Tried again on a fresh connection when the old one was dead."""
        if self._pool is None:
            raise DatabaseUnavailableError("the API is starting or stopping")
        for attempt in range(_ATTEMPTS):
            try:
                async with self._pool.acquire(timeout=_CONNECT_TIMEOUT_S) as connection:
                    return await work(connection)
            except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
                if attempt == _ATTEMPTS - 1:
                    raise DatabaseUnavailableError(describe(error)) from error
            except UNAVAILABLE as error:
                raise DatabaseUnavailableError(describe(error)) from error
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of its own, outside the pool, for as long as the block runs."""
        connection: Connection = await asyncpg.connect(**self._options)
        try:
            await _prepare(connection)
            yield connection
        finally:
            connection.terminate()


def _connect_options(settings: Settings) -> dict[str, Any]:
    return {
        **address(settings),
        "timeout": _CONNECT_TIMEOUT_S,
        "command_timeout": _QUERY_TIMEOUT_S,
        "server_settings": {
            "application_name": "memewatch api",
            "default_transaction_read_only": "on",
            "statement_timeout": str(round(_QUERY_TIMEOUT_S * 1000)),
            "timezone": "UTC",
            # Queries are small and many; compiling them costs more than it saves.
            "jit": "off",
        },
    }


async def _prepare(connection: Connection | PooledConnection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )


#: What time or an operator heals, as opposed to a wrong query of ours.
UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncio.IncompleteReadError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedObjectError,
)


def describe(error: BaseException) -> str:
    """One sentence for a person; names no host, user or query."""
    match error:
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            return "the database is not migrated: run the migrations, then try again"
        case asyncpg.QueryCanceledError() | TimeoutError():
            return "the database took too long: ask for a shorter time range, or try again"
        case (
            asyncpg.InvalidAuthorizationSpecificationError()
            | asyncpg.InsufficientPrivilegeError()
            | asyncpg.InvalidCatalogNameError()
            | asyncpg.UndefinedObjectError()
        ):
            return "the database refuses this service: check its user, password, name and roles"
        case asyncpg.InsufficientResourcesError():
            return "the database is out of connections, memory or space: try again later"
        case _:
            return "the database does not answer: it is down or restarting, try again shortly"
