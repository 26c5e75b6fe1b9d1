"""The FastAPI application, made from settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.routing import APIRoute

from api import errors, page
from api.headers import SecureHeaders
from api.limits import BodyLimit
from api.metrics import RequestMetrics
from api.routes import PREFIX, operations, versioned
from api.services import Services
from memewatch import __version__
from memewatch.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """A new app with its own pool, hub and metrics; they run within the app's lifespan."""
    services = Services.build(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with services.running():
            yield

    app = FastAPI(
        title="memewatch",
        version=__version__,
        summary="Alerts, signals, tokens and what is watched; alert changes are pushed at "
        "/api/v1/stream.",
        openapi_url=f"{PREFIX}/openapi.json",
        # They load scripts from elsewhere, which the page's policy forbids.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    errors.install(app)
    app.include_router(versioned())
    app.include_router(operations.router)
    page.install(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    if settings.api_allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.api_allowed_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(SecureHeaders, gatekeeper=services.gatekeeper)
    app.add_middleware(RequestMetrics, metrics=services.metrics)
    return app


def _operation_id(route: APIRoute) -> str:
    """Short names for generated clients: the route function's own."""
    return route.name
