"""Hears the database's notifications and fills every gap from the stored revisions.

A notification that continues the sequence goes straight to the hub. Anything else (a large alert,
a gap, a reconnect) is read from the table, so nothing is skipped; numbers that are not new are
dropped, so nothing is doubled.
"""

from __future__ import annotations

import asyncio
import logging
import random

import msgspec

from api.database import UNAVAILABLE, Connection, Database, DatabaseUnavailableError, describe
from api.stream import store
from api.stream.hub import Hub

CHANNEL = "memewatch_alerts"

_log = logging.getLogger(__name__)

#: Between two questions whether the connection still lives; a vanished host sends no farewell.
_CHECK_INTERVAL_S = 5.0
_CATCH_UP_ROWS = 1_000
#: A restarted PostgreSQL is back after about a second; longer outages need no faster asking.
_SHORTEST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


class Listener:
    """The stream's one connection to the database, made again whenever it breaks."""

    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub
        self._wake = asyncio.Event()
        self._behind = True
        self._lost = False

    async def run(self) -> None:
        """Until cancelled."""
        pause_s = _SHORTEST_PAUSE_S
        while True:
            try:
                async with self._database.connection() as connection:
                    await self._begin(connection)
                    pause_s = _SHORTEST_PAUSE_S
                    await self._follow(connection)
            except (DatabaseUnavailableError, *UNAVAILABLE) as error:
                known = isinstance(error, DatabaseUnavailableError)
                _log.warning("stream: %s", error if known else describe(error))
            except Exception:
                # Whatever it was, the stream must not end for good; the log tells.
                _log.exception("stream: cannot follow the alert changes, trying again")
            self._hub.set_database_up(False)
            # Jitter, so that many API processes do not knock at the same moment.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def _begin(self, connection: Connection) -> None:
        """Listen first, then read: what is committed in between is heard."""
        self._lost = False
        self._behind = True
        connection.add_termination_listener(self._on_lost)
        await connection.add_listener(CHANNEL, self._on_notification)
        await self._load_if_other(connection, *await store.read_position(connection))
        await self._catch_up(connection)
        self._hub.set_database_up(True)

    async def _follow(self, connection: Connection) -> None:
        while True:
            try:
                async with asyncio.timeout(_CHECK_INTERVAL_S):
                    await self._wake.wait()
            except TimeoutError:
                # Not how changes arrive: it finds a dead connection, and a restored database.
                await self._check(connection)
            self._wake.clear()
            if self._lost:
                raise DatabaseUnavailableError("the database closed the connection, reconnecting")
            await self._catch_up(connection)

    async def _check(self, connection: Connection) -> None:
        epoch, seq = await store.read_position(connection)
        await self._load_if_other(connection, epoch, seq)
        if seq > self._hub.seq:
            self._behind = True

    async def _load_if_other(self, connection: Connection, epoch: str, seq: int) -> None:
        """Load everything the first time, and when the sequence is not the one known so far."""
        if epoch == self._hub.epoch and seq >= self._hub.seq:
            return
        if epoch == self._hub.epoch and seq < self._hub.seq:
            # A notification may overtake this question's answer; a second look decides.
            epoch, seq = await store.read_position(connection)
            if epoch == self._hub.epoch and seq >= self._hub.seq:
                return
        state = await store.read_state(connection)
        self._hub.load(state.epoch, state.seq, state.live, state.recent)
        self._behind = True

    async def _catch_up(self, connection: Connection) -> None:
        while self._behind:
            self._behind = False
            changes = await store.read_changes(connection, self._hub.seq, _CATCH_UP_ROWS)
            for change in changes:
                self._hub.publish(change)
            if len(changes) == _CATCH_UP_ROWS:
                self._behind = True

    def _on_notification(
        self, _connection: object, _pid: int, _channel: str, payload: object
    ) -> None:
        try:
            announcement = store.decode_announcement(str(payload))
            if announcement.seq <= self._hub.seq:
                return
            continues = not self._behind and announcement.seq == self._hub.seq + 1
            change = announcement.change() if continues else None
        except msgspec.MsgspecError as error:
            _log.error("stream: a notification cannot be read, reading the table: %s", error)
            change = None
        if change is not None:
            self._hub.publish(change)
        else:
            self._behind = True
            self._wake.set()

    def _on_lost(self, _connection: object) -> None:
        self._lost = True
        self._wake.set()
