"""Which process is meant by a pid: pids are used again, so the start time belongs to it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Where there is no /proc, start times come from the clock, which may have been set meanwhile.
_CLOCK_TOLERANCE_S = 2.0


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A pid and its start: ticks since boot on Linux, elsewhere seconds since the epoch."""

    pid: int
    start: float

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """The identity of the process that has ``pid`` now; None when there is none."""
        start = _start(pid)
        return None if start is None else cls(pid, start)

    def process(self) -> psutil.Process | None:
        """The process, when it still is the same one and runs."""
        start = _start(self.pid)
        if start is None or abs(start - self.start) > _tolerance():
            return None
        try:
            process = psutil.Process(self.pid)
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.NoSuchProcess:
            return None


def end(identity: ProcessIdentity, signal_number: int, deadline_s: float) -> bool:
    """Signal the process, wait, then kill it; False when it was gone already."""
    process = identity.process()
    if process is None:
        return False
    try:
        process.send_signal(signal_number)
        limit = time.monotonic() + deadline_s
        # It is a stranger's child now, so there is nothing to wait on but its disappearance.
        while identity.process() is not None and time.monotonic() < limit:
            time.sleep(0.05)
        if (process := identity.process()) is not None:
            process.kill()
            process.wait(10)
    except psutil.NoSuchProcess:
        pass
    return True


def _start(pid: int) -> float | None:
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # The 22nd field; the second one is the program's name and may hold spaces.
        return float(stat.rpartition(")")[2].split()[19])
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _tolerance() -> float:
    return 0.0 if Path("/proc/self/stat").exists() else _CLOCK_TOLERANCE_S
