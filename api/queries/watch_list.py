"""The watch list: a page of it, and its changes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api import cursors
from api.database import Database, PooledConnection, Row
from api.models import Page, WatchChange, WatchEntry
from api.queries.times import wire_time
from schemas.watch import WatchEntry as Entry
from schemas.watch import WatchKind

_CURSOR_KIND = "watch-list"
#: No value holds it: entries are printable.
_SEPARATOR = "\x1f"
#: Any constant of our own: whoever changes the list holds this lock, so that its bound holds too.
_LOCK = 0x7761746368
_COLUMNS = "kind, value, source, chain, token, symbol, name, decimals, note, added_at"


class FullError(Exception):
    """The list would have more than its ``limit`` of entries."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class Noted(msgspec.Struct, frozen=True):
    """An entry in its one spelling, and what a person remarked on it."""

    entry: Entry
    note: str | None


async def page(
    database: Database, kind: WatchKind | None, cursor: str | None, limit: int
) -> Page[WatchEntry]:
    """In the order of identity; raises ``api.errors.InvalidRequestError`` for a bad cursor."""
    after: list[str | None] = [None, None, None]
    if cursor is not None:
        after = [*cursors.decode(_CURSOR_KIND, cursor).key.split(_SEPARATOR)]
        if len(after) != 3:
            raise cursors.foreign()
    rows = await database.fetch(_PAGE, kind, *after, limit + 1)
    shown = rows[:limit]
    items = [_entry(row) for row in shown]
    if len(rows) <= limit:
        return Page(items=items, next_cursor=None)
    key = _SEPARATOR.join(shown[-1][name] for name in ("kind", "scope", "folded"))
    return Page(items=items, next_cursor=cursors.encode(cursors.Position(_CURSOR_KIND, 0, key)))


async def add(database: Database, given: Sequence[Noted], limit: int) -> WatchChange:
    """Store the entries; of two with one identity the later counts. Repeating it is harmless.

    Raises:
        FullError: nothing was stored.
    """
    distinct = list({each.entry.identity: each for each in given}.values())
    columns = [
        [each.entry.identity[2] for each in distinct],
        *(
            [getattr(each.entry, name) for each in distinct]
            for name in ("kind", "value", "source", "chain", "token", "symbol", "name", "decimals")
        ),
        [each.note for each in distinct],
    ]

    async def store(connection: PooledConnection) -> WatchChange:
        await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
        before: int = await connection.fetchval(_COUNT)
        stored = await connection.fetch(_STORE, *columns)
        after: int = await connection.fetchval(_COUNT)
        if after > limit and after > before:
            raise FullError(limit)
        added = after - before
        identities = zip(*(each.entry.identity for each in distinct), strict=True)
        rows = await connection.fetch(_STORED, *(list(column) for column in identities))
        return WatchChange(
            added=added, changed=len(stored) - added, items=[_entry(row) for row in rows]
        )

    return await database.write(store)


async def remove(database: Database, entry: Entry) -> bool:
    """Forget the entry of this identity; False when there was none."""

    async def delete(connection: PooledConnection) -> bool:
        return await connection.fetchval(_REMOVE, *entry.identity) is not None

    return await database.write(delete)


def _entry(row: Row) -> WatchEntry:
    fields = dict(row) | {"added_at": wire_time(row["added_at"])}
    return WatchEntry(**{name: fields[name] for name in WatchEntry.model_fields})


_COUNT = "select count(*) from watch_list"
_PAGE = f"""
select {_COLUMNS}, scope, folded
from watch_list
where ($1::text is null or kind = $1)
    and ($2::text is null or (kind, scope, folded) > ($2, $3, $4))
order by kind, scope, folded
limit $5
"""  # noqa: S608 - constants only
_STORE = """
insert into watch_list as known
    (folded, kind, value, source, chain, token, symbol, name, decimals, note)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::int[], $10::text[])
on conflict (kind, scope, folded) do update set
    value = excluded.value, token = excluded.token, symbol = excluded.symbol,
    name = excluded.name, decimals = excluded.decimals, note = excluded.note
where (known.value, known.token, known.symbol, known.name, known.decimals, known.note)
    is distinct from (excluded.value, excluded.token, excluded.symbol, excluded.name,
        excluded.decimals, excluded.note)
returning 1
"""
_STORED = f"""
select {_COLUMNS}
from watch_list
    join unnest($1::text[], $2::text[], $3::text[]) as given (kind, scope, folded)
    using (kind, scope, folded)
order by kind, scope, folded
"""  # noqa: S608 - constants only
_REMOVE = """
delete from watch_list where kind = $1 and scope = $2 and folded = $3 returning 1
"""
