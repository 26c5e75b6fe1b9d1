"""A Jetstream as Bluesky runs it, with the one call of its API that is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

from aiohttp import WSMsgType, web

from schemas.times import rfc3339
from schemas.watch import WatchEntry


class JetstreamServer:
    """``post`` stores a frame and sends it to everybody who is connected; a cursor replays.

    Like the real one it is never silent: others post and like things all the time
    (``chatter_s``; None: nobody does), and identity frames come whatever was asked for.
    """

    def __init__(self, chatter_s: float | None = 0.2) -> None:
        self.chatter_s = chatter_s
        #: A watch list that has what ``add`` talks about.
        self.entries = [WatchEntry(kind="token", value="PEPE")]
        #: Frames with their time, oldest first. Those before ``kept_from_us`` are forgotten.
        self.frames: list[tuple[int, bytes]] = []
        self.kept_from_us = 0
        self.handles: dict[str, str] = {}
        #: What each connection asked for.
        self.queries: list[dict[str, str]] = []
        #: Connections are refused with these.
        self.refusals: list[web.Response] = []
        self.answers_pings = True
        self._listeners: dict[asyncio.Queue[bytes | None], web.Request] = {}
        self._numbers = 0
        self._chatting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> JetstreamServer:
        app = web.Application()
        app.router.add_get("/subscribe", self._subscribe)
        app.router.add_get("/xrpc/com.atproto.identity.resolveHandle", self._resolve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}/subscribe"
        self.api_url = f"http://{host}:{port}"
        if self.chatter_s is not None:
            self._chatting = asyncio.create_task(self._chat(self.chatter_s))
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._chatting is not None:
            self._chatting.cancel()
            await asyncio.wait([self._chatting])
        self.drop()
        await self._runner.cleanup()

    def settings(self) -> dict[str, Any]:
        return {"bluesky_url": self.url, "bluesky_api_url": self.api_url}

    @property
    def connected(self) -> int:
        return len(self._listeners)

    def add(self, count: int, now_ms: int) -> list[str]:
        """A few posts about a token, heard right now; their ids as the source has them."""
        return [
            self.post(f"$PEPE is going up, {number}", time_us=now_ms * 1000 + number)
            for number in range(count)
        ]

    def post(
        self,
        text: str,
        did: str = "did:plc:alice",
        *,
        time_us: int | None = None,
        operation: str = "create",
        collection: str = "app.bsky.feed.post",
        **record: Any,
    ) -> str:
        """A commit; returns ``did/rkey``."""
        self._numbers += 1
        time_us = time_us if time_us is not None else _now_us()
        rkey = f"3l{self._numbers:011d}"
        commit: dict[str, Any] = {
            "rev": f"3l{self._numbers:011d}",
            "operation": operation,
            "collection": collection,
            "rkey": rkey,
        }
        if operation != "delete":
            commit["record"] = {
                "$type": collection,
                "createdAt": rfc3339(time_us // 1000),
                "langs": ["en"],
                "text": text,
                **record,
            }
            commit["cid"] = "bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"
        self.send({"did": did, "time_us": time_us, "kind": "commit", "commit": commit}, time_us)
        return f"{did}/{rkey}"

    def identity(self) -> None:
        """What every connection hears, whatever it asked for."""
        time_us = _now_us()
        did = "did:plc:bob"
        identity = {"did": did, "handle": "bob.example", "seq": 1, "time": rfc3339(time_us // 1000)}
        self.send(
            {"did": did, "time_us": time_us, "kind": "identity", "identity": identity}, time_us
        )

    def send(self, frame: dict[str, Any] | bytes, time_us: int | None = None) -> None:
        """Store a frame, whatever it is, and send it to everybody."""
        body = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        self.frames.append((time_us if time_us is not None else _now_us(), body))
        for queue in self._listeners:
            queue.put_nowait(body)

    def end(self) -> None:
        """Close every connection as websockets are closed."""
        for queue in self._listeners:
            queue.put_nowait(None)

    def drop(self) -> None:
        """Cut every connection."""
        for request in self._listeners.values():
            if request.transport is not None:
                request.transport.abort()
        self._listeners.clear()

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        if self.refusals:
            return self.refusals.pop(0)
        socket = web.WebSocketResponse(autoping=self.answers_pings)
        await socket.prepare(request)
        wanted = request.query.getall("wantedCollections", [])
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        if "cursor" in request.query:
            begin_us = max(int(request.query["cursor"]), self.kept_from_us)
            for time_us, body in sorted(self.frames, key=lambda frame: frame[0]):
                if time_us >= begin_us:
                    queue.put_nowait(body)
        self._listeners[queue] = request
        reading = asyncio.create_task(_read(socket))
        try:
            while True:
                getting = asyncio.ensure_future(queue.get())
                await asyncio.wait({getting, reading}, return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    getting.cancel()
                    break
                body = getting.result()
                if body is None:
                    await socket.close()
                    break
                if _is_asked_for(body, wanted):
                    await socket.send_str(body.decode("utf-8", "surrogateescape"))
        except ConnectionError:
            pass
        finally:
            reading.cancel()
            self._listeners.pop(queue, None)
        return socket

    async def _resolve(self, request: web.Request) -> web.Response:
        did = self.handles.get(request.query["handle"])
        if did is None:
            return web.json_response(
                {"error": "InvalidRequest", "message": "Unable to resolve handle"}, status=400
            )
        return web.json_response({"did": did})

    async def _chat(self, pace_s: float) -> None:
        while True:
            self.post("good morning", did="did:plc:somebody")
            self.identity()
            await asyncio.sleep(pace_s)


async def _read(socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(Exception):
        while (await socket.receive()).type not in (WSMsgType.CLOSED, WSMsgType.ERROR):
            pass


def _is_asked_for(body: bytes, wanted: list[str]) -> bool:
    try:
        commit = json.loads(body).get("commit")
    except (ValueError, AttributeError):
        return True
    return not isinstance(commit, dict) or not wanted or commit.get("collection") in wanted


def _now_us() -> int:
    return time.time_ns() // 1000
