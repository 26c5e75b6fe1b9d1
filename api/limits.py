"""How much and how often a client may send."""

from __future__ import annotations

import time
from collections.abc import Callable

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Some hundred entries of the watch list with everything said about them.
LARGEST_BODY = 512 * 1024
_TOO_LARGE = f"the body is too large: send at most {LARGEST_BODY // 1024} KiB at once"


class BodyLimit:
    """ASGI middleware that answers 413, also when a client does not say how much it sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told) > LARGEST_BODY:
            refusal = JSONResponse({"detail": _TOO_LARGE}, status_code=413)
            await refusal(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                raise HTTPException(413, _TOO_LARGE)
            return message

        await self._app(scope, limited, send)


class RequestRate:
    """A bucket of ``burst`` requests that fills again by ``per_s``."""

    def __init__(
        self, burst: int, per_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_s = per_s
        self._now_s = now_s
        self._left = float(burst)
        self._at_s = now_s()

    def take(self) -> float:
        """0 when one more request may pass; else the seconds until one may."""
        now_s = self._now_s()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return (1 - self._left) / self._per_s
        self._left -= 1
        return 0.0
