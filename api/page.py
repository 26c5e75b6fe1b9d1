"""The built page at the same origin: files, and `index.html` for every path the page routes."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).resolve().parent.parent / "ui" / "dist"

_NOT_BUILT = """memewatch API is running; its page is not built yet.

Build it with `make install`, then reload. The API itself is at /api/v1/openapi.json.
"""
#: The build names these files by their content.
_FOREVER = "public, max-age=31536000, immutable"


def install(app: FastAPI, dist: Path = DIST) -> None:
    """Serve the page for whatever no route took; install it last."""
    app.mount("/", Page(dist), name="page")


class Page(StaticFiles):
    """Static files that answer unknown paths with the page itself."""

    def __init__(self, dist: Path) -> None:
        super().__init__(directory=dist, check_dir=False)
        self._dist = dist

    async def check_config(self) -> None:
        """The folder may be missing: the page can be built while the API runs."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, "nothing can be changed here: use GET", {"Allow": "GET, HEAD"})
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404, "no such path: see /api/v1/openapi.json")
        if not (self._dist / "index.html").is_file():
            status = 200 if path == "." else 404
            return PlainTextResponse(_NOT_BUILT, status, {"Cache-Control": "no-cache"})
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or path.startswith("assets/"):
                raise
            response = await super().get_response("index.html", scope)
        response.headers["Cache-Control"] = _FOREVER if path.startswith("assets/") else "no-cache"
        return response
