"""One `up` a directory, ports that are remembered, and a state that other commands can trust."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from memewatch.errors import OperatorError
from memewatch.stack import unprivileged
from memewatch.stack.data_directory import DataDirectory, StackState, running_state
from memewatch.stack.identity import ProcessIdentity
from memewatch.stack.roles import ROLES, Passwords
from memewatch.stack.unprivileged import Account, is_reachable, reachable_home, readable_copy


def test_a_second_up_on_the_same_directory_is_refused_with_a_sentence(tmp_path: Path) -> None:
    first, second = DataDirectory(tmp_path / "data"), DataDirectory(tmp_path / "data")
    first.acquire()
    with pytest.raises(OperatorError, match="another `memewatch up` uses"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_full_disk_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 5 * 1024**2))
    with pytest.raises(OperatorError, match="only 5 MiB are free"):
        DataDirectory(tmp_path / "data").acquire()


def test_a_directory_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="choose another place with --data-dir"):
        DataDirectory(tmp_path / "file" / "data").acquire()


def test_ports_are_remembered_until_somebody_else_has_one(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    kafka, postgres = directory.ports()
    assert kafka != postgres
    assert DataDirectory(tmp_path).ports() == (kafka, postgres)
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", kafka))
        occupant.listen()
        other, same = DataDirectory(tmp_path).ports()
    assert other != kafka
    assert same == postgres


def test_a_state_counts_only_while_the_up_that_wrote_it_lives(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    with pytest.raises(OperatorError, match="no stack runs in"):
        running_state(tmp_path)
    own = ProcessIdentity.of(os.getpid())
    assert own
    state = StackState(
        pid=own.pid,
        start=own.start,
        url="http://127.0.0.1:8000",
        kafka_port=1,
        postgres_port=2,
        namespace="",
        processes=[],
    )
    directory.write_state(state)
    assert running_state(tmp_path) == state
    # The same pid started at another time is another process.
    directory.write_state(
        StackState(
            pid=own.pid,
            start=own.start - 100,
            url=state.url,
            kafka_port=1,
            postgres_port=2,
            namespace="",
            processes=[],
        )
    )
    with pytest.raises(OperatorError, match="no stack runs in"):
        running_state(tmp_path)


def test_passwords_are_generated_once_into_a_private_file_and_never_printed(tmp_path: Path) -> None:
    first = Passwords(tmp_path / "passwords.json")
    assert (tmp_path / "passwords.json").stat().st_mode & 0o777 == 0o600
    again = Passwords(tmp_path / "passwords.json")
    assert first["memewatch_sink"] == again["memewatch_sink"] != first["memewatch_api"]
    assert first["memewatch_sink"] not in repr(first)


def test_a_passwords_file_of_before_gets_the_roles_that_came_since(tmp_path: Path) -> None:
    file = tmp_path / "passwords.json"
    file.write_text(json.dumps({"postgres": "a", "memewatch_owner": "b", "memewatch_sink": "c"}))
    file.chmod(0o600)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Passwords(file), range(8)))
    assert {passwords["memewatch_sink"] for passwords in found} == {"c"}
    assert len({passwords["memewatch_producer"] for passwords in found}) == 1
    assert Passwords(file)["memewatch_producer"] == found[0]["memewatch_producer"]
    assert set(json.loads(file.read_text())) == {"postgres", *ROLES}
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_postgres_lies_elsewhere_when_its_user_cannot_reach_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "_FALLBACK_HOME", tmp_path / "fallback")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    somebody = Account(12345, 12345)
    home = reachable_home(closed / "data" / "postgres", somebody)
    assert home.parent == tmp_path / "fallback"
    assert reachable_home(closed / "data" / "postgres", somebody) == home
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_programs_that_its_user_cannot_read_are_copied_and_no_permission_is_changed(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    script = closed / "bin" / "postgres"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o700)
    (closed / "lib").symlink_to("bin")
    closed.chmod(0o700)
    assert not is_reachable(closed)
    copy = readable_copy(closed, tmp_path / "programs", Account(12345, 12345))
    assert copy == tmp_path / "programs"
    assert stat.S_IMODE((copy / "bin" / "postgres").stat().st_mode) == 0o705
    assert (copy / "lib").is_symlink()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stat.S_IMODE(script.stat().st_mode) == 0o700
    # Whoever runs PostgreSQL under the own account needs no copy.
    assert readable_copy(closed, tmp_path / "unused", Account(None, None)) == closed


def test_an_ordinary_user_gets_the_directory_itself_made(tmp_path: Path) -> None:
    directory = tmp_path / "data" / "postgres"
    assert reachable_home(directory, Account(None, None)) == directory.resolve()
    assert directory.is_dir()
