"""`memewatch up` in a directory of its own, as a person has it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from memewatch.stack.data_directory import DataDirectory

ROOT = Path(__file__).parents[2]
DEADLINE_S = 180.0


class Stack:
    """`memewatch up` in a directory of its own, asked through the command line alone."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._up: subprocess.Popen[str] | None = None
        self.url = ""

    @contextmanager
    def up(self, source: str, **environment: str) -> Iterator[None]:
        """Start, wait for ``ready``, and stop in order as Ctrl-C does."""
        command = [sys.executable, "-m", "memewatch", "up", "--source", source, "--port", "0"]
        command += ["--data-dir", str(self.data_dir)]
        self._up = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert self._up.stdout is not None
            for line in self._up.stdout:
                if line.startswith("ready "):
                    self.url = line.split()[1]
                    break
            else:
                raise AssertionError("the stack did not become ready")
            yield
            self._up.send_signal(signal.SIGINT)
            assert self._up.wait(DEADLINE_S) == 0
        finally:
            self._up.kill()
            self._up.wait()
            self._leave_nothing_behind()

    def _leave_nothing_behind(self) -> None:
        """After a failed test the children of the killed `up` are still there."""
        state = DataDirectory(self.data_dir).read_state()
        for process in state.processes if state is not None else []:
            if process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)

    def ask(self, *command: str) -> Any:
        """The JSON of a command; for ``alerts`` one object a line."""
        answer = self.run(*command, "--json")
        assert answer.returncode == 0, answer.stderr
        if command[0] == "alerts":
            return [json.loads(line) for line in answer.stdout.splitlines()]
        return json.loads(answer.stdout)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command), cwd=ROOT, capture_output=True, text=True, check=False
        )

    def command(self, *command: str) -> list[str]:
        return [sys.executable, "-m", "memewatch", *command, "--data-dir", str(self.data_dir)]

    def process(self, name: str) -> dict[str, Any]:
        (process,) = [p for p in self.ask("ps") if p["name"] == name]
        return process

    def kill(self, name: str) -> None:
        """`kill -9` and wait until another process of that name runs and all of it serves."""
        before = self.process(name)["pid"]
        os.kill(before, signal.SIGKILL)

        def is_back() -> bool:
            now = self.process(name)
            return now["state"] == "running" and now["pid"] != before and self.is_ready()

        until(is_back, f"{name} is back")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def lag(self) -> int:
        answer = self.run("topics", "--json")
        if answer.returncode != 0:
            return -1
        return sum(g["lag"] for t in json.loads(answer.stdout) for g in t["groups"])

    def alert_count(self) -> int:
        answer = self.run("alerts", "--json")
        return len(answer.stdout.splitlines()) if answer.returncode == 0 else 0


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S:.0f} s: {what}"
        time.sleep(0.2)
