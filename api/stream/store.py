"""What the stream reads from the database: the state at one moment, and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from api.database import Connection, DatabaseUnavailableError, Row
from api.stream.history import MAXIMUM_CHANGES, Change
from api.stream.protocol import decode_alert_head


@dataclass(frozen=True, slots=True)
class StoredState:
    """Everything as of ``seq``: the live alerts and the newest changes, oldest first."""

    epoch: str
    seq: int
    live: Sequence[Change]
    recent: Sequence[Change]


async def read_position(connection: Connection) -> tuple[str, int]:
    """The sequence's epoch and head; raises ``DatabaseUnavailableError`` when not migrated."""
    row = await connection.fetchrow("select epoch, seq from stream_state")
    if row is None:
        raise DatabaseUnavailableError("the database holds no stream state: run the migrations")
    return row["epoch"], row["seq"]


async def read_state(connection: Connection) -> StoredState:
    """One snapshot of the database, so that all parts are of the same ``seq``."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        epoch, seq = await read_position(connection)
        live = await connection.fetch(_LIVE)
        recent = await connection.fetch(_RECENT, MAXIMUM_CHANGES)
    return StoredState(epoch, seq, _changes(live), _changes(recent))


async def read_changes(connection: Connection, after_seq: int, limit: int) -> list[Change]:
    """The next changes in order; fewer than ``limit`` when that was all."""
    return _changes(await connection.fetch(_AFTER, after_seq, limit))


class Announcement(msgspec.Struct, frozen=True):
    """What a commit notifies: the number, and the alert where it fits into a notification."""

    seq: int
    alert: msgspec.Raw = msgspec.Raw()

    def change(self) -> Change | None:
        """None when the alert has to be read from the database."""
        text = bytes(self.alert).decode()
        if not text:
            return None
        return Change(self.seq, decode_alert_head(text), text)


_announcements = msgspec.json.Decoder(Announcement)


def decode_announcement(payload: str) -> Announcement:
    """Raises ``msgspec.MsgspecError`` when it is none."""
    return _announcements.decode(payload)


# The body is the very text a notification carries, so both ways give the same alert.
_LIVE = """
select r.seq, r.body::text as body
from alerts a join alert_revisions r using (id, revision)
where a.status in ('open', 'acknowledged')
order by a.event_time, r.seq
"""
_RECENT = """
select * from (select seq, body::text as body from alert_revisions order by seq desc limit $1) r
order by seq
"""
_AFTER = """
select seq, body::text as body from alert_revisions where seq > $1 order by seq limit $2
"""


def _changes(rows: Sequence[Row]) -> list[Change]:
    return [Change(row["seq"], decode_alert_head(row["body"]), row["body"]) for row in rows]
