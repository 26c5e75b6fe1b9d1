"""The verdict sink: of what one user says of one alert, the latest is kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schemas.times import from_ms, parse_rfc3339
from schemas.verdicts import Verdict
from sinks.postgres.positions import Positions, move_positions
from sinks.postgres.sink import PostgresSink

TABLE = "verdicts"
COLUMNS = Verdict.__struct_fields__

_UPDATED = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "id")
# Of two of the same millisecond the later in the log counts.
_STORE = f"""
insert into {TABLE} as known ({", ".join(COLUMNS)})
values ({", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))})
on conflict (id) do update set {_UPDATED}
where known.given_at <= excluded.given_at
"""  # noqa: S608 - the names are the contract's


class VerdictSink(PostgresSink[Verdict]):
    """Writes verdicts. They are few, so each is a statement of its own."""

    async def store(self, contents: Sequence[Verdict], moved: Positions) -> None:
        async with self._connection.transaction():
            await self._connection.executemany(_STORE, [_row(each) for each in contents])
            await move_positions(self._connection, self._namespace, self._positions, moved)
        self._metrics.rows.labels(TABLE).inc(len(contents))


def _row(verdict: Verdict) -> tuple[object, ...]:
    given_at = from_ms(parse_rfc3339(verdict.given_at))
    fields = msgspec.structs.asdict(verdict) | {"given_at": given_at}
    return tuple(fields[name] for name in COLUMNS)
