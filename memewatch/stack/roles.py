"""PostgreSQL roles and databases of a stack: each stage gets the rights it needs, no more."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Literal

import asyncpg
from pydantic import SecretStr

from memewatch.settings import Settings

#: Owner migrates, sink writes, api reads.
Role = Literal["memewatch_owner", "memewatch_sink", "memewatch_api"]
OWNER: Role = "memewatch_owner"
SINK: Role = "memewatch_sink"
API: Role = "memewatch_api"
ROLES: tuple[Role, ...] = (OWNER, SINK, API)
SUPERUSER = "postgres"


class Passwords:
    """Generated once, kept in a file only its owner may read."""

    def __init__(self, file: Path) -> None:
        """Read ``file``, or generate and write it."""
        try:
            self._by_role: Mapping[str, str] = json.loads(file.read_text())
        except FileNotFoundError:
            self._by_role = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, *ROLES)}
            _write_private(file, json.dumps(self._by_role))

    def __getitem__(self, role: str) -> str:
        return self._by_role[role]

    def __repr__(self) -> str:
        return f"Passwords({', '.join(self._by_role)})"


def settings_for(settings: Settings, role: Role, passwords: Passwords) -> Settings:
    """The same settings with ``role`` as the PostgreSQL user."""
    return settings.model_copy(
        update={"postgres_user": role, "postgres_password": SecretStr(passwords[role])}
    )


async def ensure_roles(host: str, port: int, superuser_password: str, passwords: Passwords) -> None:
    """Create the roles that are missing and give all of them their passwords."""
    async with _superuser(host, port, superuser_password) as connection:
        for role in ROLES:
            exists = await connection.fetchval("select 1 from pg_roles where rolname = $1", role)
            verb = "alter" if exists else "create"
            # A utility statement takes no parameters; the password is of our own making.
            secret = passwords[role].replace("'", "''")
            await connection.execute(f"{verb} role {role} login password '{secret}'")


async def ensure_database(host: str, port: int, superuser_password: str, name: str) -> None:
    """Create the database ``name``, owned by the owner role, when it is missing."""
    async with _superuser(host, port, superuser_password) as connection:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}" owner {OWNER}')


async def drop_database(host: str, port: int, superuser_password: str, name: str) -> None:
    """Drop the database ``name`` and whoever is connected to it."""
    async with _superuser(host, port, superuser_password) as connection:
        await connection.execute(f'drop database if exists "{name}" with (force)')


@contextlib.asynccontextmanager
async def _superuser(
    host: str, port: int, password: str
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(
        host=host, port=port, user=SUPERUSER, password=password, database="postgres"
    )
    try:
        yield connection
    finally:
        await connection.close()


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
