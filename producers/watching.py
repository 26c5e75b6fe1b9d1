"""What is watched, out of a file and the database, followed for as long as a producer runs."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import asyncpg

from memewatch.clock import Clock
from memewatch.errors import OperatorError
from memewatch.postgres import address
from memewatch.settings import Settings
from memewatch.watch_file import read_watch_file
from producers.registry import TokenRegistry
from producers.registry.seed import tokens_of
from producers.watch_list import WatchList
from schemas.watch import WATCH_KINDS, InvalidWatchEntryError, WatchEntry, normal_entry

CHANNEL = "memewatch_watch_list"

_log = logging.getLogger(__name__)

#: Whoever saves the file looks whether it worked; asking for its time costs microseconds.
_FILE_INTERVAL_S = 1.0
#: Changes are notified; this finds a dead connection, and what a restore of the database brought.
_READ_INTERVAL_S = 30.0
_CONNECT_TIMEOUT_S = 5.0
_COMMAND_TIMEOUT_S = 10.0
#: A restarted PostgreSQL is back after about a second; a longer outage needs no faster asking.
_SHORTEST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 15.0

#: Following must not end for good, whatever it was.
_GOES_ON = "watch list: a change could not be taken, what was there before still counts"
_COLUMNS = ("kind", "value", "source", "chain", "token", "symbol", "name", "decimals")
_ALL = f"select {', '.join(_COLUMNS)} from watch_list order by kind, scope, folded"  # noqa: S608
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def read_watch_list(settings: Settings) -> list[WatchEntry]:
    """What the file and the database say now; whichever is not configured says nothing.

    Raises:
        OperatorError: the file is wrong, or the database does not answer.
    """
    entries = _read_file(settings.watch_list_file) if settings.watch_list_file else []
    if not _has_database(settings):
        return entries
    try:
        connection = await _connect(settings)
        try:
            rows = await connection.fetch(_ALL)
        finally:
            connection.terminate()
    except _AWAY as error:
        raise OperatorError(_describe(settings, error)) from None
    return [*entries, *_entries(rows)]


async def follow_watch_list(
    settings: Settings, watch_list: WatchList, tokens: TokenRegistry, clock: Clock
) -> None:
    """Keep the list and the registry to what file and database say, until cancelled.

    Returns only when neither is configured.
    Of two entries for one thing the database's counts. What cannot be read keeps the entries that
    were last known, at first those that ``watch_list`` holds now; the log says so once.
    """
    union = _Union(watch_list, tokens)
    async with asyncio.TaskGroup() as group:
        # The one named first gives way to the other.
        if (path := settings.watch_list_file) is not None:
            group.create_task(_follow_file(path, union.part("file"), clock))
        if _has_database(settings):
            group.create_task(_follow_database(settings, union.part("database"), clock))


_Take = Callable[[Iterable[WatchEntry]], None]


class _Union:
    """The entries of several origins; each part holds what its origin said last."""

    def __init__(self, watch_list: WatchList, tokens: TokenRegistry) -> None:
        self._watch_list = watch_list
        self._tokens = tokens
        self._parts: dict[str, tuple[WatchEntry, ...]] = {}

    def part(self, name: str) -> _Take:
        """Where the origin of that name tells its entries; until then they are those of now."""
        self._parts[name] = self._watch_list.entries

        def take(entries: Iterable[WatchEntry]) -> None:
            self._parts[name] = tuple(entries)
            self._apply()

        return take

    def _apply(self) -> None:
        everything = [entry for part in self._parts.values() for entry in part]
        if self._watch_list.replace(everything):
            entries = self._watch_list.entries
            self._tokens.replace(tokens_of(entries))
            counts = Counter(entry.kind for entry in entries)
            _log.info("watching %s", ", ".join(f"{counts[kind]} {kind}s" for kind in WATCH_KINDS))


async def _follow_file(path: Path, take: _Take, clock: Clock) -> None:
    seen: tuple[int, ...] | None = ()
    while True:
        signature = _signature(path)
        if signature != seen:
            try:
                take(await asyncio.to_thread(_read_file, path))
            except OperatorError as error:
                _log.error("watch list: %s; what it said before still counts", error)
            except Exception:
                _log.exception(_GOES_ON)
            # Written while it was read: read it once more.
            seen = signature if signature == _signature(path) else ()
        await clock.sleep(_FILE_INTERVAL_S)


def _signature(path: Path) -> tuple[int, ...] | None:
    """What changes with the file; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    # The time of the last change of any kind: also a permission may have been mended.
    return (found.st_ctime_ns, found.st_size, found.st_ino)


def _read_file(path: Path) -> list[WatchEntry]:
    return [each.entry for each in read_watch_file(path)]


async def _follow_database(settings: Settings, take: _Take, clock: Clock) -> None:
    warned: str | None = None
    pause_s = _SHORTEST_PAUSE_S

    def heard(rows: list[Any]) -> None:
        nonlocal warned, pause_s
        if warned is not None:
            _log.info("watch list: the database answers again")
        warned, pause_s = None, _SHORTEST_PAUSE_S
        take(_entries(rows))

    while True:
        try:
            await _listen(settings, heard, clock)
        except _AWAY as error:
            if (reason := _describe(settings, error)) != warned:
                _log.warning("watch list: %s; what it said before still counts", reason)
                warned = reason
        except Exception:
            _log.exception(_GOES_ON)
        # Jitter, so that many producers do not knock at the same moment.
        await clock.sleep(pause_s * random.uniform(0.5, 1.0))
        pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)


async def _listen(settings: Settings, heard: Callable[[list[Any]], None], clock: Clock) -> None:
    """Tell what the table holds, and again with each change, until the connection is lost."""
    connection = await _connect(settings)
    try:
        woken = asyncio.Event()
        connection.add_termination_listener(lambda _: woken.set())
        # Listen first, then read: what is committed in between is heard.
        await connection.add_listener(CHANNEL, lambda *_: woken.set())
        before: list[Any] | None = None
        while True:
            woken.clear()
            rows = await connection.fetch(_ALL)
            if rows != before:
                heard(rows)
                before = rows
            await _first(woken.wait(), clock.sleep(_READ_INTERVAL_S))
    finally:
        connection.terminate()


async def _connect(settings: Settings) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(
        **address(settings),
        timeout=_CONNECT_TIMEOUT_S,
        command_timeout=_COMMAND_TIMEOUT_S,
        server_settings={
            "application_name": "memewatch producer",
            "default_transaction_read_only": "on",
        },
    )


def _entries(rows: Iterable[Any]) -> list[WatchEntry]:
    """The entries of the table; what somebody else than the API wrote there may be none."""
    entries = []
    for row in rows:
        try:
            entries.append(normal_entry(WatchEntry(**dict(row))))
        except InvalidWatchEntryError as error:
            _log.error("watch list: %s %r is left out: %s", row["kind"], row["value"], error)
    return entries


def _has_database(settings: Settings) -> bool:
    """Without a password the producer was never meant to log in."""
    return settings.postgres_password is not None


def _describe(settings: Settings, error: Exception) -> str:
    """One sentence that says what to do."""
    where = f"PostgreSQL at {settings.postgres_host}:{settings.postgres_port}"
    match error:
        case asyncpg.UndefinedTableError():
            return f"{where} is not migrated: run `memewatch migrate`"
        case (
            asyncpg.InvalidAuthorizationSpecificationError() | asyncpg.InsufficientPrivilegeError()
        ):
            return (
                f"{where} does not let {settings.postgres_user} read the watch list: see "
                "MEMEWATCH_POSTGRES_USER and MEMEWATCH_POSTGRES_PASSWORD"
            )
        case asyncpg.InvalidCatalogNameError():
            return f"{where} has no database {settings.postgres_database}: run `memewatch migrate`"
        case _:
            return f"{where} does not answer: see that it runs, or set MEMEWATCH_POSTGRES_HOST"


async def _first(*waits: Awaitable[object]) -> None:
    """Return when the first of them has ended; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
