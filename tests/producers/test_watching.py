"""A producer follows file and database as they change, and keeps what it knows while it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from memewatch.clock import Clock, SystemClock
from memewatch.errors import OperatorError
from memewatch.postgres import address
from memewatch.settings import Settings
from memewatch.stack import roles
from memewatch.stack.roles import API, OWNER, PRODUCER
from producers.registry import TokenRegistry
from producers.registry.seed import registry_of
from producers.watch_list import WatchList
from producers.watching import follow_watch_list, read_watch_list
from schemas.watch import WatchEntry
from tests.api.proxy import Proxy
from tests.api.running import run_api
from tests.servers import Servers

integration = pytest.mark.integration

DEADLINE_S = 20.0
ADDRESS = "0x00000000000000000000000000000000000c0ffe"


@pytest.fixture
def database(servers: Servers) -> Iterator[Settings]:
    """Settings of a fresh migrated database, as its owner."""
    from sinks.migrations import upgrade

    there = servers.database
    server = (there.host, there.port, there.superuser_password)
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(roles.ensure_database(*server, name))
    settings = Settings(
        _env_file=None,
        postgres_host=there.host,
        postgres_port=there.port,
        postgres_database=name,
        api_port=0,
    )
    settings = roles.settings_for(settings, OWNER, there.passwords)
    upgrade(settings)
    yield settings
    asyncio.run(roles.drop_database(*server, name))


@pytest.fixture
def producer_settings(database: Settings, servers: Servers) -> Settings:
    return roles.settings_for(database, PRODUCER, servers.database.passwords)


class Following:
    """A follower at work, and what it keeps up to date."""

    def __init__(self, entries: list[WatchEntry]) -> None:
        self.watch_list = WatchList(entries)
        self.tokens: TokenRegistry = registry_of(entries)

    def values(self) -> list[str]:
        return sorted(entry.value for entry in self.watch_list.entries)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Fails at the deadline; wakes with each change, as sources do."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await self.watch_list.changed(self.watch_list.version)

    async def until_values(self, *values: str) -> None:
        await self.until(lambda: self.values() == sorted(values))


class HurriedClock(SystemClock):
    """Waits a hundredth of a second at most, and counts how often."""

    def __init__(self) -> None:
        self.waits = 0

    async def sleep(self, seconds: float) -> None:
        self.waits += 1
        await asyncio.sleep(min(seconds, 0.01))


@contextlib.asynccontextmanager
async def following(
    settings: Settings, *entries: WatchEntry, clock: Clock | None = None
) -> AsyncIterator[Following]:
    """A follower that begins with these entries, until the block ends."""
    made = Following(list(entries))
    task = asyncio.create_task(
        follow_watch_list(settings, made.watch_list, made.tokens, clock or SystemClock())
    )
    try:
        yield made
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


def file_settings(file: Path) -> Settings:
    return Settings(_env_file=None, watch_list_file=file)


def replace(file: Path, text: str) -> None:
    """As an editor saves it: whole, under the same name."""
    partial = file.with_suffix(".new")
    partial.write_text(text)
    partial.replace(file)


def messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == level]


async def test_a_file_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "watch.toml"
    file.write_text("tokens = ['PEPE']")
    async with following(file_settings(file)) as it:
        await it.until_values("PEPE")
        replace(
            file,
            f"keywords = ['dog with hat']\ntokens = [{{ value = '{ADDRESS}', "
            "chain = 'base', symbol = 'MUG', decimals = 9 }]",
        )
        await it.until_values(ADDRESS, "dog with hat")
        (token,) = it.tokens.by_address(ADDRESS)
        assert (token.symbol, token.decimals, token.chain) == ("MUG", 9, "base")
        # Tokens that ship with us are known as before.
        assert len(it.tokens.tokens) == len(registry_of([]).tokens) + 1


async def test_a_file_that_went_wrong_keeps_what_it_said_and_is_told_once_a_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "watch.toml"
    file.write_text("tokens = ['PEPE']")
    clock = HurriedClock()
    async with following(file_settings(file), clock=clock) as it:
        await it.until_values("PEPE")
        replace(file, "tokens = [")
        await until(lambda: len(messages(caplog, logging.ERROR)) == 1)
        file.unlink()
        await until(lambda: len(messages(caplog, logging.ERROR)) == 2)
        looked = clock.waits
        await until(lambda: clock.waits > looked + 5)
        wrong, gone = messages(caplog, logging.ERROR)
        assert "is no valid TOML" in wrong
        assert "No such file" in gone
        assert it.values() == ["PEPE"]
        replace(file, "tokens = ['DOGE']")
        await it.until_values("DOGE")


async def test_without_file_and_database_there_is_nothing_to_follow() -> None:
    watch_list = WatchList([WatchEntry(kind="keyword", value="kept")])
    settings = Settings(_env_file=None)
    assert await read_watch_list(settings) == []
    await follow_watch_list(settings, watch_list, TokenRegistry(), SystemClock())
    assert [entry.value for entry in watch_list.entries] == ["kept"]


async def test_reading_once_fails_with_a_sentence_rather_than_reading_half(
    tmp_path: Path,
) -> None:
    file = tmp_path / "watch.toml"
    with pytest.raises(OperatorError, match="cannot read"):
        await read_watch_list(file_settings(file))
    file.write_text("tokens = ['PEPE']")
    assert await read_watch_list(file_settings(file)) == [WatchEntry(kind="token", value="PEPE")]
    nowhere = Settings(
        _env_file=None, watch_list_file=file, postgres_port=1, postgres_password="guess"
    )
    with pytest.raises(OperatorError, match="does not answer: see that it runs"):
        await read_watch_list(nowhere)


@integration
async def test_a_change_through_the_api_is_there_within_a_second(
    database: Settings, producer_settings: Settings, servers: Servers
) -> None:
    api_settings = roles.settings_for(database, API, servers.database.passwords)
    async with run_api(api_settings, wait_ready=False) as api, following(producer_settings) as it:

        async def change(method: str, values: list[str], **request: object) -> float:
            response = await api.http.request(method, "/api/v1/watch-list", **request)
            assert response.is_success, response.text
            answered_s = asyncio.get_running_loop().time()
            await it.until_values(*values)
            return asyncio.get_running_loop().time() - answered_s

        moon = {"kind": "keyword", "value": "moon"}
        coffee = {"kind": "token", "value": ADDRESS, "chain": "base", "symbol": "mug"}
        # The first one also waits for the follower's connection.
        await change("POST", [ADDRESS], json={"items": [coffee]})
        assert [token.symbol for token in it.tokens.by_address(ADDRESS)] == ["MUG"]
        took_s = []
        for word in ("moon", "mars", "sun"):
            keyword = {"kind": "keyword", "value": word}
            took_s.append(await change("POST", [ADDRESS, word], json={"items": [keyword]}))
            took_s.append(await change("DELETE", [ADDRESS], params=keyword))
        # It takes milliseconds, but a machine that runs all tests may stand still for a second.
        assert sorted(took_s)[len(took_s) // 2] < 1
        await change("POST", [ADDRESS, "moon"], json={"items": [{**coffee, "symbol": "CUP"}, moon]})
        assert [token.symbol for token in it.tokens.by_address(ADDRESS)] == ["CUP"]
        await change("DELETE", ["moon"], params=coffee)
        assert it.tokens.by_address(ADDRESS) == []
        assert await read_watch_list(producer_settings) == list(it.watch_list.entries)


@integration
async def test_file_and_database_are_joined_and_the_databases_word_counts(
    database: Settings, producer_settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "watch.toml"
    file.write_text("tokens = ['A', { value = 'B', symbol = 'FILE' }]")
    settings = producer_settings.model_copy(update={"watch_list_file": file})
    await write(database, "B", "c")
    joined = await read_watch_list(settings)
    assert [entry.value for entry in joined] == ["A", "B", "B", "C"]
    async with following(settings, *joined) as it:
        assert it.values() == ["A", "B", "C"]
        replace(file, "tokens = ['B', 'D']")
        await it.until_values("B", "C", "D")
        assert [entry.symbol for entry in it.watch_list.entries] == [None] * 3


@integration
async def test_while_the_database_is_away_the_last_known_entries_stay(
    database: Settings,
    producer_settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "watch.toml"
    file.write_text("")
    caplog.set_level(logging.INFO, "producers.watching")
    await write(database, "A")
    async with Proxy.listening(database.postgres_host, database.postgres_port) as proxy:
        settings = producer_settings.model_copy(
            update={
                "postgres_host": "127.0.0.1",
                "postgres_port": proxy.port,
                "watch_list_file": file,
            }
        )
        async with following(settings) as it:
            await it.until_values("A")
            await proxy.cut()
            await until(lambda: len(messages(caplog, logging.WARNING)) == 1)
            await write(database, "B")
            # The file is followed meanwhile, and the list is not taken for empty.
            replace(file, "tokens = ['F']")
            await it.until_values("A", "F")
            await proxy.mend()
            await it.until_values("A", "B", "F")
            (warning,) = messages(caplog, logging.WARNING)
            assert "does not answer" in warning
            assert "the database answers again" in caplog.text


@integration
async def test_what_is_known_at_the_start_stays_until_a_database_that_is_away_says_other(
    database: Settings, producer_settings: Settings
) -> None:
    async with Proxy.listening(database.postgres_host, database.postgres_port) as proxy:
        settings = producer_settings.model_copy(
            update={"postgres_host": "127.0.0.1", "postgres_port": proxy.port}
        )
        await proxy.cut()
        async with following(settings, WatchEntry(kind="token", value="OLD")) as it:
            await write(database, "NEW")
            assert it.values() == ["OLD"]
            await proxy.mend()
            await it.until_values("NEW")


@integration
async def test_a_role_without_the_right_to_read_is_told_so(
    database: Settings, servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = roles.settings_for(database, roles.SINK, servers.database.passwords)
    with pytest.raises(OperatorError, match="does not let memewatch_sink read the watch list"):
        await read_watch_list(wrong)
    async with following(wrong, WatchEntry(kind="token", value="KEPT")) as it:
        await until(lambda: len(messages(caplog, logging.WARNING)) == 1)
        assert "MEMEWATCH_POSTGRES_USER" in messages(caplog, logging.WARNING)[0]
        assert it.values() == ["KEPT"]


@integration
async def test_a_row_that_makes_no_sense_is_left_out_and_told(
    database: Settings, producer_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await write(database, "GOOD", "two words")
    entries = await read_watch_list(producer_settings)
    assert [entry.value for entry in entries] == ["GOOD"]
    (error,) = messages(caplog, logging.ERROR)
    assert "'two words' is left out: value: a ticker has" in error


async def write(database: Settings, *tickers: str) -> None:
    """Rows as somebody with the owner's rights may write them."""
    owner = await asyncpg.connect(**address(database))
    try:
        await owner.executemany(
            "insert into watch_list (kind, value, folded) values ('token', $1, lower($1))",
            [(ticker,) for ticker in tickers],
        )
    finally:
        await owner.close()
