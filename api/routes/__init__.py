"""Thin routes: parameters in, one query, a response model out."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import Authenticated
from api.models import Problem
from api.routes import alerts, detectors, stats, stream, tokens, verdicts, watch_list

#: The prefix of everything versioned.
PREFIX = "/api/v1"


def versioned() -> APIRouter:
    """All routes under the prefix: REST behind the token check, the stream with its own."""
    router = APIRouter(prefix=PREFIX)
    problems: dict[int | str, dict[str, object]] = {
        400: {"model": Problem, "description": "a cursor or a range makes no sense"},
        401: {"model": Problem, "description": "a token is required"},
        422: {"model": Problem, "description": "a parameter cannot be understood"},
        503: {"model": Problem, "description": "the database does not answer now"},
    }
    for part in (alerts, verdicts, detectors, tokens, stats, watch_list):
        router.include_router(part.router, dependencies=Authenticated, responses=problems)
    router.include_router(stream.router)
    return router
