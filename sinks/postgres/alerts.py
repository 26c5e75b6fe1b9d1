"""The alert sink: each revision is accepted once, numbered without gaps, and announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.alerts import Alert
from sinks.postgres.positions import (
    Positions,
    check_moved,
    move_arguments,
    move_positions,
    move_statement,
)
from sinks.postgres.sink import PostgresSink

CHANNEL = "memewatch_alerts"
#: PostgreSQL refuses payloads of 8,000 bytes; a longer change is announced by its number only.
_LONGEST_PAYLOAD = 7_900

_COLUMNS = (*Alert.__struct_fields__, "seq")

# Few statements, for each is a round trip on the alert's way to the screen. This one may have to
# wait for the counter and then still sees the revisions of before; whoever was overtaken in
# between meets the primary key, and starts again.
_LOCK = """
with counter as materialized (select seq from stream_state for update)
select counter.seq, known.id, known.revision
from counter left join alert_revisions as known on known.id = any($1::text[])
"""
_STORE = f"""
with bodies as (
    select value as body from jsonb_array_elements($1::jsonb)
), revisions as (
    insert into alert_revisions (id, revision, seq, body)
    select body->>'id', (body->>'revision')::integer, (body->>'seq')::bigint, body from bodies
), latest as (
    insert into alerts ({", ".join(_COLUMNS)})
    select distinct on (id) {", ".join(_COLUMNS)}
    from jsonb_populate_recordset(null::alerts, $1::jsonb)
    order by id, revision desc
    on conflict (id) do update set
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "id")},
        updated_at = now()
    where alerts.revision < excluded.revision
), counter as (
    update stream_state set seq = $2
), moved as (
    {move_statement(4)} returning 1
)
select (select count(*) from moved), pg_notify('{CHANNEL}', payload)
from unnest($3::text[]) as payload
"""  # noqa: S608 - the names are the contract's


class AlertSink(PostgresSink[Alert]):
    """Writes alerts. Whoever holds the counter's row decides the next number."""

    async def store(self, contents: Sequence[Alert], moved: Positions) -> None:
        bodies: list[dict[str, Any]] = []
        async with self._connection.transaction():
            if contents:
                bodies = await self._number(contents)
            if bodies:
                await self._insert(bodies, moved)
            else:
                await move_positions(self._connection, self._namespace, self._positions, moved)
        self._metrics.rows.labels("alert_revisions").inc(len(bodies))
        self._metrics.repeats.labels("alert_revisions").inc(len(contents) - len(bodies))

    async def _number(self, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
        """Lock the counter; the bodies of the revisions that are new, in their order, numbered."""
        ids = list({alert.id for alert in alerts})
        rows = await self._connection.fetch(_LOCK, ids)
        known = {(row["id"], row["revision"]) for row in rows}
        seq: int = rows[0]["seq"]
        bodies = []
        for alert in alerts:
            if (alert.id, alert.revision) not in known:
                known.add((alert.id, alert.revision))
                seq += 1
                bodies.append({**msgspec.to_builtins(alert), "seq": seq})
        return bodies

    async def _insert(self, bodies: list[dict[str, Any]], moved: Positions) -> None:
        """Store and announce the numbered revisions, and the position after them."""
        rows: int = await self._connection.fetchval(
            _STORE,
            msgspec.json.encode(bodies).decode(),
            bodies[-1]["seq"],
            [payload(body) for body in bodies],
            *move_arguments(self._namespace, self._positions, moved),
        )
        check_moved(rows, moved)


def payload(body: dict[str, Any]) -> str:
    """What is announced of one accepted revision, whose ``body`` has its ``seq``."""
    change = {
        "type": change_type(body["revision"], body["status"]),
        "seq": body["seq"],
        "previous_seq": body["seq"] - 1,
        "alert": body,
    }
    encoded = msgspec.json.encode(change)
    if len(encoded) >= _LONGEST_PAYLOAD:
        encoded = msgspec.json.encode({"seq": body["seq"]})
    return encoded.decode()


def change_type(revision: int, status: str) -> str:
    """What a revision means for those who watch: opened, then what its status says."""
    if revision == 1:
        return "opened"
    return "updated" if status == "open" else status
