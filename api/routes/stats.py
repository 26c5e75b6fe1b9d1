"""How much there is, and where the alert sequence stands."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import DatabaseOf
from api.models import Stats
from api.queries import counts

router = APIRouter(prefix="/stats", tags=["stats"])


@router.get("")
async def get_stats(database: DatabaseOf) -> Stats:
    """Counts of one moment."""
    return await counts.stats(database)
