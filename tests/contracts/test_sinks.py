"""The database keeps the contracts: columns, rights, and migrations that may run at any time."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from memewatch.errors import OperatorError
from memewatch.settings import Settings
from memewatch.stack.roles import API, SINK, Role
from schemas.alerts import Alert, Signal
from schemas.events import Finality, Liquidity, Post, Profile, Tick, Transfer
from schemas.verdicts import Verdict
from sinks.migrations import upgrade
from sinks.postgres.connection import connect
from sinks.postgres.rows import SERIES_TABLES

pytestmark = pytest.mark.integration

SettingsFor = Callable[[Settings, Role], Settings]


async def run(settings: Settings, statement: str) -> str:
    connection = await connect(settings)
    try:
        return await connection.execute(statement)
    finally:
        await connection.close()


async def columns(settings: Settings, table: str) -> set[str]:
    connection = await connect(settings)
    try:
        rows = await connection.fetch(
            "select column_name from information_schema.columns where table_name = $1", table
        )
    finally:
        await connection.close()
    return {row["column_name"] for row in rows}


_TABLES = {
    "posts": Post,
    "ticks": Tick,
    "transfers": Transfer,
    "liquidity": Liquidity,
    "profiles": Profile,
    "finality": Finality,
    "signals": Signal,
}


def test_every_field_of_an_event_has_its_column() -> None:
    assert {name: set(table.columns) for name, table in SERIES_TABLES.items()} == {
        name: set(contract.__struct_fields__) for name, contract in _TABLES.items()
    }


async def test_tables_have_the_contracts_columns(settings: Settings) -> None:
    alert = set(Alert.__struct_fields__) | {"seq", "created_at", "updated_at"}
    assert await columns(settings, "alerts") == alert
    assert await columns(settings, "verdicts") == set(Verdict.__struct_fields__)
    for name, table in SERIES_TABLES.items():
        assert await columns(settings, name) == {*table.columns, "arrived_at"}


def test_migrating_again_and_by_several_at_once_changes_nothing(settings: Settings) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(upgrade, [settings] * 3)) == [None] * 3


def test_who_may_not_migrate_is_told_so_in_a_sentence(
    settings: Settings, settings_for: SettingsFor
) -> None:
    sink = settings_for(settings, SINK)
    with pytest.raises(OperatorError, match="must own the database") as refused:
        upgrade(sink)
    assert sink.postgres_password is not None
    assert sink.postgres_password.get_secret_value() not in str(refused.value)
    unreachable = settings.model_copy(update={"postgres_port": 1})
    with pytest.raises(OperatorError, match=re.escape("memewatch up")):
        upgrade(unreachable)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (SINK, "create table mine (x int)"),
        (
            SINK,
            "create table mine partition of ticks for values from ('2018-01-01') to ('2018-02-01')",
        ),
        (SINK, "drop table ticks"),
        (SINK, "delete from ticks"),
        (SINK, "update ticks set price = 1"),
        (SINK, "delete from liquidity"),
        (SINK, "update finality set status = 'confirmed'"),
        (SINK, "delete from alert_revisions"),
        (SINK, "truncate alerts"),
        (SINK, "delete from verdicts"),
        (API, "create table mine (x int)"),
        (API, "insert into tokens values ('a', 'A', now(), now())"),
        (API, "update stream_state set seq = 0"),
        (API, "insert into profiles select * from profiles"),
        (API, "delete from alerts"),
        (API, "update verdicts set verdict = 'right'"),
        (API, "select memewatch_ensure_partition('ticks', '2018-08-01')"),
        (API, "select memewatch_drop_partition('ticks_2018_08', 'infinity')"),
    ],
)
async def test_nobody_has_a_right_too_many(
    settings: Settings, settings_for: SettingsFor, role: Role, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(settings_for(settings, role), statement)


@pytest.mark.parametrize("table", ["alerts", "alerts; drop table alerts", "pg_class"])
async def test_only_tables_of_events_get_partitions_and_lose_rows(
    settings: Settings, settings_for: SettingsFor, table: str
) -> None:
    sink = settings_for(settings, SINK)
    with pytest.raises(asyncpg.RaiseError, match="no table of events"):
        await run(sink, f"select memewatch_ensure_partition('{table}', '2018-08-01')")
    assert await run(sink, f"select memewatch_drop_partition('{table}', 'infinity')") == "SELECT 1"
    await run(sink, f"select memewatch_expire_rows('{table}', 'infinity', 1000)")
    assert await columns(settings, "alerts")


async def test_the_api_reads_what_it_shows(settings: Settings, settings_for: SettingsFor) -> None:
    api = settings_for(settings, API)
    shown = (*SERIES_TABLES, "tokens", "alerts", "alert_revisions", "verdicts", "stream_state")
    for table in shown:
        assert (await run(api, f"select * from {table}")).startswith("SELECT")
    assert (await run(api, "select * from positions")) == "SELECT 0"
