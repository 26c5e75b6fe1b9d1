"""What users say of alerts: of one alert, and all of it, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from api import cursors
from api.database import Database, Row
from api.models import Page, Verdict
from api.queries.times import wire_time
from schemas.alerts import Pattern

_CURSOR_KIND = "verdicts"
_COLUMNS = """id, alert_id, pattern, detector_version, token, score, opening_score, verdict, note,
    given_by, given_at, schema_version"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What of an alert a verdict holds."""

    pattern: Pattern
    detector_version: str
    token: str
    score: float
    opening_score: float


async def subject(database: Database, alert_id: str) -> Subject | None:
    """The alert at its latest revision, or None when there is none of that id."""
    row = await database.fetch_one(_SUBJECT, alert_id)
    return None if row is None else Subject(**row)


async def of_alert(database: Database, alert_id: str) -> list[Verdict]:
    """In the order they were given."""
    return [_verdict(row) for row in await database.fetch(_OF_ALERT, alert_id)]


async def page(database: Database, cursor: str | None, limit: int) -> Page[Verdict]:
    """By id, so that a verdict that changes meanwhile is neither skipped nor told twice.

    Raises ``api.errors.InvalidRequestError`` for a bad cursor.
    """
    after = None if cursor is None else cursors.decode(_CURSOR_KIND, cursor).key
    rows = await database.fetch(_PAGE, after, limit + 1)
    items = [_verdict(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(items=items, next_cursor=None)
    last = cursors.Position(_CURSOR_KIND, 0, items[-1].id)
    return Page(items=items, next_cursor=cursors.encode(last))


def _verdict(row: Row) -> Verdict:
    return Verdict.model_validate(dict(row) | {"given_at": wire_time(row["given_at"])})


_SUBJECT = """
select alerts.pattern, alerts.detector_version, alerts.token, alerts.score,
    (opening.body ->> 'score')::float8 as opening_score
from alerts join alert_revisions opening on opening.id = alerts.id and opening.revision = 1
where alerts.id = $1
"""
_OF_ALERT = f"""
select {_COLUMNS} from verdicts where alert_id = $1 order by given_at, id
"""  # noqa: S608 - constants only
_PAGE = f"""
select {_COLUMNS} from verdicts where $1::text is null or id > $1 order by id limit $2
"""  # noqa: S608 - constants only
