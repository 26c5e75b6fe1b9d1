"""One child process: started in a session of its own, stopped by a signal and then a deadline."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from memewatch.errors import OperatorError

_POLL_S = 0.05
#: A log is moved aside at start when it has grown beyond this, so two files bound the disk used.
_LOG_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. ``environment`` is the whole environment; ``user_id`` drops root."""

    name: str
    arguments: Sequence[str | Path]
    environment: Mapping[str, str]
    directory: Path
    log_file: Path
    stop_signal: signal.Signals = signal.SIGTERM
    #: After this the process is killed; stages flush within it.
    stop_deadline_s: float = 30.0
    user_id: int | None = None
    group_id: int | None = None


@dataclass(slots=True)
class Child:
    """A running (or finished) process of a ``Program``."""

    program: Program
    started_at: float = 0.0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the process; raises ``OperatorError`` when the system refuses."""
        program = self.program
        rotate(program.log_file)
        with program.log_file.open("ab") as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own command lines
                    [str(argument) for argument in program.arguments],
                    cwd=program.directory,
                    env=dict(program.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Ctrl-C must reach `up` alone, which stops its children in order.
                    start_new_session=True,
                    user=program.user_id,
                    group=program.group_id,
                    extra_groups=None if program.user_id is None else [],
                )
            except OSError as error:
                raise OperatorError(f"cannot start {program.name}: {error}") from None
        self.started_at = time.time()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return None if self._process is None else self._process.poll()

    async def wait(self) -> int:
        """Wait for the end; returns the exit code."""
        if self._process is None:
            raise RuntimeError(f"{self.program.name} was never started")
        # Polled: asyncio's own subprocesses end with the loop they were started in.
        while (code := self._process.poll()) is None:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
        return code

    async def stop(self) -> bool:
        """Ask it to end, wait until the deadline, then kill. True when it ended by itself."""
        if self._process is None or not self.is_running():
            return True
        self._process.send_signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(self.wait(), self.program.stop_deadline_s)
        except TimeoutError:
            self.kill()
            await self.wait()
            return False
        return True

    def kill(self) -> None:
        """Kill it and what it started."""
        if self._process is not None and self.is_running():
            # The child leads its own process group, see `start_new_session`.
            os.killpg(self._process.pid, signal.SIGKILL)

    def last_lines(self, count: int = 5) -> str:
        """The end of its log, for an error message."""
        try:
            size = self.program.log_file.stat().st_size
            with self.program.log_file.open("rb") as log:
                log.seek(max(0, size - 16_384))
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])


def rotate(log_file: Path) -> None:
    """Move a log that has grown large aside, over the one moved before."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > _LOG_LIMIT_BYTES:
        log_file.replace(log_file.with_suffix(".previous.log"))
