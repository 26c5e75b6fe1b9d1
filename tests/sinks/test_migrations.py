"""A database of an earlier version is brought to the newest with everything in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date

import asyncpg
import pytest

from memewatch.settings import Settings
from memewatch.stack import roles
from memewatch.stack.roles import OWNER, SINK
from sinks.main import BULK
from sinks.migrations import upgrade
from tests.conftest import SettingsForRole
from tests.servers import Servers
from tests.sinks.stage import connected, liquidity, post, publish, running, tick, until_stored

pytestmark = pytest.mark.integration

_FIRST = "0001"
_ROWS = (
    """insert into ticks (id, token, symbol, event_time, source, price, kind, origin,
        schema_version) values ('venue:1', 'TOK1', 'TOK1', '2018-08-17T16:00:00.001Z', 'recorded',
        0.00001234500, 'trade', 'live', 1)""",
    """insert into posts (id, token, symbol, event_time, source, post_id, author, text, urls,
        repost, origin, schema_version) values ('a', 'TOK', 'TOK', '2018-08-17T16:00:00Z', 's',
        'a', 'somebody', 'hi', '{}', false, 'live', 1)""",
)


@pytest.fixture
def first_version(
    kafka_settings: Settings, servers: Servers, settings_for: SettingsForRole
) -> Iterator[Settings]:
    """A database as the first version left it."""
    database = servers.database
    server = (database.host, database.port, database.superuser_password)
    name = kafka_settings.namespace.rstrip(".")
    asyncio.run(roles.ensure_database(*server, name))
    place = {
        "postgres_host": database.host,
        "postgres_port": database.port,
        "postgres_database": name,
    }
    settings = settings_for(kafka_settings.model_copy(update=place), OWNER)
    upgrade(settings, _FIRST)
    yield settings
    asyncio.run(roles.drop_database(*server, name))


async def _store(connection: asyncpg.Connection) -> None:
    """As the first version's sink did, with the columns it knew."""
    for table in ("ticks", "posts"):
        await connection.execute(
            "select memewatch_ensure_partition($1, $2)", table, date(2018, 8, 1)
        )
    for statement in _ROWS:
        await connection.execute(statement)


async def test_what_the_first_version_stored_stays_and_new_kinds_come_beside_it(
    first_version: Settings, settings_for: SettingsForRole
) -> None:
    sink = settings_for(first_version, SINK)
    async with connected(sink) as connection:
        await _store(connection)
    await asyncio.to_thread(upgrade, first_version)

    # The tick is the one that is there already.
    records = [tick(1), post(2, group="r/x", confidence=0.5), liquidity(3)]
    await publish(sink, records)
    async with connected(first_version) as database:
        async with running(sink, BULK):
            await until_stored(database, sink, len(records))
        (traded,) = await database.fetch("select price, confirmation, log_index from ticks")
        assert (str(traded["price"]), *tuple(traded)[1:]) == ("0.00001234500", "confirmed", None)
        said = await database.fetch(
            'select id, cashtags, "group", confidence from posts order by event_time'
        )
        assert [tuple(row) for row in said] == [
            ("a", [], None, 1.0),
            ("source:2:TOK", [], "r/x", 0.5),
        ]
        assert await database.fetchval("select count(*) from liquidity_2018_08") == 1


async def test_a_sink_of_the_first_version_works_on_beside_the_newest_schema(
    first_version: Settings, settings_for: SettingsForRole
) -> None:
    await asyncio.to_thread(upgrade, first_version)
    async with connected(settings_for(first_version, SINK)) as connection:
        await _store(connection)
        assert await connection.fetchval("select confirmation from ticks") == "confirmed"
