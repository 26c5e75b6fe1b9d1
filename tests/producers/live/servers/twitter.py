"""A server that speaks as much of X's v2 API as tweepy is asked to use."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from schemas.times import parse_rfc3339, rfc3339
from schemas.watch import WatchEntry

EPOCH_MS = 1_288_834_974_657
DAY_MS = 86_400_000
BEARER = "of-the-tests"
OPERATIONAL_DISCONNECT = {
    "errors": [
        {
            "title": "operational-disconnect",
            "disconnect_type": "UpstreamOperationalDisconnect",
            "detail": "This stream has been disconnected upstream for operational reasons.",
            "type": "https://api.twitter.com/2/problems/operational-disconnect",
        }
    ]
}


@dataclass
class Refusal:
    """Requests whose path ends so get this answer: so many times, ``after`` so many others."""

    path_end: str
    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after: int = 0


class TwitterServer:
    """``async with TwitterServer() as server``: ``server.url``, ``server.settings()``.

    ``post`` stores a post and sends it to every stream whose rules it matches.
    """

    def __init__(self, keep_alive_s: float = 0.05, page_size: int = 100) -> None:
        self.keep_alive_s = keep_alive_s
        self.page_size = page_size
        #: A watch list that has what ``add`` talks about.
        self.entries = [WatchEntry(kind="token", value="PEPE")]
        self.rules: dict[str, dict[str, str]] = {}
        self.most_rules = 25
        self.invalid_words = {"notarule"}
        self.posts: list[dict[str, Any]] = []
        self.users: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.refusals: list[Refusal] = []
        self.remaining = 1_000
        #: Called when rules are gone and before the answer says so.
        self.after_deleting: Callable[[], object] = lambda: None
        self._streams: dict[asyncio.Queue[bytes | None], web.Request] = {}
        self._ids = 0

    async def __aenter__(self) -> TwitterServer:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/2/tweets/search/stream", self._stream)
        app.router.add_get("/2/tweets/search/stream/rules", self._get_rules)
        app.router.add_post("/2/tweets/search/stream/rules", self._change_rules)
        app.router.add_get("/2/tweets/search/recent", self._recent)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.drop()
        await self._runner.cleanup()

    def settings(self) -> dict[str, Any]:
        return {
            "twitter_url": self.url,
            "twitter_bearer_token": BEARER,
            "twitter_search_delay_s": 0.0,
        }

    @property
    def connected(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    def count(self, path_end: str, method: str = "GET") -> int:
        """How many requests there were for a path."""
        return sum(
            path.endswith(path_end) and said == method for said, path, _query in self.requests
        )

    def add(self, count: int, now_ms: int) -> list[str]:
        """A few posts about a token, said right now; their ids."""
        return [self.post(f"$PEPE is going up, {number}", at_ms=now_ms) for number in range(count)]

    def post(
        self,
        text: str,
        author: str = "alice",
        *,
        at_ms: int | None = None,
        repeats: str | None = None,
        quotes: str | None = None,
        **fields: Any,
    ) -> str:
        """Publish a post as X would make of it; returns its id."""
        at_ms = at_ms if at_ms is not None else time.time_ns() // 1_000_000
        self._ids += 1
        identifier = str((at_ms - EPOCH_MS << 22) + self._ids)
        user = self._user(author)
        post: dict[str, Any] = {
            "id": identifier,
            "text": text,
            "author_id": user["id"],
            # X's own has whole seconds.
            "created_at": rfc3339(at_ms // 1000 * 1000),
            "lang": "en",
            "edit_history_tweet_ids": [identifier],
        }
        tags = [word[1:] for word in text.split() if word.startswith("$") and word[1:].isalpha()]
        if tags:
            post["entities"] = {
                "cashtags": [{"start": 0, "end": 1, "tag": tag.strip(",")} for tag in tags]
            }
        references = [("retweeted", repeats), ("quoted", quotes)]
        if any(other for _kind, other in references):
            post["referenced_tweets"] = [
                {"type": kind, "id": other} for kind, other in references if other
            ]
        post.update(fields)
        self.posts.append(post)
        matching = self._matching(post)
        if matching:
            self.send({**self._answer(post), "matching_rules": matching})
        return identifier

    def send(self, frame: dict[str, Any] | bytes) -> None:
        """Write a line to every stream, whatever it is."""
        line = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        for queue in self._streams:
            queue.put_nowait(line + b"\r\n")

    def end(self) -> None:
        """End every stream as HTTP ends an answer."""
        for queue in self._streams:
            queue.put_nowait(None)

    def drop(self) -> None:
        """Cut every stream's connection."""
        for request in self._streams.values():
            if request.transport is not None:
                request.transport.abort()
        self._streams.clear()

    def refuse(self, path_end: str, status: int, **parts: Any) -> None:
        """Answer the next requests for a path with an error."""
        self.refusals.append(Refusal(path_end, status, **parts))

    def limit(self, path_end: str, seconds: float, after: int = 0) -> None:
        """Answer a request for a path with 429 and the time of the reset."""
        reset = int(time.time() + seconds)
        self.refuse(
            path_end,
            429,
            after=after,
            body={"title": "Too Many Requests", "detail": "Too Many Requests", "status": 429},
            headers={
                "x-rate-limit-limit": "60",
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(reset),
            },
        )

    # What tweepy talks to.

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append((request.method, request.path, dict(request.query)))
        if request.headers.get("Authorization") != f"Bearer {BEARER}":
            return _problem(401, "Unauthorized", "Unauthorized")
        for refusal in self.refusals:
            if request.path.endswith(refusal.path_end):
                if refusal.after > 0:
                    refusal.after -= 1
                    continue
                refusal.times -= 1
                if refusal.times <= 0:
                    self.refusals.remove(refusal)
                return web.json_response(
                    refusal.body, status=refusal.status, headers=refusal.headers
                )
        self.remaining -= 1
        answer: web.StreamResponse = await handler(request)
        if not answer.prepared:
            answer.headers.update(self._limits())
        return answer

    def _limits(self) -> dict[str, str]:
        return {
            "x-rate-limit-limit": "1000",
            "x-rate-limit-remaining": str(self.remaining),
            "x-rate-limit-reset": str(int(time.time()) + 900),
        }

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if not self.rules:
            return _problem(
                409,
                "ConnectionException",
                "You must define rules to connect to the stream",
                connection_issue="RuleConfigurationIssue",
            )
        response = web.StreamResponse(
            headers={"Content-Type": "application/json; charset=utf-8", **self._limits()}
        )
        response.enable_chunked_encoding()
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._streams[queue] = request
        try:
            with contextlib.suppress(ConnectionError):
                while True:
                    try:
                        line = await asyncio.wait_for(queue.get(), self.keep_alive_s)
                    except TimeoutError:
                        line = b"\r\n"
                    if line is None:
                        break
                    await response.write(line)
        finally:
            self._streams.pop(queue, None)
        return response

    async def _get_rules(self, request: web.Request) -> web.Response:
        found = [{"id": identifier, **rule} for identifier, rule in self.rules.items()]
        meta = {"sent": rfc3339(_now_ms()), "result_count": len(found)}
        return web.json_response({"data": found, "meta": meta} if found else {"meta": meta})

    async def _change_rules(self, request: web.Request) -> web.Response:
        body = await request.json()
        if "delete" in body:
            ids = body["delete"]["ids"]
            gone = [identifier for identifier in ids if self.rules.pop(identifier, None)]
            self.after_deleting()
            summary = {"deleted": len(gone), "not_deleted": len(ids) - len(gone)}
            return web.json_response({"meta": {"sent": rfc3339(_now_ms()), "summary": summary}})
        errors = [
            {"value": rule["value"], "title": "InvalidRules", "details": ["no viable alternative"]}
            for rule in body["add"]
            if any(word in rule["value"] for word in self.invalid_words)
        ]
        if errors:
            return web.json_response(
                {"title": "Invalid Request", "detail": "Invalid rule", "errors": errors}, status=400
            )
        if len(self.rules) + len(body["add"]) > self.most_rules:
            return _problem(422, "RulesCapExceeded", "Rules cap exceeded")
        added = []
        for rule in body["add"]:
            present = {known["value"]: known_id for known_id, known in self.rules.items()}
            if rule["value"] in present:
                errors.append(
                    {
                        "value": rule["value"],
                        "id": present[rule["value"]],
                        "title": "DuplicateRule",
                        "type": "https://api.twitter.com/2/problems/duplicate-rules",
                    }
                )
                continue
            self._ids += 1
            self.rules[str(self._ids)] = rule
            added.append({"id": str(self._ids), **rule})
        answer = {"data": added, "meta": {"sent": rfc3339(_now_ms())}}
        return web.json_response(answer | ({"errors": errors} if errors else {}), status=201)

    async def _recent(self, request: web.Request) -> web.Response:
        query = request.query
        earliest_ms = _now_ms() - 7 * DAY_MS
        begin_ms = parse_rfc3339(query["start_time"]) if "start_time" in query else earliest_ms
        end_ms = parse_rfc3339(query["end_time"]) if "end_time" in query else _now_ms() - 30_000
        since_id = int(query.get("since_id", 0))
        if "since_id" in query and _time_of(since_id) < earliest_ms:
            return _problem(400, "Invalid Request", "'since_id' must be from the last 7 days")
        if begin_ms < earliest_ms or _time_of(since_id) > end_ms:
            return _problem(400, "Invalid Request", "Invalid 'start_time' or 'end_time'")
        before = int(query["next_token"].removeprefix("before-")) if "next_token" in query else None
        found = [
            post
            for post in self.posts
            if int(post["id"]) > since_id
            and begin_ms <= _time_of(int(post["id"])) < end_ms
            and (before is None or int(post["id"]) < before)
            and _matches(query["query"], post, self.users)
        ]
        found.sort(key=lambda post: -int(post["id"]))
        size = min(self.page_size, int(query.get("max_results", 10)))
        page, more = found[:size], len(found) > size
        meta: dict[str, Any] = {"result_count": len(page)}
        if not page:
            return web.json_response({"meta": meta})
        meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if more:
            meta["next_token"] = f"before-{page[-1]['id']}"
        return web.json_response({**self._answer(*page, many=True), "meta": meta})

    def _user(self, name: str) -> dict[str, Any]:
        return self.users.setdefault(
            name,
            {
                "id": str(1_000 + len(self.users)),
                "username": name,
                "name": name.title(),
                "created_at": "2013-12-14T04:35:55.000Z",
                "public_metrics": {"followers_count": 1234, "following_count": 5},
            },
        )

    def _answer(self, *posts: dict[str, Any], many: bool = False) -> dict[str, Any]:
        """The posts and all they refer to, as the expansions ask for it."""
        by_id = {post["id"]: post for post in self.posts}
        referred = [
            by_id[other["id"]]
            for post in posts
            for other in post.get("referenced_tweets", [])
            if other["id"] in by_id
        ]
        authors = {post["author_id"] for post in (*posts, *referred)}
        includes: dict[str, Any] = {
            "users": [user for user in self.users.values() if user["id"] in authors]
        }
        if referred:
            includes["tweets"] = referred
        return {"data": list(posts) if many else posts[0], "includes": includes}

    def _matching(self, post: dict[str, Any]) -> list[dict[str, str]]:
        return [
            {"id": identifier, "tag": rule.get("tag", "")}
            for identifier, rule in self.rules.items()
            if _matches(rule["value"], post, self.users)
        ]


def _matches(rule: str, post: dict[str, Any], users: dict[str, dict[str, Any]]) -> bool:
    text = post["text"].casefold()
    words = text.replace(",", " ").split()
    author = next(name for name, user in users.items() if user["id"] == post["author_id"])
    for clause in rule.casefold().split(" or "):
        if clause.startswith("from:"):
            if clause == f"from:{author}":
                return True
        elif clause.startswith("$"):
            if clause in words:
                return True
        elif clause.strip('"') in text:
            return True
    return False


def _time_of(identifier: int) -> int:
    return (identifier >> 22) + EPOCH_MS


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _problem(status: int, title: str, detail: str, **more: str) -> web.Response:
    return web.json_response(
        {"title": title, "detail": detail, "type": "about:blank", "status": status, **more},
        status=status,
    )
