"""Verdicts: what users think of alerts. They go into the log, and from there into the table."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from api.dependencies import AlertId, Cursor, DatabaseOf, Limit, MayWrite, ServicesOf, WriterOf
from api.models import Judging, Page, Problem, Verdict
from api.queries import verdicts
from schemas.times import rfc3339
from schemas.verdicts import Verdict as Record
from schemas.verdicts import verdict_id

router = APIRouter(tags=["verdicts"])


@router.get("/verdicts")
async def list_verdicts(
    database: DatabaseOf, cursor: Cursor = None, limit: Limit = 100
) -> Page[Verdict]:
    """Everything that users said: the latest of each user on each alert."""
    return await verdicts.page(database, cursor, limit)


@router.post(
    "/alerts/{alert_id}/verdict",
    status_code=202,
    dependencies=MayWrite,
    responses={
        403: {"model": Problem, "description": "this client may not judge alerts"},
        404: {"model": Problem, "description": "no alert of this id"},
        413: {"model": Problem, "description": "the body is too large"},
        415: {"model": Problem, "description": "the body is not JSON"},
        429: {"model": Problem, "description": "too many changes at once"},
        503: {"model": Problem, "description": "the database or Kafka does not answer now"},
    },
)
async def judge_alert(
    database: DatabaseOf,
    services: ServicesOf,
    writer: WriterOf,
    alert_id: AlertId,
    judging: Judging,
) -> Verdict:
    """Judge an alert; judging it again replaces what the same user said before.

    When this answers, the verdict is safe in the log; lists show it a moment later.
    """
    assert writer is not None  # `MayWrite` has seen to it
    alert = await verdicts.subject(database, alert_id)
    if alert is None:
        raise HTTPException(404, "no alert of this id")
    record = Record(
        id=verdict_id(alert_id, writer),
        alert_id=alert_id,
        pattern=alert.pattern,
        detector_version=alert.detector_version,
        token=alert.token,
        score=alert.score,
        opening_score=alert.opening_score,
        verdict=judging.verdict,
        note=judging.note or None,
        given_by=writer,
        given_at=rfc3339(services.verdicts.now_ms()),
    )
    await services.verdicts.append(record)
    return Verdict.model_validate(record, from_attributes=True)
