"""The worked example of docs/adding-a-source.md runs as it is, through the runner."""

from __future__ import annotations

import asyncio
import json
import types
from typing import Any

from aiohttp import web

from memewatch.clock import SystemClock
from producers.lane import Feed
from producers.live.base import Payload, Rejected, Surroundings
from producers.live.feed import LiveFeed
from producers.registry import RegisteredToken, TokenRegistry
from producers.source import Alive, CaughtUp
from schemas.events import Post
from schemas.payloads import RawPayload
from tests.docs.markdown import code_blocks

BAD = Payload(body=b'[{"id": "x"}]', cursor="7", kind="messages", received_ms=0)


def board_class() -> Any:
    (source,) = code_blocks("docs/adding-a-source.md", "python")
    module = types.ModuleType("board")
    exec(compile(source, "docs/adding-a-source.md", "exec"), module.__dict__)
    return module.Board


async def test_the_example_follows_a_board_and_resumes_where_it_was() -> None:
    said: list[dict[str, object]] = []

    async def messages(request: web.Request) -> web.Response:
        after = int(request.query["after"])
        new = [one for one in said if int(str(one["id"])) > after][:2]
        return web.Response(text=json.dumps(new), content_type="application/json")

    app = web.Application()
    app.router.add_get("/messages", messages)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    said += [
        {"id": n, "at_ms": 1_767_225_600_000 + n, "author": "me", "text": "$DOGE up"}
        for n in range(1, 6)
    ]
    kind = board_class()
    kind.poll_s = 0.01
    around = Surroundings(
        settings=types.SimpleNamespace(board_url=url),  # type: ignore[arg-type]
        clock=SystemClock(),
        tokens=TokenRegistry([RegisteredToken(token="DOGE", symbol="DOGE")]),
    )
    try:
        feed = Feed(source=LiveFeed(kind(around)), live=True)
        async with asyncio.timeout(20):
            items, cursor = await until_caught_up(feed, None)
            posts = [item for item in items if isinstance(item, Post)]
            assert [post.post_id for post in posts] == ["1", "2", "3", "4", "5"]
            assert posts[0].token == "DOGE"
            assert sum(isinstance(item, RawPayload) for item in items) == 3
            assert any(isinstance(item, Alive) for item in items)
            said.append({"id": 6, "at_ms": 1_767_225_600_006, "author": "me", "text": "$DOGE"})
            items, _ = await until_caught_up(feed, cursor)
            assert [item.post_id for item in items if isinstance(item, Post)] == ["6"]
            refused = kind(around).parse(BAD)
            assert [type(item) for item in refused] == [Rejected]
    finally:
        await runner.cleanup()


async def until_caught_up(feed: Feed, cursor: str | None) -> tuple[list[Any], str]:
    items: list[Any] = []
    events = feed.source.events(cursor)
    async for item, after in events:
        items.append(item)
        cursor = after or cursor
        if isinstance(item, CaughtUp):
            break
    await events.aclose()  # type: ignore[attr-defined]
    return items, str(cursor)
