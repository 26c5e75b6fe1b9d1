"""PostgreSQL roles and databases of a stack: each stage gets the rights it needs, no more."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Literal

import asyncpg
from pydantic import SecretStr

from memewatch.settings import Settings

#: Owner migrates, sink writes, api reads and keeps the watch list, producer reads that list.
Role = Literal["memewatch_owner", "memewatch_sink", "memewatch_api", "memewatch_producer"]
OWNER: Role = "memewatch_owner"
SINK: Role = "memewatch_sink"
API: Role = "memewatch_api"
PRODUCER: Role = "memewatch_producer"
ROLES: tuple[Role, ...] = (OWNER, SINK, API, PRODUCER)
SUPERUSER = "postgres"


class Passwords:
    """Generated once, kept in a file only its owner may read."""

    def __init__(self, file: Path) -> None:
        """Read ``file``; roles it does not know yet get a password, which is written to it."""
        self._by_role: Mapping[str, str] = _read(file)
        if not self._by_role.keys() >= _NEED_PASSWORDS:
            self._by_role = _complete(file)

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


_NEED_PASSWORDS = {SUPERUSER, *ROLES}


def _read(file: Path) -> dict[str, str]:
    try:
        passwords: dict[str, str] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    return passwords


def _complete(file: Path) -> dict[str, str]:
    """Add what is missing; two processes at once end with the same passwords."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # The folder is locked, not the file, because the file is replaced.
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        known = _read(file)
        missing = [role for role in (SUPERUSER, *ROLES) if role not in known]
        passwords = known | {role: secrets.token_urlsafe(24) for role in missing}
        if missing:
            _write_private(file, json.dumps(passwords))
        return passwords
    finally:
        os.close(folder)


def _write_private(file: Path, text: str) -> None:
    """Replace ``file`` as a whole, so that a crash leaves the passwords of before."""
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    partial.replace(file)
