"""Alerts by filter, and one with all its revisions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query

from api.dependencies import Cursor, DatabaseOf, Limit, Text, TimeParameter
from api.models import Alert, AlertHistory, Page, Problem
from api.queries import alerts
from schemas.alerts import Pattern, Severity, Status

router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.get("")
async def list_alerts(
    database: DatabaseOf,
    token: Annotated[Text | None, Query(max_length=256)] = None,
    pattern: Annotated[list[Pattern], Query(description="any of these")] = [],  # noqa: B006
    status: Annotated[list[Status], Query(description="any of these")] = [],  # noqa: B006
    severity: Annotated[list[Severity], Query(description="any of these")] = [],  # noqa: B006
    min_score: Annotated[float | None, Query(ge=0, le=1)] = None,
    begin: Annotated[
        TimeParameter | None, Query(alias="from", description="event time, inclusive")
    ] = None,
    end: Annotated[
        TimeParameter | None, Query(alias="to", description="event time, exclusive")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Alert]:
    """Alerts at their latest revision, newest event time first."""
    wanted = alerts.AlertFilter(
        token=token,
        patterns=pattern,
        statuses=status,
        severities=severity,
        min_score=min_score,
        begin=begin,
        end=end,
    )
    return await alerts.page(database, wanted, cursor, limit)


@router.get("/{alert_id}", responses={404: {"model": Problem}})
async def get_alert(
    database: DatabaseOf, alert_id: Annotated[Text, Path(min_length=1, max_length=512)]
) -> AlertHistory:
    """One alert with every revision and its evidence."""
    history = await alerts.history(database, alert_id)
    if history is None:
        raise HTTPException(404, "no alert of this id")
    return history
