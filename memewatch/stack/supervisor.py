"""Starts services, restarts what dies with a growing delay, and stops everything in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from memewatch.errors import OperatorError
from memewatch.stack.child import Child

_log = logging.getLogger(__name__)

State = Literal["starting", "running", "restarting", "stopped"]

_FIRST_DELAY_S = 0.5
#: Long enough to leave a broken machine in peace, short enough that a person still waits for it.
_LONGEST_DELAY_S = 15.0
#: A service that ran this long has recovered; its next failure starts with the first delay.
_STEADY_S = 60.0
#: A service that fails this often before it was ever ready will not become ready.
_FIRST_START_ATTEMPTS = 3
_READY_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Service:
    """What to supervise. ``spawn`` may block; it raises ``OperatorError`` when it cannot."""

    name: str
    spawn: Callable[[], Child]
    is_ready: Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class Watched:
    """A service under supervision."""

    service: Service
    child: Child | None = None
    state: State = "starting"
    #: Why it failed before it was ever ready; set, it ends the first start.
    failure: str | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Supervisor:
    """``on_change`` is called whenever a process or a state changed; ``report`` tells a person."""

    def __init__(self, on_change: Callable[[], None], report: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._report = report
        self.watched: dict[str, Watched] = {}

    async def start(self, service: Service, deadline_s: float) -> None:
        """Start a service and wait until it is ready the first time; it is watched from then on.

        Raises:
            OperatorError: it failed again and again, or was not ready in time.
        """
        watched = self.watched[service.name] = Watched(service)
        watched.task = asyncio.create_task(self._watch(watched), name=f"watch {service.name}")
        try:
            await asyncio.wait_for(watched.settled.wait(), deadline_s)
        except TimeoutError:
            watched.failure = f"{service.name} was not ready within {deadline_s:g} s"
        if watched.failure is not None:
            log = "" if watched.child is None else _end_of_log(watched.child)
            raise OperatorError(watched.failure + log)

    async def stop(self, groups: Iterable[Iterable[str]]) -> list[str]:
        """Stop the groups one after the other, each group's services at the same time.

        Returns the names of those that had to be killed because they missed their deadline.
        """
        killed: list[str] = []
        for group in groups:
            watched = [self.watched[name] for name in group if name in self.watched]
            ends = await asyncio.gather(*(self._stop(one) for one in watched))
            killed += [
                one.service.name for one, orderly in zip(watched, ends, strict=True) if not orderly
            ]
        return killed

    async def _stop(self, watched: Watched) -> bool:
        if watched.task is not None:
            watched.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watched.task
        orderly = watched.child is None or await watched.child.stop()
        self._change(watched, "stopped")
        return orderly

    async def _watch(self, watched: Watched) -> None:
        delay = _FIRST_DELAY_S
        attempts = 0
        while True:
            attempts += 1
            self._change(watched, "starting")
            started = time.monotonic()
            reason = await self._run_once(watched)
            if time.monotonic() - started > _STEADY_S:
                delay = _FIRST_DELAY_S
            if not watched.settled.is_set() and attempts >= _FIRST_START_ATTEMPTS:
                watched.failure = f"{watched.service.name} {reason}"
                watched.settled.set()
                self._change(watched, "stopped")
                return
            self._change(watched, "restarting")
            self._report(f"{watched.service.name} {reason}; starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY_S)

    async def _run_once(self, watched: Watched) -> str:
        """Run the service until it ends; returns how it ended, in words."""
        try:
            await self._spawn(watched)
        except OperatorError as error:
            return str(error)
        except Exception as error:
            # Whatever it is, the others must be stopped in order and a person must be told.
            _log.exception("%s cannot be started", watched.service.name)
            return f"cannot be started: {error}"
        assert watched.child is not None
        self._on_change()
        readiness = asyncio.create_task(self._await_readiness(watched))
        try:
            code = await watched.child.wait()
        finally:
            readiness.cancel()
        return f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"

    async def _spawn(self, watched: Watched) -> None:
        spawning = asyncio.ensure_future(asyncio.to_thread(watched.service.spawn))
        try:
            watched.child = await asyncio.shield(spawning)
        except asyncio.CancelledError:
            # The thread goes on; what it starts must not be lost, or nobody would stop it.
            with contextlib.suppress(Exception):
                watched.child = await spawning
            raise

    async def _await_readiness(self, watched: Watched) -> None:
        # Whether another process is ready can only be asked.
        while not await watched.service.is_ready():  # noqa: ASYNC110
            await asyncio.sleep(_READY_POLL_S)
        self._change(watched, "running")
        watched.settled.set()

    def _change(self, watched: Watched, state: State) -> None:
        watched.state = state
        self._on_change()


def _end_of_log(child: Child) -> str:
    lines = child.last_lines()
    return f"; the end of {child.program.log_file}:\n{lines}" if lines else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
