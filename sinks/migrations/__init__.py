"""The database's schema in numbered migrations; ``upgrade`` brings a database to the newest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from memewatch.errors import OperatorError
from memewatch.settings import Settings
from sinks.postgres.connection import connect

#: The roles the other stages log in with. Passwords are the operator's affair.
SERVICE_ROLES = ("memewatch_sink", "memewatch_api", "memewatch_producer")
#: Any constant of our own: whoever migrates holds this lock, so two at once do it one by one.
_MIGRATION_LOCK = 0x6D656D65


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the database to the newest schema; nothing happens when it is there already.

    Run it as the role that shall own the tables (``memewatch_owner``). All of it is one
    transaction, and several callers at once are harmless.

    Raises:
        OperatorError: PostgreSQL does not answer, or refuses what the migration needs.
    """
    asyncio.run(_upgrade(settings, revision))


async def _upgrade(settings: Settings, revision: str) -> None:
    # A creator instead of an address: the password never stands in anything that is printed.
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect(settings), poolclass=NullPool
    )
    where = f"{settings.postgres_host}:{settings.postgres_port}/{settings.postgres_database}"
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade_connection, revision)
    except (OSError, TimeoutError) as error:
        raise OperatorError(
            f"PostgreSQL does not answer at {where}: start it with `memewatch up`, "
            f"or set MEMEWATCH_POSTGRES_HOST and MEMEWATCH_POSTGRES_PORT ({error})"
        ) from None
    except (asyncpg.PostgresError, DBAPIError) as error:
        reason = str(getattr(error, "orig", error)).split(": ", 1)[-1]
        raise OperatorError(
            f"cannot migrate {where} as {settings.postgres_user}, which must own the database: "
            f"{reason}"
        ) from error
    finally:
        await engine.dispose()


def _upgrade_connection(connection: Connection, revision: str) -> None:
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    _ensure_roles(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _ensure_roles(connection: Connection) -> None:
    """Create missing service roles without a login; an operator gives them one."""
    for role in SERVICE_ROLES:
        known = connection.execute(
            text("select exists (select from pg_roles where rolname = :role)"), {"role": role}
        ).scalar_one()
        if known:
            continue
        may = connection.execute(
            text("select rolsuper or rolcreaterole from pg_roles where rolname = current_user")
        ).scalar_one()
        if not may:
            raise OperatorError(
                f"role {role} is missing: let an administrator run "
                f"`create role {role} login password '…'`, then migrate again"
            )
        # Roles are shared by all databases of a server, so another database's migration, which
        # our lock does not keep out, may create it in between.
        connection.execute(
            text(
                f"do $$ begin create role {role} nologin; "
                "exception when duplicate_object or unique_violation then null; end $$"
            )
        )
