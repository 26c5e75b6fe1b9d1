"""Alerts by filter, and one with all its revisions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from api.dependencies import AlertId, Cursor, DatabaseOf, Limit, Text, TimeParameter, WriterOf
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
    part_of: Annotated[
        Text | None, Query(max_length=512, description="what belongs to this alert's event")
    ] = None,
    standalone: Annotated[
        bool, Query(description="one alert an event: leave out those that are part of another")
    ] = False,
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
        part_of=part_of,
        standalone=standalone,
        begin=begin,
        end=end,
    )
    return await alerts.page(database, wanted, cursor, limit)


@router.get("/{alert_id}", responses={404: {"model": Problem}})
async def get_alert(database: DatabaseOf, alert_id: AlertId, writer: WriterOf) -> AlertHistory:
    """One alert with every revision and its evidence, and what users think of it."""
    history = await alerts.history(database, alert_id, writer)
    if history is None:
        raise HTTPException(404, "no alert of this id")
    return history
