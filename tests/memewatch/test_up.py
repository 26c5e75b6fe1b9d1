"""`memewatch up` as a whole, with real children: ready, killed, found again, stopped in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from memewatch.stack.ports import free_port
from tests.memewatch.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

#: A loaded machine may need minutes where an idle one needs seconds.
DEADLINE_S = 180.0
MEMEWATCH = [sys.executable, "-m", "memewatch"]
NAMES = ["kafka", "postgres", "worker-1", "sink", "api"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself, with what it printed."""
    return subprocess.run([*MEMEWATCH, *arguments], capture_output=True, text=True)


class Up:
    """A running `memewatch up` whose output goes into files."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.output = data_dir.parent / "up.out"
        self.progress = data_dir.parent / "up.err"
        command = [*MEMEWATCH, "up", "--source", "none", f"--port={port}"]
        with self.output.open("wb") as out, self.progress.open("wb") as err:
            self.process = subprocess.Popen(
                [*command, f"--data-dir={data_dir}"], stdout=out, stderr=err, cwd=data_dir.parent
            )

    async def ready(self) -> None:
        await until(lambda: self.output.read_text() or self.process.poll() is not None, DEADLINE_S)
        assert self.process.poll() is None, self.progress.read_text()

    async def end(self) -> int:
        await until(lambda: self.process.poll() is not None, DEADLINE_S)
        return self.process.returncode

    def ps(self) -> dict[str, dict[str, Any]]:
        result = run("ps", "--json", f"--data-dir={self.data_dir}")
        return {row["name"]: row for row in json.loads(result.stdout)}


async def test_a_killed_up_is_tidied_up_by_the_next_one_which_ends_in_order(data_dir: Path) -> None:
    port = free_port()
    first = Up(data_dir / "data", port)
    left: list[int] = []
    try:
        await first.ready()
        assert first.output.read_text() == f"ready http://127.0.0.1:{port}\n"
        processes = first.ps()
        assert sorted(processes) == sorted(NAMES)
        assert {row["state"] for row in processes.values()} == {"running"}
        assert all(row["memory_mb"] > 1 and row["uptime_s"] > 0 for row in processes.values())

        refused = run("up", f"--data-dir={data_dir / 'data'}")
        assert refused.returncode == 1
        assert "another `memewatch up` uses" in refused.stderr
        assert refused.stdout == ""

        left = [row["pid"] for row in processes.values()]
        first.process.kill()
        await first.end()
        assert all(psutil.pid_exists(pid) for pid in left)
        assert {row["state"] for row in first.ps().values()} == {"orphaned"}

        second = Up(data_dir / "data", port)
        try:
            await second.ready()
            for name in NAMES:
                assert f"stopped {name}, which an earlier `up` had left" in (
                    second.progress.read_text()
                )
            assert not any(psutil.pid_exists(pid) for pid in left)
            children = [row["pid"] for row in second.ps().values()]
            second.process.send_signal(signal.SIGINT)
            await until(lambda: "stopping in order" in second.progress.read_text())
            second.process.send_signal(signal.SIGINT)
            assert await second.end() == 0
            assert not any(psutil.pid_exists(pid) for pid in children)
            assert {row["state"] for row in second.ps().values()} == {"stopped"}
        finally:
            left += [row["pid"] for row in second.ps().values() if row["pid"]]
            second.process.kill()
            second.process.wait()
    finally:
        first.process.kill()
        first.process.wait()
        for pid in left:
            if psutil.pid_exists(pid):
                os.kill(pid, signal.SIGKILL)


async def test_a_port_in_use_is_one_sentence_that_says_what_to_do(data_dir: Path) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        up = Up(data_dir / "data", port)
        assert await up.end() == 1
    assert up.output.read_text() == ""
    assert up.progress.read_text() == (
        f"memewatch: port {port} is in use: stop what listens there, "
        "or choose another one with --port\n"
    )
