"""A token's signals, downsampled inside the database into equal steps.

Where the workers saw nothing, what a backfill brought later stands in: its trades, quotes, posts
and transfers as windows like theirs. Candles, which they never look at, stand in where there is no
price at all. Events of blocks that were reorganised away do not count.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from api.database import Database
from api.errors import InvalidRequestError
from api.models import Series, Step
from api.queries.series_sql import BACKFILLED, SERIES
from api.queries.times import wire_time
from schemas.times import from_ms, to_ms

#: Signals exist for windows of this length; a finer step would hold nothing more.
_WINDOW_MS = 10_000
_DEFAULT_RANGE = timedelta(hours=6)
#: About 800,000 signals of a busy token: what the database aggregates within its time limit.
MAXIMUM_RANGE = timedelta(days=31)
#: Backfilled events of one kind, for the same reason.
_MOST_BACKFILLED = 1_000_000


async def series(
    database: Database,
    token: str,
    begin: datetime | None,
    end: datetime | None,
    points: int,
) -> Series | None:
    """At most ``points`` steps over ``(begin, end]``; None when the token is unknown.

    Without ``end`` it is the token's last window, without ``begin`` six hours before the end.

    Raises:
        InvalidRequestError: the range is empty or too long.
    """
    known = await database.fetch_one(
        "select symbol, last_event_time from tokens where token = $1", token
    )
    if known is None:
        return None
    begin_ms, end_ms = _range(begin, end, known["last_event_time"])
    step_ms = max(_WINDOW_MS, -(-(end_ms - begin_ms) // points))
    span = (token, from_ms(begin_ms), from_ms(end_ms))
    backfilled = await database.fetch_one(BACKFILLED, *span, _MOST_BACKFILLED + 1)
    if backfilled is not None and max(backfilled) > _MOST_BACKFILLED:
        raise InvalidRequestError(
            f"from: more than {_MOST_BACKFILLED:,} events of a backfill lie in this range, "
            "ask for a shorter one"
        )
    rows = await database.fetch(SERIES, *span, begin_ms, step_ms, end_ms)
    return Series(
        token=token,
        symbol=known["symbol"],
        from_=wire_time(from_ms(begin_ms)),
        to=wire_time(from_ms(end_ms)),
        step_ms=step_ms,
        items=[Step(**(dict(row) | {"time": wire_time(row["time"])})) for row in rows],
    )


def _range(begin: datetime | None, end: datetime | None, last: datetime) -> tuple[int, int]:
    """Milliseconds; the default end is the end of the last event's window."""
    end_ms = to_ms(end) if end else (to_ms(last) // _WINDOW_MS + 1) * _WINDOW_MS
    begin_ms = to_ms(begin) if begin else end_ms - _DEFAULT_RANGE // timedelta(milliseconds=1)
    if begin_ms >= end_ms:
        raise InvalidRequestError(
            "from: must be before `to`"
            + ("" if end else ", which is the end of the token's last window unless given")
        )
    if end_ms - begin_ms > MAXIMUM_RANGE // timedelta(milliseconds=1):
        raise InvalidRequestError(f"from: at most {MAXIMUM_RANGE.days} days before `to`")
    return begin_ms, end_ms
