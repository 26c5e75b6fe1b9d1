"""Tokens, the most recently active first."""

from __future__ import annotations

from datetime import datetime

from api import cursors
from api.database import Database
from api.models import Page, Token
from api.queries.times import from_us, to_us, wire_time

_CURSOR_KIND = "tokens"


async def page(
    database: Database, search: str | None, cursor: str | None, limit: int
) -> Page[Token]:
    """Raises ``api.errors.InvalidRequestError`` for a bad cursor."""
    after: tuple[datetime | None, str | None] = (None, None)
    if cursor is not None:
        position = cursors.decode(_CURSOR_KIND, cursor)
        after = (from_us(position.time_us), position.key)
    rows = await database.fetch(_PAGE, search, *after, limit + 1)
    shown = rows[:limit]
    items = [
        Token(
            token=row["token"],
            symbol=row["symbol"],
            first_event_time=wire_time(row["first_event_time"]),
            last_event_time=wire_time(row["last_event_time"]),
            price=row["price"],
            price_time=wire_time(row["price_time"]),
            change_24h=row["change_24h"],
            open_alerts=row["open_alerts"],
        )
        for row in shown
    ]
    if len(rows) <= limit:
        return Page(items=items, next_cursor=None)
    last = cursors.Position(_CURSOR_KIND, to_us(shown[-1]["last_event_time"]), shown[-1]["token"])
    return Page(items=items, next_cursor=cursors.encode(last))


# The page is cut before the laterals, so that they run for its rows only.
_PAGE = """
with page as (
    select * from tokens
    where ($1::text is null
            or strpos(lower(symbol), lower($1)) > 0 or strpos(lower(token), lower($1)) > 0)
        and ($2::timestamptz is null
            or (last_event_time <= $2 and (last_event_time < $2 or token > $3)))
    order by last_event_time desc, token
    limit $4
)
select page.token, page.symbol, page.first_event_time, page.last_event_time,
    last.price::text as price, last.event_time as price_time,
    (last.price / nullif(first.price, 0) - 1)::float8 as change_24h,
    (select count(*) from alerts
        where alerts.token = page.token and status in ('open', 'acknowledged')) as open_alerts
from page
left join lateral (
    select price, event_time from signals
    where token = page.token and kind = 'trading' and price is not null
    order by event_time desc limit 1
) last on true
left join lateral (
    select price from signals
    where token = page.token and kind = 'trading' and price is not null
        and event_time >= last.event_time - interval '24 hours'
    order by event_time limit 1
) first on true
order by page.last_event_time desc, page.token
"""
