"""Tokens, and the series of one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query

from api.dependencies import Cursor, DatabaseOf, Limit, Text, TimeParameter
from api.models import Page, Problem, Series, Token
from api.queries import series, tokens

router = APIRouter(prefix="/tokens", tags=["tokens"])


@router.get("")
async def list_tokens(
    database: DatabaseOf,
    q: Annotated[
        Text | None,
        Query(min_length=1, max_length=256, description="part of the symbol or the token's id"),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Token]:
    """Tokens, the most recently active first."""
    return await tokens.page(database, q, cursor, limit)


@router.get("/{token:path}/series", responses={404: {"model": Problem}})
async def get_series(
    database: DatabaseOf,
    token: Annotated[Text, Path(min_length=1, max_length=256)],
    begin: Annotated[
        TimeParameter | None,
        Query(alias="from", description="event time, exclusive; default: 6 hours before `to`"),
    ] = None,
    end: Annotated[
        TimeParameter | None,
        Query(alias="to", description="event time, inclusive; default: the token's last window"),
    ] = None,
    points: Annotated[int, Query(ge=1, le=2000, description="at most so many steps")] = 300,
) -> Series:
    """Price, mentions, sentiment, transfers and anomalies in equal steps."""
    found = await series.series(database, token, begin, end, points)
    if found is None:
        raise HTTPException(404, "no events of this token yet")
    return found
