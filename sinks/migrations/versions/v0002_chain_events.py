"""What the live sources bring: liquidity, profiles, finality, candles, and posts with a group."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Defaults stay: rows of before have them, and a sink of the version before goes on working.
_NEW_COLUMNS = (
    """
    alter table posts
        add column cashtags text[] not null default '{}',
        add column contracts text[] not null default '{}',
        add column "group" text,
        add column repost_of text,
        add column confidence double precision not null default 1
    """,
    """
    alter table ticks
        add column open numeric,
        add column high numeric,
        add column low numeric,
        add column interval_ms bigint,
        add column chain text,
        add column contract text,
        add column transaction text,
        add column log_index bigint,
        add column block_number bigint,
        add column block_hash text,
        add column confirmation text not null default 'confirmed'
    """,
    "alter table transfers add column confirmation text not null default 'confirmed'",
)

_EVENT_TABLES = (
    """
    create table liquidity (
        id text not null,
        token text not null,
        symbol text not null,
        event_time timestamptz not null,
        source text not null,
        chain text not null,
        pool text not null,
        transaction text not null,
        log_index bigint not null,
        action text not null,
        quote text,
        token_amount numeric,
        quote_amount numeric,
        liquidity numeric,
        total_liquidity numeric,
        from_address text,
        to_address text,
        block_number bigint,
        block_hash text,
        confirmation text not null,
        origin text not null,
        schema_version integer not null,
        arrived_at timestamptz not null default now(),
        primary key (event_time, id)
    ) partition by range (event_time)
    """,
    """
    create table profiles (
        id text not null,
        token text not null,
        symbol text not null,
        event_time timestamptz not null,
        source text not null,
        chain text not null,
        contract text not null,
        creator text,
        creation_transaction text,
        created_at timestamptz,
        source_verified boolean,
        total_supply numeric,
        holders jsonb not null,
        origin text not null,
        schema_version integer not null,
        arrived_at timestamptz not null default now(),
        primary key (event_time, id)
    ) partition by range (event_time)
    """,
    """
    create table finality (
        id text not null,
        token text not null,
        symbol text not null,
        event_time timestamptz not null,
        source text not null,
        chain text not null,
        topic text not null,
        "of" text not null,
        status text not null,
        block_number bigint,
        block_hash text,
        origin text not null,
        schema_version integer not null,
        arrived_at timestamptz not null default now(),
        primary key (event_time, id)
    ) partition by range (event_time)
    """,
    "create index liquidity_by_token on liquidity (token, event_time)",
    "create index profiles_by_token on profiles (token, event_time)",
    "create index finality_by_token on finality (token, event_time)",
    # Few events are retracted, and whoever reads events asks for just those.
    """create index finality_retracted on finality ("of") where status = 'retracted'""",
)

# As in the first schema: rows lie in the order of their arrival.
_ARRIVAL_INDEXES = tuple(
    f"create index {table}_by_arrival on {table} using brin (arrived_at) "
    "with (pages_per_range = 32, autosummarize = on)"
    for table in ("liquidity", "profiles", "finality")
)

# Series ask for what was backfilled, and for candles, among far more that was live; live rows are
# not in here.
_BACKFILL_INDEXES = (
    "create index posts_backfilled on posts (token, event_time) where origin = 'backfill'",
    "create index transfers_backfilled on transfers (token, event_time) where origin = 'backfill'",
    "create index ticks_backfilled on ticks (token, event_time) "
    "where origin = 'backfill' or kind = 'candle'",
)

# Changed in nothing but the names of the tables.
_ENSURE_PARTITION = """
    create or replace function memewatch_ensure_partition(wanted_table text, wanted_month date)
    returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
    declare
        first_day date := date_trunc('month', wanted_month::timestamp)::date;
        name text := format('%s_%s', wanted_table, to_char(first_day, 'YYYY_MM'));
        lower_bound timestamptz := first_day::timestamp at time zone 'UTC';
        upper_bound timestamptz := (first_day + interval '1 month') at time zone 'UTC';
    begin
        if wanted_table not in (
            'posts', 'ticks', 'transfers', 'liquidity', 'profiles', 'finality', 'signals'
        ) then
            raise exception 'no table of events: %', wanted_table;
        end if;
        perform pg_advisory_xact_lock(hashtext('memewatch_partitions'));
        if to_regclass('public.' || quote_ident(name)) is null then
            execute format(
                'create table public.%I (like public.%I including defaults including storage)',
                name, wanted_table);
            execute format(
                'alter table public.%I attach partition public.%I for values from (%L) to (%L)',
                wanted_table, name, lower_bound, upper_bound);
        end if;
        return name;
    end $$
"""

_GRANTS = (
    "grant select, insert on liquidity, profiles, finality to memewatch_sink",
    "grant select on liquidity, profiles, finality to memewatch_api",
)


def upgrade() -> None:
    """Add columns and tables; what is stored stays."""
    for statement in (
        *_NEW_COLUMNS,
        *_EVENT_TABLES,
        *_ARRIVAL_INDEXES,
        *_BACKFILL_INDEXES,
        _ENSURE_PARTITION,
        *_GRANTS,
    ):
        op.get_bind().exec_driver_sql(statement)
