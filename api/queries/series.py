"""A token's signals, downsampled inside the database into equal steps."""

from __future__ import annotations

from datetime import datetime, timedelta

from api.database import Database
from api.errors import InvalidRequestError
from api.models import Series, Step
from api.queries.times import wire_time
from schemas.times import from_ms, to_ms

#: Signals exist for windows of this length; a finer step would hold nothing more.
_WINDOW_MS = 10_000
_DEFAULT_RANGE = timedelta(hours=6)
#: About 800,000 signals of a busy token: what the database aggregates within its time limit.
MAXIMUM_RANGE = timedelta(days=31)


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
    rows = await database.fetch(
        _SERIES, token, from_ms(begin_ms), from_ms(end_ms), begin_ms, step_ms, end_ms
    )
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


# A window's event_time is its end, so it belongs to the step that holds its last moment.
_SERIES = """
with picked as (
    select kind, event_time, price, volume, "values" as v,
        floor((extract(epoch from event_time) * 1000 - 1 - $4::bigint) / $5::bigint)::int as step
    from signals
    where token = $1 and event_time > $2 and event_time <= $3
),
steps as (
    select step,
        (array_agg((v->>'open')::numeric order by event_time)
            filter (where kind = 'trading' and v ? 'open'))[1]::text as open,
        max((v->>'high')::numeric) filter (where kind = 'trading')::text as high,
        min((v->>'low')::numeric) filter (where kind = 'trading')::text as low,
        (array_agg(price order by event_time desc)
            filter (where kind = 'trading' and price is not null))[1]::text as close,
        sum(volume) filter (where kind = 'trading') as volume,
        sum((v->>'trades')::float8) filter (where kind = 'trading') as trades,
        sum((v->>'buys')::float8) filter (where kind = 'trading') as buys,
        sum((v->>'mentions')::float8) filter (where kind = 'sentiment') as mentions,
        max((v->>'authors')::float8) filter (where kind = 'sentiment') as authors,
        sum((v->>'sentiment')::float8 * (v->>'mentions')::float8)
            filter (where kind = 'sentiment') as sentiment_sum,
        (array_agg((v->>'rolling_sentiment')::float8 order by event_time desc)
            filter (where kind = 'sentiment' and v ? 'rolling_sentiment'))[1] as rolling_sentiment,
        sum((v->>'transfers')::float8) filter (where kind = 'flow') as transfers,
        max((v->>'anomaly')::float8) filter (where kind = 'trading') as anomaly_trading,
        max((v->>'anomaly')::float8) filter (where kind = 'sentiment') as anomaly_sentiment,
        max((v->>'anomaly')::float8) filter (where kind = 'flow') as anomaly_flow
    from picked
    group by step
)
select
    timestamptz 'epoch' + ($4::bigint + n * $5::bigint) * interval '1 millisecond' as time,
    open, high, low, close,
    coalesce(volume, 0)::text as volume,
    coalesce(trades, 0)::int8 as trades,
    buys / nullif(trades, 0) as buy_share,
    coalesce(mentions, 0)::int8 as mentions,
    coalesce(authors, 0)::int8 as authors,
    sentiment_sum / nullif(mentions, 0) as sentiment,
    rolling_sentiment,
    coalesce(transfers, 0)::int8 as transfers,
    anomaly_trading, anomaly_sentiment, anomaly_flow
from generate_series(0, ceil(($6::bigint - $4::bigint) / $5::numeric)::int - 1) n
left join steps on steps.step = n
order by n
"""
