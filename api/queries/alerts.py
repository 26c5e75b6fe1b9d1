"""Alerts: lists by filter and page, and one with its revisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api import cursors
from api.database import Database, Row
from api.models import Alert, AlertHistory, Page
from api.queries import verdicts
from api.queries.times import from_us, to_us, wire_time
from schemas.alerts import Pattern, Severity, Status

_CURSOR_KIND = "alerts"
_COLUMNS = """id, revision, seq, token, symbol, pattern, phase, severity, score, status,
    event_time, onset_estimate, ended_at, detected_at, explanation, evidence, inputs,
    detector_version, impact, part_of, schema_version, created_at, updated_at"""
_TIMES = ("event_time", "onset_estimate", "ended_at", "detected_at", "created_at", "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Empty lists and None let everything pass; ``begin`` is inclusive, ``end`` exclusive."""

    token: str | None = None
    patterns: Sequence[Pattern] = ()
    statuses: Sequence[Status] = ()
    severities: Sequence[Severity] = ()
    min_score: float | None = None
    part_of: str | None = None
    #: Only what stands for itself; what is part of another alert's event is left out.
    standalone: bool = False
    begin: datetime | None = None
    end: datetime | None = None


async def page(
    database: Database, wanted: AlertFilter, cursor: str | None, limit: int
) -> Page[Alert]:
    """Newest event time first, then by id; raises ``InvalidRequestError`` for a bad cursor."""
    conditions, arguments = _conditions(wanted)
    if cursor is not None:
        position = cursors.decode(_CURSOR_KIND, cursor)
        n = len(arguments)
        # Written out because the two columns sort in opposite directions.
        conditions.append(f"(event_time <= ${n + 1} and (event_time < ${n + 1} or id > ${n + 2}))")
        arguments += [from_us(position.time_us), position.key]
    where = f"where {' and '.join(conditions)}" if conditions else ""
    rows = await database.fetch(
        f"select {_COLUMNS} from alerts {where} "  # noqa: S608 - only constants and placeholders
        f"order by event_time desc, id limit {limit + 1}",
        *arguments,
    )
    shown = rows[:limit]
    next_cursor = _cursor(shown[-1]) if len(rows) > limit else None
    return Page(items=[_alert(row) for row in shown], next_cursor=next_cursor)


async def history(database: Database, alert_id: str, asker: str | None) -> AlertHistory | None:
    """The alert with all its revisions and verdicts, or None when there is none of that id.

    ``asker`` is the name under which whoever asks gives verdicts, if they may.
    """
    rows = await database.fetch(_HISTORY, alert_id)
    if not rows:
        return None
    first = wire_time(rows[0]["created_at"])
    revisions = [
        Alert.model_validate(
            row["body"] | {"created_at": first, "updated_at": wire_time(row["created_at"])}
        )
        for row in rows
    ]
    given = await verdicts.of_alert(database, alert_id)
    return AlertHistory(
        **dict(revisions[-1]),
        revisions=revisions,
        verdicts=given,
        own_verdict=next((each.verdict for each in given if each.given_by == asker), None),
    )


_HISTORY = "select body, created_at from alert_revisions where id = $1 order by revision"


def _conditions(wanted: AlertFilter) -> tuple[list[str], list[Any]]:
    candidates: list[tuple[str, Any]] = [
        ("token = ${}", wanted.token),
        ("pattern = any(${}::text[])", list(wanted.patterns) or None),
        ("status = any(${}::text[])", list(wanted.statuses) or None),
        ("severity = any(${}::text[])", list(wanted.severities) or None),
        ("score >= ${}", wanted.min_score),
        ("part_of = ${}", wanted.part_of),
        ("event_time >= ${}", wanted.begin),
        ("event_time < ${}", wanted.end),
    ]
    given = [(text, value) for text, value in candidates if value is not None]
    conditions = [text.format(number) for number, (text, _) in enumerate(given, start=1)]
    if wanted.standalone:
        conditions.append("part_of is null")
    return conditions, [value for _, value in given]


def _alert(row: Row) -> Alert:
    fields = dict(row)
    for name in _TIMES:
        fields[name] = wire_time(fields[name])
    return Alert.model_validate(fields)


def _cursor(row: Row) -> str:
    return cursors.encode(cursors.Position(_CURSOR_KIND, to_us(row["event_time"]), row["id"]))
