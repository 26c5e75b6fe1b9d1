"""The SQL of a series. Parameters: $1 token, $2 begin and $3 end as times; for the series also
$4 begin in milliseconds, $5 step in milliseconds, $6 end in milliseconds."""

from __future__ import annotations

from schemas.events import COUNTED_CONFIDENCE

# Said of one row of posts, ticks or transfers. The window that an event belongs to ends at most
# ten seconds after it, and windows count by their end.
_BACKFILLED_IN_RANGE = """
    token = $1 and origin = 'backfill'
        and event_time >= $2::timestamptz - interval '10 seconds'
        and event_time < $3::timestamptz"""
_WINDOW_END = "date_bin('10 seconds', event_time, timestamptz 'epoch') + interval '10 seconds'"
_NOT_RETRACTED = """
    not (confirmation = 'pending' and exists (
        select from finality
        where finality."of" = {table}.id and finality.status = 'retracted'
            and finality.token = $1 and finality.event_time >= {table}.event_time
    ))"""

#: How many backfilled posts, ticks and transfers lie in the range, up to $4 of each.
BACKFILLED = f"""
select
    (select count(*) from (select from posts where {_BACKFILLED_IN_RANGE} limit $4) found) as posts,
    (select count(*) from (select from ticks where {_BACKFILLED_IN_RANGE} limit $4) found) as ticks,
    (select count(*) from (select from transfers where {_BACKFILLED_IN_RANGE} limit $4) found)
        as transfers
"""  # noqa: S608 - names of our own

# A window's event_time is its end, so it belongs to the step that holds its last moment.
SERIES = f"""
with signalled as (
    select kind, event_time,
        (v->>'open')::numeric as open, (v->>'high')::numeric as high, (v->>'low')::numeric as low,
        price as close, volume, (v->>'trades')::float8 as trades, (v->>'buys')::float8 as buys,
        (v->>'mentions')::float8 as mentions, (v->>'authors')::float8 as authors,
        (v->>'sentiment')::float8 as sentiment,
        (v->>'rolling_sentiment')::float8 as rolling_sentiment,
        (v->>'adjusted_sentiment')::float8 as adjusted_sentiment,
        (v->>'creator_sentiment')::float8 as creator_sentiment,
        (v->>'bot_share')::float8 as bot_share,
        (v->>'transfers')::float8 as transfers, (v->>'anomaly')::float8 as anomaly
    from (select *, "values" as v from signals) as signals
    where token = $1 and event_time > $2 and event_time <= $3
),
backfilled as (
    select 'trading' as kind, {_WINDOW_END} as event_time,
        (array_agg(price order by event_time, id))[1] as open,
        max(price) as high, min(price) as low,
        (array_agg(price order by event_time desc, id desc))[1] as close,
        coalesce(sum(price * amount) filter (where kind = 'trade'), 0) as volume,
        (count(*) filter (where kind = 'trade'))::float8 as trades,
        (count(*) filter (where kind = 'trade' and side = 'buy'))::float8 as buys,
        null::float8 as mentions, null::float8 as authors, null::float8 as transfers
    from ticks
    where {_BACKFILLED_IN_RANGE} and kind <> 'candle' and {_NOT_RETRACTED.format(table="ticks")}
    group by 2
    union all
    select 'sentiment', {_WINDOW_END},
        null, null, null, null, null, null, null,
        count(*), count(distinct author), null
    from posts
    where {_BACKFILLED_IN_RANGE} and confidence >= {COUNTED_CONFIDENCE}
    group by 2
    union all
    select 'flow', {_WINDOW_END},
        null, null, null, null, null, null, null,
        null, null, count(*)
    from transfers
    where {_BACKFILLED_IN_RANGE} and {_NOT_RETRACTED.format(table="transfers")}
    group by 2
),
windows as (
    select * from signalled
    union all
    select kind, event_time, open, high, low, close, volume, trades, buys, mentions, authors,
        null, null, null, null, null, transfers, null
    from backfilled
    where event_time > $2 and event_time <= $3
        and not exists (
            select from signals
            where token = $1 and signals.kind = backfilled.kind
                and signals.event_time = backfilled.event_time
                and signals.event_time > $2 and signals.event_time <= $3
        )
),
steps as (
    select floor((extract(epoch from event_time) * 1000 - 1 - $4::bigint) / $5::bigint)::int
            as step,
        (array_agg(open order by event_time)
            filter (where kind = 'trading' and open is not null))[1]::text as open,
        max(high) filter (where kind = 'trading')::text as high,
        min(low) filter (where kind = 'trading')::text as low,
        (array_agg(close order by event_time desc)
            filter (where kind = 'trading' and close is not null))[1]::text as close,
        sum(volume) filter (where kind = 'trading') as volume,
        sum(trades) filter (where kind = 'trading') as trades,
        sum(buys) filter (where kind = 'trading') as buys,
        sum(mentions) filter (where kind = 'sentiment') as mentions,
        max(authors) filter (where kind = 'sentiment') as authors,
        sum(sentiment * mentions) filter (where kind = 'sentiment')
            / nullif(sum(mentions) filter (where kind = 'sentiment' and sentiment is not null), 0)
            as sentiment,
        (array_agg(rolling_sentiment order by event_time desc)
            filter (where kind = 'sentiment' and rolling_sentiment is not null))[1]
            as rolling_sentiment,
        (array_agg(adjusted_sentiment order by event_time desc)
            filter (where kind = 'sentiment' and adjusted_sentiment is not null))[1]
            as adjusted_sentiment,
        (array_agg(creator_sentiment order by event_time desc)
            filter (where kind = 'sentiment' and creator_sentiment is not null))[1]
            as creator_sentiment,
        (array_agg(bot_share order by event_time desc)
            filter (where kind = 'sentiment' and bot_share is not null))[1]
            as bot_share,
        sum(transfers) filter (where kind = 'flow') as transfers,
        max(anomaly) filter (where kind = 'trading') as anomaly_trading,
        max(anomaly) filter (where kind = 'sentiment') as anomaly_sentiment,
        max(anomaly) filter (where kind = 'flow') as anomaly_flow
    from windows
    group by step
),
-- A candle ends at its time, so it belongs to the step that holds its last moment. Of candles of
-- several lengths the shortest count, or their volumes would count twice.
candles as (
    select *, min(interval_ms) over (partition by step) as shortest
    from (
        select *,
            floor((extract(epoch from event_time) * 1000 - 1 - $4::bigint) / $5::bigint)::int
                as step
        from ticks
        where token = $1 and kind = 'candle'
            and event_time > $2 and event_time <= $3
    ) as placed
),
candle_steps as (
    select step,
        (array_agg(open order by event_time, id))[1]::text as open,
        max(high)::text as high, min(low)::text as low,
        (array_agg(price order by event_time desc, id desc))[1]::text as close,
        -- In quote units by the typical price, since a candle does not tell them.
        trim_scale(round(sum(amount * (high + low + price) / 3), 18)) as volume
    from candles
    where interval_ms = shortest
    group by step
)
select
    timestamptz 'epoch' + ($4::bigint + n * $5::bigint) * interval '1 millisecond' as time,
    coalesce(steps.open, candle_steps.open) as open,
    coalesce(steps.high, candle_steps.high) as high,
    coalesce(steps.low, candle_steps.low) as low,
    coalesce(steps.close, candle_steps.close) as close,
    coalesce(steps.volume, candle_steps.volume, 0)::text as volume,
    coalesce(trades, 0)::int8 as trades,
    buys / nullif(trades, 0) as buy_share,
    coalesce(mentions, 0)::int8 as mentions,
    coalesce(authors, 0)::int8 as authors,
    sentiment,
    rolling_sentiment, adjusted_sentiment, creator_sentiment, bot_share,
    coalesce(transfers, 0)::int8 as transfers,
    anomaly_trading, anomaly_sentiment, anomaly_flow
from generate_series(0, ceil(($6::bigint - $4::bigint) / $5::numeric)::int - 1) n
left join steps on steps.step = n
left join candle_steps on candle_steps.step = n
order by n
"""  # noqa: S608 - names and numbers of our own
