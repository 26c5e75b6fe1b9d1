"""What is at risk, and which alert speaks for the event that one is part of."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table alerts add column impact double precision not null default 0, "
    "add column part_of text",
    # The page asks for what belongs to one alert, and lists those that stand for themselves.
    "create index alerts_by_event on alerts (part_of, event_time desc, id)",
)


def upgrade() -> None:
    """Add both to alerts; those of before stand for themselves."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
