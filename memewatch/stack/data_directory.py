"""A stack's data directory: who holds it, what runs in it, and where everything lies."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

import msgspec

from memewatch.errors import OperatorError
from memewatch.stack.identity import ProcessIdentity
from memewatch.stack.ports import free_port, is_free

DEFAULT_DATA_DIR = Path(".memewatch/data")
#: Kafka's and PostgreSQL's first files and some hours of a quiet market.
_NEEDED_BYTES = 1024**3


class ProcessState(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the stack as `up` last saw it."""

    name: str
    state: str
    pid: int | None = None
    start: float | None = None
    started_at: float | None = None

    @property
    def identity(self) -> ProcessIdentity | None:
        if self.pid is None or self.start is None:
            return None
        return ProcessIdentity(self.pid, self.start)


class StackState(msgspec.Struct, frozen=True, kw_only=True):
    """What other commands need to find a running stack; no secrets."""

    pid: int
    start: float
    url: str
    kafka_port: int
    postgres_port: int
    namespace: str
    processes: list[ProcessState]

    @property
    def is_running(self) -> bool:
        """Whether the `up` that wrote this still lives."""
        return ProcessIdentity(self.pid, self.start).process() is not None


class DataDirectory:
    """The paths in a data directory, its lock, and the state file."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.kafka = self.path / "kafka"
        self.postgres = self.path / "postgres"
        self.logs = self.path / "logs"
        self._state_file = self.path / "stack.json"
        self._ports_file = self.path / "ports.json"
        self._lock: int | None = None

    def log_file(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def acquire(self) -> None:
        """Create the directory and hold it until this process ends.

        Raises:
            OperatorError: another `up` holds it, it cannot be written, or the disk is full.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            # PostgreSQL's user must be able to pass; what is private in here has its own mode.
            self.path.chmod(self.path.stat().st_mode | 0o011)
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise OperatorError(
                f"cannot write to {self.path}: choose another place with --data-dir "
                f"({error.strerror})"
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise OperatorError(
                f"another `memewatch up` uses {self.path}: stop it, "
                "or choose another directory with --data-dir"
            ) from None
        self._lock = descriptor
        free = shutil.disk_usage(self.path).free
        if free < _NEEDED_BYTES:
            raise OperatorError(
                f"only {free // 1024**2} MiB are free where {self.path} lies and 1024 are needed: "
                "make room, or choose another place with --data-dir"
            )

    def release(self) -> None:
        """Let another `up` have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def ports(self) -> tuple[int, int]:
        """Kafka's and PostgreSQL's ports: those of before while they are free, else others."""
        remembered: dict[str, int] = {}
        if self._ports_file.exists():
            remembered = json.loads(self._ports_file.read_text())
        kafka = _free_or_another(remembered.get("kafka"), taken=())
        postgres = _free_or_another(remembered.get("postgres"), taken=(kafka,))
        _replace(self._ports_file, json.dumps({"kafka": kafka, "postgres": postgres}).encode())
        return kafka, postgres

    def read_state(self) -> StackState | None:
        """The state last written; None when no stack ever ran here."""
        try:
            return msgspec.json.decode(self._state_file.read_bytes(), type=StackState)
        except (FileNotFoundError, msgspec.ValidationError):
            return None

    def write_state(self, state: StackState) -> None:
        _replace(self._state_file, msgspec.json.encode(state))


def running_state(path: Path) -> StackState:
    """The state of the stack that runs in ``path``; ``OperatorError`` when none does."""
    state = DataDirectory(path).read_state()
    if state is None or not state.is_running:
        raise OperatorError(
            f"no stack runs in {path}: start one with `memewatch up`, "
            "or name another directory with --data-dir"
        )
    return state


def _free_or_another(port: int | None, taken: tuple[int, ...]) -> int:
    if port is not None and port not in taken and is_free(port):
        return port
    return free_port(taken)


def _replace(file: Path, content: bytes) -> None:
    """Write so that a reader sees the old content or the new, never a part."""
    partial = file.with_name(file.name + ".partial")
    partial.write_bytes(content)
    partial.replace(file)
