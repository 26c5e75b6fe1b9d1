"""The first schema: events by month, signals, alerts with their revisions, and positions."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EVENT_TABLES = (
    """
    create table posts (
        id text not null,
        token text not null,
        symbol text not null,
        event_time timestamptz not null,
        source text not null,
        post_id text not null,
        author text not null,
        author_created_at timestamptz,
        author_followers bigint,
        language text,
        text text not null,
        urls text[] not null,
        repost boolean not null,
        origin text not null,
        schema_version integer not null,
        arrived_at timestamptz not null default now(),
        primary key (event_time, id)
    ) partition by range (event_time)
    """,
    """
    create table ticks (
        id text not null,
        token text not null,
        symbol text not null,
        event_time timestamptz not null,
        source text not null,
        price numeric not null,
        amount numeric,
        kind text not null,
        side text,
        venue text,
        quote text,
        trade_id text,
        buyer text,
        seller text,
        origin text not null,
        schema_version integer not null,
        arrived_at timestamptz not null default now(),
        primary key (event_time, id)
    ) partition by range (event_time)
    """,
    """
    create table transfers (
        id text not null,
        token text not null,
        symbol text not null,
        event_time timestamptz not null,
        source text not null,
        chain text not null,
        contract text not null,
        transaction text not null,
        log_index bigint not null,
        from_address text not null,
        to_address text not null,
        amount numeric not null,
        block_number bigint,
        block_hash text,
        origin text not null,
        schema_version integer not null,
        arrived_at timestamptz not null default now(),
        primary key (event_time, id)
    ) partition by range (event_time)
    """,
    """
    create table signals (
        id text not null,
        token text not null,
        symbol text not null,
        kind text not null,
        event_time timestamptz not null,
        window_ms bigint not null,
        "values" jsonb not null,
        price numeric,
        volume numeric,
        schema_version integer not null,
        arrived_at timestamptz not null default now(),
        primary key (event_time, id)
    ) partition by range (event_time)
    """,
    "create index posts_by_token on posts (token, event_time)",
    "create index ticks_by_token on ticks (token, event_time)",
    "create index transfers_by_token on transfers (token, event_time)",
    "create index signals_by_token on signals (token, kind, event_time)",
)

# Rows lie in the order of their arrival, so a block-range index costs next to nothing and
# retention still finds the old ones.
_ARRIVAL_INDEXES = tuple(
    f"create index {table}_by_arrival on {table} using brin (arrived_at) "
    "with (pages_per_range = 32, autosummarize = on)"
    for table in ("posts", "ticks", "transfers", "signals")
)

_OTHER_TABLES = (
    """
    create table partition_arrivals (
        partition text primary key,
        table_name text not null,
        first_arrival timestamptz not null,
        last_arrival timestamptz not null
    )
    """,
    """
    create table tokens (
        token text primary key,
        symbol text not null,
        first_event_time timestamptz not null,
        last_event_time timestamptz not null
    )
    """,
    """
    create table alerts (
        id text primary key,
        revision integer not null,
        seq bigint not null unique,
        token text not null,
        symbol text not null,
        pattern text not null,
        phase text not null,
        severity text not null,
        score double precision not null,
        status text not null,
        event_time timestamptz not null,
        onset_estimate timestamptz not null,
        ended_at timestamptz,
        detected_at timestamptz not null,
        explanation text not null,
        evidence jsonb not null,
        inputs jsonb not null,
        detector_version text not null,
        schema_version integer not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
    )
    """,
    "create index alerts_by_time on alerts (event_time desc, id)",
    "create index alerts_by_token on alerts (token, event_time desc, id)",
    "create index alerts_by_pattern on alerts (pattern, event_time desc, id)",
    "create index alerts_by_severity on alerts (severity, event_time desc, id)",
    "create index alerts_by_status on alerts (status, event_time desc, id)",
    """
    create table alert_revisions (
        id text not null,
        revision integer not null,
        seq bigint not null unique,
        body jsonb not null,
        created_at timestamptz not null default now(),
        primary key (id, revision)
    )
    """,
    """
    create table stream_state (
        only_row boolean primary key default true check (only_row),
        epoch text not null default gen_random_uuid()::text,
        seq bigint not null default 0
    )
    """,
    "insert into stream_state default values",
    """
    create table positions (
        topic text not null,
        partition integer not null,
        next_offset bigint not null,
        primary key (topic, partition)
    )
    """,
    """
    create table dead_letters (
        id text primary key,
        reason text not null,
        stage text not null,
        topic text,
        partition integer,
        "offset" bigint,
        file text,
        line bigint,
        key bytea,
        value bytea not null,
        failed_at timestamptz not null,
        schema_version integer not null,
        arrived_at timestamptz not null default now()
    )
    """,
    "create index dead_letters_by_arrival on dead_letters (arrived_at)",
)

# Whoever may call these needs no right to create, drop or delete anything itself.
_FUNCTIONS = (
    # Built beside the table and attached: attaching, unlike `partition of`, blocks no reader.
    """
    create function memewatch_ensure_partition(wanted_table text, wanted_month date) returns text
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
    declare
        first_day date := date_trunc('month', wanted_month::timestamp)::date;
        name text := format('%s_%s', wanted_table, to_char(first_day, 'YYYY_MM'));
        lower_bound timestamptz := first_day::timestamp at time zone 'UTC';
        upper_bound timestamptz := (first_day + interval '1 month') at time zone 'UTC';
    begin
        if wanted_table not in ('posts', 'ticks', 'transfers', 'signals') then
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
    """,
    # The row lock keeps a writer, which notes its arrival first, out until all is decided.
    """
    create function memewatch_drop_partition(wanted text, cutoff timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
    begin
        perform set_config('lock_timeout', '2s', true);
        perform from public.partition_arrivals
            where partition = wanted and last_arrival < cutoff for update;
        if not found then
            return false;
        end if;
        execute format('drop table public.%I', wanted);
        delete from public.partition_arrivals where partition = wanted;
        return true;
    end $$
    """,
    """
    create function memewatch_expire_rows(wanted text, cutoff timestamptz, at_most integer)
    returns bigint
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
    declare
        removed bigint;
    begin
        if wanted <> 'dead_letters' then
            perform from public.partition_arrivals where partition = wanted;
            if not found then
                return 0;
            end if;
        end if;
        execute format(
            'delete from public.%I where ctid = any (array('
            'select ctid from public.%I where arrived_at < $1 limit $2))', wanted, wanted)
            using cutoff, at_most;
        get diagnostics removed = row_count;
        return removed;
    end $$
    """,
)

_FUNCTION_SIGNATURES = (
    "memewatch_ensure_partition(text, date)",
    "memewatch_drop_partition(text, timestamptz)",
    "memewatch_expire_rows(text, timestamptz, integer)",
)

_GRANTS = (
    *(
        statement
        for signature in _FUNCTION_SIGNATURES
        for statement in (
            f"revoke execute on function {signature} from public",
            f"grant execute on function {signature} to memewatch_sink",
        )
    ),
    "grant usage on schema public to memewatch_sink, memewatch_api",
    "grant select, insert on posts, ticks, transfers, signals, alert_revisions, dead_letters "
    "to memewatch_sink",
    "grant select, insert, update on partition_arrivals, tokens, alerts, positions "
    "to memewatch_sink",
    "grant select, update on stream_state to memewatch_sink",
    "grant select on posts, ticks, transfers, signals, tokens, alerts, alert_revisions, "
    "stream_state, positions, dead_letters to memewatch_api",
    # Repeats are sorted out in temporary tables.
    """
    do $$ begin
        execute format('grant temporary on database %I to memewatch_sink', current_database());
    end $$
    """,
)


def upgrade() -> None:
    """Create everything."""
    for statement in (
        *_EVENT_TABLES,
        *_ARRIVAL_INDEXES,
        *_OTHER_TABLES,
        *_FUNCTIONS,
        *_GRANTS,
    ):
        # asyncpg prepares each statement, so they go one at a time, and `:` must not be a bind.
        op.get_bind().exec_driver_sql(statement)
