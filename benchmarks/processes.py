"""Processes that are measured: each in a session of its own, none of them outlives the bench."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import IO, Any

from pydantic import SecretStr

from memewatch.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
#: Longer than any stage takes to flush.
_STOP_DEADLINE_S = 30
#: Ten times what the slowest engine needs for a round on two loaded cores.
_ANSWER_DEADLINE_S = 300
#: Of what a failed process said, in characters.
_SHOWN = 2_000


def environment(settings: Settings) -> dict[str, str]:
    """What gives a process these settings and none of the caller's own."""
    inherited = {n: v for n, v in os.environ.items() if not n.upper().startswith(PREFIX)}
    given = {PREFIX + name.upper(): getattr(settings, name) for name in settings.model_fields_set}
    return (
        inherited
        # Commit timers that overlap while a worker catches up are no news here.
        | {"PYTHONPATH": str(ROOT), f"{PREFIX}LOG_LEVEL": "ERROR"}
        | {name: _plain(value) for name, value in given.items() if value is not None}
    )


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str],
    variables: dict[str, str],
    stdout: int = subprocess.DEVNULL,
    stderr: IO[bytes] | None = None,
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The command as a process, which is stopped at the end."""
    process = _start(command, variables, stdout, stderr)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, _STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def answer(command: Sequence[str], variables: dict[str, str]) -> dict[str, Any]:
    """Run the command to its end; the JSON object that it printed last.

    Raises:
        RuntimeError: it failed; the message holds what it said last.
        TimeoutError: it did not end in time.
    """
    # What engines warn of is no progress of ours, so stderr is kept for the case of failure.
    with tempfile.TemporaryFile() as said:
        async with running(command, variables, subprocess.PIPE, said) as process:
            async with asyncio.timeout(_ANSWER_DEADLINE_S):
                # Polled, so that the bench can be stopped meanwhile; the pipe holds what it prints.
                while process.poll() is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            printed = process.stdout.read() if process.stdout else b""
        if process.returncode:
            said.seek(0)
            reason = said.read().decode(errors="replace")[-_SHOWN:]
            raise RuntimeError(f"{' '.join(command[1:])} ended with {process.returncode}: {reason}")
    # Faust hides the cursor on stdout too; the answer is the last object.
    found: dict[str, Any] = json.loads(printed[printed.rindex(b"{") :])
    return found


def _start(
    command: Sequence[str], variables: dict[str, str], stdout: int, stderr: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own modules
        command,
        env=variables,
        # Where no `.env` lies: the settings come from here alone.
        cwd=tempfile.gettempdir(),
        stdout=stdout,
        stderr=stderr,
        # Ctrl-C must reach the bench alone, which stops what it started in order.
        start_new_session=True,
    )


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
