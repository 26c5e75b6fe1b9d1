"""For whoever runs the system: alive, ready, metrics."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.database import DatabaseUnavailableError
from api.dependencies import Authenticated, DatabaseOf, ServicesOf
from api.queries import counts

router = APIRouter(include_in_schema=False)

_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class Health(BaseModel):
    """The process answers."""

    status: str


class Readiness(BaseModel):
    """What has to work before the API serves."""

    ready: bool
    database: bool
    stream: bool
    detail: str | None


@router.get("/health")
async def health() -> Health:
    return Health(status="alive")


@router.get("/ready")
async def ready(services: ServicesOf, database: DatabaseOf, response: Response) -> Readiness:
    """503 until the database answers, is migrated, and tells us of changes."""
    detail = None
    try:
        await counts.stream_state(database)
    except DatabaseUnavailableError as error:
        detail = str(error)
    listening = services.hub.database_up
    if detail is None and not listening:
        detail = "the connection that hears about alert changes is not up yet, try again shortly"
    if detail is not None:
        response.status_code = 503
    return Readiness(
        ready=detail is None, database=detail is None or listening, stream=listening, detail=detail
    )


@router.get("/metrics", dependencies=Authenticated)
async def metrics(services: ServicesOf) -> Response:
    """Prometheus exposition."""
    text = await services.metrics.render(services.database, services.settings)
    return Response(text, media_type=_EXPOSITION)
