"""Where PostgreSQL is, as every connection of ours is told."""

from __future__ import annotations

from typing import Any

from memewatch.settings import Settings


def address(settings: Settings) -> dict[str, Any]:
    """The arguments of ``asyncpg.connect`` and ``create_pool`` that name server and role."""
    password = settings.postgres_password
    return {
        "host": settings.postgres_host,
        "port": settings.postgres_port,
        "user": settings.postgres_user,
        "password": password.get_secret_value() if password else None,
        "database": settings.postgres_database,
    }
