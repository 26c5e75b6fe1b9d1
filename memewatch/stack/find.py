"""How a command reaches the stack it is about: a local one by directory, or what settings say."""

from __future__ import annotations

from pathlib import Path

from memewatch.errors import OperatorError
from memewatch.settings import Settings, load_settings
from memewatch.stack.data_directory import DEFAULT_DATA_DIR, DataDirectory, running_state
from memewatch.stack.ports import LOOPBACK
from memewatch.stack.postgres import DATABASE, passwords_file
from memewatch.stack.roles import Passwords, Role, settings_for

#: Whoever sets one of these means servers of their own.
_SERVERS = {"kafka_bootstrap", "postgres_host"}


def find_settings(data_dir: Path | None, role: Role | None = None) -> Settings:
    """Settings for the stack in ``data_dir``, connecting to PostgreSQL as ``role``.

    Without ``data_dir``: the stack in the default directory if one runs there, else the servers
    that the settings name.

    Raises:
        OperatorError: there is no such stack, and no setting names servers.
    """
    state = DataDirectory(DEFAULT_DATA_DIR).read_state()
    if data_dir is None and (state is None or not state.is_running):
        settings = load_settings()
        if settings.model_fields_set & _SERVERS:
            return settings
        raise OperatorError(
            f"no stack runs in {DEFAULT_DATA_DIR}: start one with `memewatch up`, name its "
            "directory with --data-dir, or set MEMEWATCH_KAFKA_BOOTSTRAP and "
            "MEMEWATCH_POSTGRES_HOST"
        )
    return stack_settings(data_dir or DEFAULT_DATA_DIR, role)


def stack_settings(data_dir: Path, role: Role | None = None) -> Settings:
    """Settings for the local stack that runs in ``data_dir``; ``OperatorError`` without one."""
    state = running_state(data_dir)
    settings = load_settings(
        namespace=state.namespace,
        kafka_bootstrap=f"{LOOPBACK}:{state.kafka_port}",
        kafka_security_protocol="PLAINTEXT",
        kafka_replication_factor=1,
        postgres_host=LOOPBACK,
        postgres_port=state.postgres_port,
        postgres_database=DATABASE,
    )
    if role is None:
        return settings
    return settings_for(settings, role, Passwords(passwords_file(DataDirectory(data_dir).postgres)))
