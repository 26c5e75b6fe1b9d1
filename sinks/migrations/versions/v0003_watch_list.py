"""What is watched: the API changes it, producers read it and hear of each change."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    # The key is the identity of an entry; `folded` is its value without regard to case, as Python
    # folds it, because databases differ in how they do.
    """
    create table watch_list (
        kind text not null check (kind in ('token', 'account', 'keyword', 'pool')),
        scope text not null generated always as (coalesce(source, chain, '')) stored,
        folded text not null,
        value text not null,
        source text,
        chain text,
        token text,
        symbol text,
        name text,
        decimals integer check (decimals between 0 and 255),
        note text,
        added_at timestamptz not null default now(),
        primary key (kind, scope, folded),
        check (source is null or chain is null)
    )
    """,
    """
    create function memewatch_tell_watch_list() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
        perform pg_notify('memewatch_watch_list', '');
        return null;
    end $$
    """,
    """
    create trigger tell_watch_list
    after insert or update or delete or truncate on watch_list
    for each statement execute function memewatch_tell_watch_list()
    """,
    "grant select, insert, update, delete on watch_list to memewatch_api",
    "grant usage on schema public to memewatch_producer",
    "grant select on watch_list to memewatch_producer",
)


def upgrade() -> None:
    """Create the table, tell of its changes, and say who may do what."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
