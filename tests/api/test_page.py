"""The page's files at the API's origin, and the headers all responses carry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api import page
from api.app import create_app
from memewatch.settings import Settings


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "dist" / "index.html").write_text("<title>page</title>")
    (tmp_path / "dist" / "favicon.svg").write_text("<svg/>")
    (tmp_path / "dist" / "assets" / "index-abc123.js").write_text("script")
    return tmp_path / "dist"


async def test_files_routes_of_the_page_and_unknown_paths(dist: Path) -> None:
    app = FastAPI()
    page.install(app, dist)
    cases = {
        "/": (200, "<title>page</title>", "no-cache"),
        "/tokens/eth:0xAb%2F1.5": (200, "<title>page</title>", "no-cache"),
        "/favicon.svg": (200, "<svg/>", "no-cache"),
        "/assets/index-abc123.js": (200, "script", "public, max-age=31536000, immutable"),
        "/assets/index-old.js": (404, None, None),
        "/api": (404, None, None),
        "/api/v2/alerts": (404, None, None),
    }
    async with client(app) as http:
        for path, (status, text, cache) in cases.items():
            response = await http.get(path)
            assert (path, response.status_code) == (path, status)
            if text is not None:
                assert (response.text, response.headers["cache-control"]) == (text, cache)
        for escape in ("/..%2Fsecret.txt", "/%2e%2e/secret.txt", "/assets/..%2F..%2Fsecret.txt"):
            assert "secret" not in (await http.get(escape)).text


async def test_without_a_built_page_the_root_says_how_to_build_it(tmp_path: Path) -> None:
    app = FastAPI()
    page.install(app, tmp_path / "dist")
    async with client(app) as http:
        response = await http.get("/")
        assert (response.status_code, response.headers["content-type"]) == (
            200,
            "text/plain; charset=utf-8",
        )
        assert "make install" in response.text
        assert (await http.get("/tokens/T")).status_code == 404


async def test_every_response_carries_the_security_headers() -> None:
    async with client(create_app(Settings(_env_file=None))) as http:
        for path in ("/", "/health", "/api/v1/openapi.json", "/api/v1/none"):
            headers = (await http.get(path)).headers
            policy = headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            if path.startswith("/api/"):
                assert headers["cache-control"] == "no-store"
        large = await http.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
        assert large.headers["content-encoding"] == "gzip"
