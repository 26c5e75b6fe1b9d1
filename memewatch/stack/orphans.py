"""What an `up` that was killed left running, and its end."""

from __future__ import annotations

import signal
from collections.abc import Callable

from memewatch.stack.data_directory import DataDirectory
from memewatch.stack.identity import end

#: Who is stopped after whom: nothing is stopped while somebody still needs it.
STOP_ORDER = ("producer", "worker", "sink", "api", "postgres", "kafka")
#: How long each may take to end before it is killed.
_DEADLINE_S = 20.0


def kind_of(name: str) -> str:
    """``worker-2`` is a ``worker``."""
    return name.partition("-")[0]


def stop_orphans(directory: DataDirectory, report: Callable[[str], None]) -> None:
    """End every process the state file names that still is the same one, in order.

    The caller holds the directory's lock, so no living `up` watches over them.
    """
    state = directory.read_state()
    if state is None:
        return
    for process in sorted(state.processes, key=lambda one: STOP_ORDER.index(kind_of(one.name))):
        # To PostgreSQL SIGTERM means: wait until every client has left.
        number = signal.SIGINT if process.name == "postgres" else signal.SIGTERM
        if process.identity is not None and end(process.identity, number, _DEADLINE_S):
            report(f"stopped {process.name}, which an earlier `up` had left")
