"""`memewatch ps`: the stack's processes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TypedDict

import psutil

from memewatch.cli.options import DataDir, Json
from memewatch.cli.output import print_json, stdout, table
from memewatch.errors import OperatorError
from memewatch.stack.data_directory import DEFAULT_DATA_DIR, DataDirectory, ProcessState


class ProcessRow(TypedDict):
    """One line of `ps --json`."""

    name: str
    pid: int | None
    state: str
    uptime_s: float | None
    memory_mb: float | None


def ps(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show the stack's processes, how long they run and how much memory they hold."""
    rows = process_rows(data_dir or DEFAULT_DATA_DIR)
    if as_json:
        print_json(rows)
        return
    shown = table("process", "state", "pid>", "uptime>", "memory>")
    for row in rows:
        shown.add_row(
            row["name"],
            row["state"],
            "-" if row["pid"] is None else str(row["pid"]),
            "-" if row["uptime_s"] is None else f"{row['uptime_s']:.0f} s",
            "-" if row["memory_mb"] is None else f"{row['memory_mb']:.0f} MB",
        )
    stdout.print(shown)


def process_rows(data_dir: Path) -> list[ProcessRow]:
    """The processes of the stack in ``data_dir``; ``OperatorError`` when there never was one."""
    state = DataDirectory(data_dir).read_state()
    if state is None:
        raise OperatorError(
            f"no stack was ever started in {data_dir}: start one with `memewatch up`, "
            "or name its directory with --data-dir"
        )
    return [_row(process, state.is_running) for process in state.processes]


def _row(process: ProcessState, supervised: bool) -> ProcessRow:
    row = ProcessRow(name=process.name, pid=None, state="stopped", uptime_s=None, memory_mb=None)
    running = process.identity.process() if process.identity else None
    if running is None:
        # Between two starts there is no process, but somebody who will start it.
        row["state"] = "restarting" if supervised and process.state != "stopped" else "stopped"
        return row
    row["pid"] = running.pid
    row["state"] = process.state if supervised else "orphaned"
    row["uptime_s"] = round(time.time() - (process.started_at or time.time()), 1)
    row["memory_mb"] = round(_memory_bytes(running) / 1e6, 1)
    return row


def _memory_bytes(process: psutil.Process) -> int:
    """What the process and its children hold; PostgreSQL's share pages are counted once."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            memory = one.memory_full_info()
            total += getattr(memory, "pss", 0) or memory.uss
        except psutil.AccessDenied:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
