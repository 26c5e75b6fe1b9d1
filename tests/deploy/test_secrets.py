"""Secrets are made once, are readable for the settings, and become PostgreSQL's roles."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import yaml

from deploy.make_secrets import make_secrets
from memewatch.settings import load_settings
from memewatch.stack.ports import free_port
from memewatch.stack.postgres import DATABASE, LocalPostgres, _wheel_programs
from memewatch.stack.roles import PRODUCER, ROLES, SUPERUSER, drop_database

ROOT = Path(__file__).resolve().parents[2]


def test_secrets_are_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    before = os.umask(0o077)
    try:
        written = make_secrets(folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    texts = {file.name: file.read_text() for file in written}
    assert {stat.S_IMODE(file.stat().st_mode) for file in written} == {0o644}
    assert len(set(texts.values())) == len(texts)
    (folder / "postgres_api").unlink()
    assert [file.name for file in make_secrets(folder)] == ["postgres_api"]
    kept = {file.name: file.read_text() for file in folder.iterdir()}
    assert {name for name in texts if kept[name] != texts[name]} == {"postgres_api"}


def test_compose_mounts_what_is_made(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    made = {file.name for file in make_secrets(tmp_path)}
    assert {Path(each["file"]).name for each in compose["secrets"].values()} == made
    assert {Path(each["file"]).parent.name for each in compose["secrets"].values()} == {"secrets"}


def test_the_settings_read_them_as_they_are_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {file.name: file for file in make_secrets(tmp_path / "made")}
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    made["postgres_api"].rename(mounted / "memewatch_postgres_password")
    made["api_tokens"].rename(mounted / "memewatch_api_tokens")
    made["api_write_tokens"].rename(mounted / "memewatch_api_write_tokens")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMEWATCH_SECRETS_DIR", str(mounted))
    settings = load_settings()
    assert settings.postgres_password is not None
    assert len(settings.postgres_password.get_secret_value()) >= 32
    for tokens in (settings.api_tokens, settings.api_write_tokens):
        assert [len(token.get_secret_value()) >= 32 for token in tokens] == [True]


@pytest.fixture
def empty_postgres(data_dir: Path) -> Iterator[LocalPostgres]:
    """A server as the image starts it: no roles of ours, no database of ours."""
    postgres = LocalPostgres(data_dir / "postgres", free_port())
    asyncio.run(_start_empty(postgres))
    yield postgres
    asyncio.run(postgres.stop())


async def _start_empty(postgres: LocalPostgres) -> None:
    await postgres.start()
    password = postgres.passwords[SUPERUSER]
    await drop_database(postgres.host, postgres.port, password, DATABASE)
    await _as_superuser(postgres, f"drop role {', '.join(ROLES)}")


async def _as_superuser(postgres: LocalPostgres, statement: str) -> None:
    connection = await asyncpg.connect(
        host=postgres.host,
        port=postgres.port,
        user=SUPERUSER,
        password=postgres.passwords[SUPERUSER],
        database="postgres",
    )
    await connection.execute(statement)
    await connection.close()


@pytest.mark.integration
def test_the_roles_script_lets_every_stage_in(
    empty_postgres: LocalPostgres, tmp_path: Path
) -> None:
    make_secrets(tmp_path)
    _run_roles_script(empty_postgres, tmp_path)
    _assert_every_role_is_let_in(empty_postgres, tmp_path)


@pytest.mark.integration
def test_the_roles_script_adds_what_an_upgrade_brings(
    empty_postgres: LocalPostgres, tmp_path: Path
) -> None:
    make_secrets(tmp_path)
    _run_roles_script(empty_postgres, tmp_path)
    asyncio.run(_as_superuser(empty_postgres, f"drop role {PRODUCER}"))
    (tmp_path / "postgres_api").write_text("an'other \\ password")
    _run_roles_script(empty_postgres, tmp_path)
    _assert_every_role_is_let_in(empty_postgres, tmp_path)


def _run_roles_script(postgres: LocalPostgres, secrets_dir: Path) -> None:
    superuser = {
        "PGHOST": postgres.host,
        "PGPORT": str(postgres.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": postgres.passwords[SUPERUSER],
        "PGDATABASE": "postgres",
    }
    path = f"{_wheel_programs() / 'bin'}:{os.environ['PATH']}"
    subprocess.run(
        [ROOT / "deploy" / "postgres-roles.sh"],
        env={**superuser, "PATH": path, "SECRETS_DIR": str(secrets_dir)},
        check=True,
    )


def _assert_every_role_is_let_in(postgres: LocalPostgres, secrets_dir: Path) -> None:
    for role in ROLES:
        password = (secrets_dir / role.replace("memewatch", "postgres")).read_text()
        assert asyncio.run(_owner_seen_by(postgres, role, password)) == "memewatch_owner"


async def _owner_seen_by(postgres: LocalPostgres, role: str, password: str) -> str:
    connection = await asyncpg.connect(
        host=postgres.host,
        port=postgres.port,
        user=role,
        password=password,
        database="memewatch",
    )
    try:
        owner: str = await connection.fetchval(
            "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
        )
        return owner
    finally:
        await connection.close()
