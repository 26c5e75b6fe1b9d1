"""The websocket; see `docs/asyncapi.yaml` for its messages."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from api.dependencies import ServicesOf
from api.stream.connection import Connection

router = APIRouter()


@router.websocket("/stream")
async def stream(websocket: WebSocket, services: ServicesOf) -> None:
    """Every alert change, pushed."""
    connection = Connection(
        websocket,
        services.hub,
        services.gatekeeper,
        services.metrics.stream,
        services.settings.stream_buffer_bytes,
    )
    await connection.run()
