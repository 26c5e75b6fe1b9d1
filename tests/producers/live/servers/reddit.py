"""Reddit as far as listings go: its public JSON, its API with tokens, and its ways to refuse."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from aiohttp import encode_basic_auth, web

from tests.producers.live.servers.site import Site

#: Whatever is asked for, Reddit lists no more than this.
LISTED = 1000
CLIENT_ID, CLIENT_SECRET = "an-app", "its-secret"


class RedditServer(Site):
    """``submit`` and ``comment`` make things; the switches say how it misbehaves."""

    def __init__(self, *, with_app: bool = False, subreddits: tuple[str, ...] = ("memecoins",)):
        super().__init__()
        self.with_app = with_app
        self.subreddits = subreddits
        self.things: list[dict[str, Any]] = []
        #: Answers that come before any right one: a status with headers, or a body.
        self.answers: list[web.Response] = []
        #: Subreddits that are gone (404), private (403) or never were (302).
        self.closed: dict[str, int] = {}
        self.headers: dict[str, str] = {}
        self.tokens: list[str] = []
        self.token_lasts_s = 86_400
        self.after_page: Callable[[list[dict[str, Any]]], None] = lambda things: None
        self._numbers = itertools.count(1)

    def settings(self) -> dict[str, Any]:
        """What points a source here."""
        overrides: dict[str, Any] = {
            "reddit_url": self.url,
            "reddit_api_url": f"{self.url}/api",
            "reddit_subreddits": list(self.subreddits),
            "reddit_poll_s": 0.2,
        }
        if self.with_app:
            overrides |= {"reddit_client_id": CLIENT_ID, "reddit_client_secret": CLIENT_SECRET}
        return overrides

    def add(self, count: int, now_ms: int) -> list[str]:
        """A few things said right now; their fullnames."""
        return [
            self.submit("$DOGE to the moon", now_ms / 1000)
            if number % 2 == 0
            else self.comment("I hold $DOGE", now_ms / 1000)
            for number in range(count)
        ]

    def submit(self, title: str, created: float, subreddit: str | None = None, **more: Any) -> str:
        """A submission; its fullname."""
        data = {"title": title, "selftext": "", "is_self": True, "removed_by_category": None}
        return self._make("t3", created, subreddit, data | more)

    def comment(self, body: str, created: float, subreddit: str | None = None, **more: Any) -> str:
        """A comment; its fullname."""
        return self._make("t1", created, subreddit, {"body": body} | more)

    def delete(self, fullname: str) -> None:
        """It is in no listing any more."""
        self.things = [thing for thing in self.things if thing["data"]["name"] != fullname]

    async def respond(self, request: web.Request) -> web.StreamResponse:
        if self.answers:
            return self.answers.pop(0)
        if request.path == "/api/v1/access_token":
            return await self._give_token(request)
        path = request.path.removesuffix(".json")
        if self.with_app:
            authorization = request.headers.get("Authorization", "")
            if authorization.removeprefix("Bearer ") not in self.tokens[-1:]:
                return web.Response(status=401)
            path = path.removeprefix("/api")
        elif not request.path.endswith(".json"):
            return web.Response(status=404)
        match path.strip("/").split("/"):
            case ["r", names, kind] if kind in ("new", "comments"):
                subreddits = names.split("+")
                for name in subreddits:
                    if status := self.closed.get(name):
                        return web.Response(status=status, headers={"Location": "/subreddits"})
                prefix = "t3" if kind == "new" else "t1"
                things = [
                    thing
                    for thing in self.things
                    if thing["kind"] == prefix and thing["data"]["subreddit"] in subreddits
                ]
            case ["user", name, "overview"]:
                things = [thing for thing in self.things if thing["data"]["author"] == name]
            case _:
                return web.Response(status=404)
        return self._listing(things, request)

    async def _give_token(self, request: web.Request) -> web.Response:
        form = await request.post()
        expected = encode_basic_auth(CLIENT_ID, CLIENT_SECRET)
        if request.headers.get("Authorization") != expected:
            return web.Response(status=401)
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"})
        self.tokens.append(f"token-{len(self.tokens)}")
        token = {"access_token": self.tokens[-1], "token_type": "bearer", "scope": "*"}
        return web.json_response(token | {"expires_in": self.token_lasts_s})

    def _listing(self, things: list[dict[str, Any]], request: web.Request) -> web.Response:
        things = sorted(things, key=lambda thing: -thing["data"]["created_utc"])[:LISTED]
        start = 0
        if after := request.query.get("after"):
            names = [thing["data"]["name"] for thing in things]
            start = names.index(after) + 1 if after in names else len(things)
        limit = int(request.query.get("limit", "25"))
        page = things[start : start + limit]
        following = page[-1]["data"]["name"] if start + limit < len(things) else None
        body = {"kind": "Listing", "data": {"after": following, "children": page}}
        response = web.Response(
            text=json.dumps(body), content_type="application/json", headers=self.headers
        )
        self.after_page(page)
        return response

    def _make(self, kind: str, created: float, subreddit: str | None, more: dict[str, Any]) -> str:
        fullname = f"{kind}_{next(self._numbers):x}"
        data = {
            "name": fullname,
            "author": "somebody",
            "subreddit": subreddit or self.subreddits[0],
            "created_utc": float(int(created)),
        }
        self.things.append({"kind": kind, "data": data | more})
        return fullname
