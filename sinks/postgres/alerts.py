"""The alert sink: each revision is accepted once, numbered without gaps, and announced."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.alerts import Alert
from schemas.codec import encode
from sinks.postgres.positions import Positions, check_moved, move_arguments
from sinks.postgres.sink import PostgresSink

CHANNEL = "memewatch_alerts"
#: PostgreSQL refuses payloads of 8,000 bytes; a longer change is announced by its number only.
_LONGEST_PAYLOAD = 7_900

_COLUMNS = (*Alert.__struct_fields__, "seq")

# One statement and thus one round trip with its commit: an alert waits for nothing else on its way
# to the screen. It writes nothing at all unless every position is where it was read. It may have
# to wait for the counter, and then still sees the revisions of before; whoever was overtaken in
# between meets the primary key, and starts again.
_STORE = f"""
with moves as materialized (
    select *
    from unnest($5::text[], $6::integer[], $7::bigint[], $8::bigint[])
        as moves (topic, partition, known, next_offset)
), places as materialized (
    select positions.topic, positions.partition, moves.next_offset
    from positions join moves
        on positions.topic = moves.topic and positions.partition = moves.partition
        and positions.next_offset = moves.known
    for update of positions
), ready as materialized (
    select where (select count(*) from places) = (select count(*) from moves)
), counter as materialized (
    select seq from stream_state where exists (select from ready) for update
), numbered as materialized (
    select id, revision, type, counter.seq + row_number() over (order by place) as seq,
        left(body, -1) || ',"seq":' || counter.seq + row_number() over (order by place) || '}}'
            as body
    from counter cross join unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
        with ordinality as sent (id, revision, type, body, place)
    where not exists (
        select from alert_revisions as known
        where known.id = sent.id and known.revision = sent.revision
    )
), revisions as (
    insert into alert_revisions (id, revision, seq, body)
    select id, revision::integer, seq, body::jsonb from numbered
), latest as (
    insert into alerts ({", ".join(_COLUMNS)})
    select distinct on (alert.id) {", ".join(f"alert.{name}" for name in _COLUMNS)}
    from numbered cross join jsonb_populate_record(null::alerts, numbered.body::jsonb) as alert
    order by alert.id, alert.revision desc
    on conflict (id) do update set
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "id")},
        updated_at = now()
    where alerts.revision < excluded.revision
), counted as (
    update stream_state set seq = (select max(seq) from numbered)
    where exists (select from numbered)
), moved as (
    update positions set next_offset = places.next_offset from places
    where exists (select from ready)
        and positions.topic = places.topic and positions.partition = places.partition
), changes as (
    select '{{"type":"' || type || '","seq":' || seq || ',"previous_seq":' || seq - 1
        || ',"alert":' || body || '}}' as whole, '{{"seq":' || seq || '}}' as short
    from numbered order by seq
)
select (select count(*) from places) as places, count(pg_notify(
    '{CHANNEL}', case when octet_length(whole) < {_LONGEST_PAYLOAD} then whole else short end
)) as accepted
from changes
"""  # noqa: S608 - the names are the contract's


class AlertSink(PostgresSink[Alert]):
    """Writes alerts. Whoever holds the counter's row decides the next number."""

    async def store(self, contents: Sequence[Alert], moved: Positions) -> None:
        first: dict[tuple[str, int], Alert] = {}
        for alert in contents:
            first.setdefault((alert.id, alert.revision), alert)
        alerts = first.values()
        [row] = await self._connection.fetch(
            _STORE,
            [alert.id for alert in alerts],
            [alert.revision for alert in alerts],
            [change_type(alert.revision, alert.status) for alert in alerts],
            [encode(alert).decode() for alert in alerts],
            *move_arguments(self._namespace, self._positions, moved),
        )
        check_moved(row["places"], moved)
        self._metrics.rows.labels("alert_revisions").inc(row["accepted"])
        self._metrics.repeats.labels("alert_revisions").inc(len(contents) - row["accepted"])


def change_type(revision: int, status: str) -> str:
    """What a revision means for those who watch: opened, then what its status says."""
    if revision == 1:
        return "opened"
    return "updated" if status == "open" else status
