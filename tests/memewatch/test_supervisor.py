"""The supervisor on small real processes: what dies comes back, and the end is orderly."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from memewatch.errors import OperatorError
from memewatch.stack.child import Child, Program
from memewatch.stack.data_directory import DataDirectory, ProcessState, StackState
from memewatch.stack.identity import ProcessIdentity
from memewatch.stack.orphans import stop_orphans
from memewatch.stack.supervisor import Service, Supervisor
from tests.memewatch.waiting import until

#: Says when it can be stopped, and what stopped it, in a file.
OBEDIENT = """
import signal, sys, time
def end(number, frame):
    print("stopping", time.monotonic_ns(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("started", flush=True)
while True:
    time.sleep(1)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("started", flush=True)
while True:
    time.sleep(1)
"""


def program(directory: Path, name: str, code: str, deadline_s: float = 20.0) -> Program:
    return Program(
        name=name,
        arguments=[sys.executable, "-c", code],
        environment=dict(os.environ),
        directory=directory,
        log_file=directory / f"{name}.log",
        stop_deadline_s=deadline_s,
    )


def service(made: Program) -> Service:
    def spawn() -> Child:
        child = Child(made)
        child.start()
        return child

    async def is_ready() -> bool:
        return made.log_file.exists() and "started" in made.log_file.read_text()

    return Service(made.name, spawn, is_ready)


async def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    reports: list[str] = []
    supervisor = Supervisor(lambda: None, reports.append)
    await supervisor.start(service(program(tmp_path, "worker", OBEDIENT)), 20)
    watched = supervisor.watched["worker"]
    assert watched.state == "running"
    assert watched.child
    first = watched.child
    assert first.pid
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: watched.child is not first and watched.state == "running")
    assert watched.child.pid != first.pid
    assert reports == ["worker was ended by SIGKILL; starting it again in 0.5 s"]
    assert await supervisor.stop([["worker"]]) == []
    assert watched.state == "stopped"
    assert not watched.child.is_running()


async def test_groups_are_stopped_one_after_the_other(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda: None, lambda _: None)
    for name in ("kafka", "producer", "sink"):
        await supervisor.start(service(program(tmp_path, name, OBEDIENT)), 20)
    assert await supervisor.stop([["producer"], ["sink"], ["kafka"]]) == []
    moments = [
        int((tmp_path / f"{name}.log").read_text().split("stopping ")[1].split()[0])
        for name in ("producer", "sink", "kafka")
    ]
    assert moments == sorted(moments)


async def test_what_ignores_the_signal_is_killed_after_its_deadline(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda: None, lambda _: None)
    await supervisor.start(service(program(tmp_path, "sink", STUBBORN, deadline_s=0.3)), 20)
    assert await supervisor.stop([["sink"]]) == ["sink"]
    child = supervisor.watched["sink"].child
    assert child
    assert child.exit_code == -signal.SIGKILL


async def test_what_never_becomes_ready_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda: None, lambda _: None)
    broken = program(tmp_path, "api", "import sys; sys.exit('no page, no gain')")
    with pytest.raises(OperatorError, match=r"api ended with exit code 1.*\n.*no page, no gain"):
        await supervisor.start(service(broken), 30)
    assert await supervisor.stop([["api"]]) == []


async def test_a_stop_between_two_starts_leaves_nothing_running(tmp_path: Path) -> None:
    reports: list[str] = []
    supervisor = Supervisor(lambda: None, reports.append)
    await supervisor.start(service(program(tmp_path, "worker", OBEDIENT)), 20)
    watched = supervisor.watched["worker"]
    assert watched.child
    watched.child.kill()
    await until(lambda: watched.state == "restarting")
    await supervisor.stop([["worker"]])
    assert not watched.child.is_running()
    assert watched.state == "stopped"


async def test_children_do_not_hear_the_terminals_ctrl_c(tmp_path: Path) -> None:
    child = Child(program(tmp_path, "worker", OBEDIENT))
    child.start()
    try:
        assert child.pid
        assert os.getsid(child.pid) == child.pid != os.getsid(0)
    finally:
        child.kill()
        await child.wait()


async def test_orphans_of_a_killed_up_are_stopped_and_a_reused_pid_is_left_alone(
    tmp_path: Path,
) -> None:
    orphan = Child(program(tmp_path, "worker-1", OBEDIENT))
    stranger = Child(program(tmp_path, "stranger", OBEDIENT))
    for child in (orphan, stranger):
        child.start()
        await until((tmp_path / f"{child.program.name}.log").read_text)
    try:
        assert orphan.pid
        assert stranger.pid
        found = ProcessIdentity.of(orphan.pid)
        other = ProcessIdentity.of(stranger.pid)
        assert found
        assert other
        directory = DataDirectory(tmp_path)
        directory.write_state(
            StackState(
                pid=orphan.pid,
                start=found.start,
                url="",
                kafka_port=1,
                postgres_port=2,
                namespace="",
                processes=[
                    ProcessState(
                        name="worker-1", state="running", pid=found.pid, start=found.start
                    ),
                    # The pid of something else by now: its start lies elsewhere.
                    ProcessState(
                        name="sink", state="running", pid=other.pid, start=other.start - 9
                    ),
                    ProcessState(name="api", state="restarting"),
                ],
            )
        )
        reports: list[str] = []
        stop_orphans(directory, reports.append)
        assert reports == ["stopped worker-1, which an earlier `up` had left"]
        assert "stopping" in (tmp_path / "worker-1.log").read_text()
        assert not orphan.is_running()
        assert psutil.pid_exists(stranger.pid)
        assert stranger.is_running()
    finally:
        for child in (orphan, stranger):
            child.kill()
            if child.pid:
                await child.wait()


async def test_a_log_that_has_grown_is_moved_aside_at_the_next_start(tmp_path: Path) -> None:
    made = program(tmp_path, "api", "print('started')")
    made.log_file.write_bytes(b"x" * (17 * 1024 * 1024))
    child = Child(made)
    child.start()
    await child.wait()
    assert made.log_file.read_text() == "started\n"
    assert (tmp_path / "api.previous.log").stat().st_size == 17 * 1024 * 1024


async def test_what_cannot_even_be_started_is_reported_and_the_others_still_stop(
    tmp_path: Path,
) -> None:
    supervisor = Supervisor(lambda: None, lambda _: None)
    await supervisor.start(service(program(tmp_path, "kafka", OBEDIENT)), 20)

    def spawn() -> Child:
        raise FileNotFoundError("no such cluster")

    async def never() -> bool:
        return False

    with pytest.raises(OperatorError, match="postgres cannot be started: no such cluster"):
        await supervisor.start(Service("postgres", spawn, never), 30)
    assert await supervisor.stop([["postgres"], ["kafka"]]) == []
    kafka = supervisor.watched["kafka"].child
    assert kafka
    assert not kafka.is_running()
