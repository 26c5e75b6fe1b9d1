"""Detectors: how many alerts each version raised, and how many of them users find right."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import DatabaseOf, ServicesOf
from api.models import Detector, Page
from api.queries import detectors

router = APIRouter(prefix="/detectors", tags=["detectors"])


@router.get("")
async def list_detectors(database: DatabaseOf, services: ServicesOf) -> Page[Detector]:
    """Every version of every detector that raised an alert, and its live precision."""
    items = await detectors.all_detectors(database, services.settings)
    return Page(items=items, next_cursor=None)
