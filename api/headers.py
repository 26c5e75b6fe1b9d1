"""Headers every HTTP response carries, and the refusal of foreign hosts."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security import Gatekeeper

#: The page's own files and connections, nothing else; `'self'` covers the websocket.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
#: Probes come by whatever name the machine has inside its network, and learn nothing.
_OPEN_TO_ALL_HOSTS = ("/health", "/ready")


class SecureHeaders:
    """ASGI middleware; a route's own headers win."""

    def __init__(self, app: ASGIApp, gatekeeper: Gatekeeper) -> None:
        self._app = app
        self._gatekeeper = gatekeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if path.startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        trusted = self._gatekeeper.trusts_host(Headers(scope=scope))
        if not trusted and path not in _OPEN_TO_ALL_HOSTS:
            refusal = JSONResponse(
                {
                    "detail": "this host name is not served: add its origin to "
                    "MEMEWATCH_API_ALLOWED_ORIGINS, or set MEMEWATCH_API_TOKENS"
                },
                status_code=421,
            )
            await refusal(scope, receive, secured)
            return
        await self._app(scope, receive, secured)
