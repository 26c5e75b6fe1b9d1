"""A real EVM node behind a door that can be shut: HTTP and websocket, as providers offer it."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from typing import Any, Self

import aiohttp
from aiohttp import web

from schemas.watch import WatchEntry
from tests.evm.chain import ETHER, Chain
from tests.evm.node import EvmNode, open_node
from tests.producers.live.servers.site import Site

#: The chain's name in settings, the watch list and ids.
CHAIN = "ethereum"


class EvmServer(Site):
    """``async with`` it; ``chain`` does on it what people do.

    ``token`` is a coin with a ``pool``, watched by ``entries``; ``feed`` trades it.
    """

    def __init__(
        self, *, websocket: bool = True, block_s: int | None = None, timestamp: int | None = None
    ) -> None:
        """Blocks are of now, or ``block_s`` apart from ``timestamp`` on."""
        super().__init__()
        self._websocket = websocket
        self._block_s = block_s
        self._timestamp = timestamp
        self._stack = ExitStack()
        self._sockets: set[web.WebSocketResponse] = set()
        #: Status and headers of the refusals to come, one for each connection or question.
        self.refusals: list[tuple[int, dict[str, str]]] = []
        #: Errors that questions of a method get from now on.
        self.errors: dict[str, dict[str, Any]] = {}
        #: What questions of a method get instead of the node's answer.
        self.results: dict[str, Any] = {}
        #: Methods whose questions get no answer at all.
        self.unanswered: set[str] = set()
        #: ``eth_getLogs`` is refused for more blocks than this.
        self.most_blocks: int | None = None
        #: And for more addresses than this.
        self.most_addresses: int | None = None
        #: Methods in the order they were asked.
        self.asked: list[str] = []

    async def __aenter__(self) -> Self:
        node = open_node(timestamp=self._timestamp)
        self.node: EvmNode = await asyncio.to_thread(self._stack.enter_context, node)
        self.chain = await asyncio.to_thread(self._make_chain)
        await super().__aenter__()
        self._client = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.drop()
        await self._client.close()
        await super().__aexit__(*error)
        self._stack.close()

    def settings(self, **overrides: Any) -> dict[str, Any]:
        """What points the source here."""
        url = self.url.replace("http://", "ws://") if self._websocket else self.url
        return {
            "evm_endpoints": {CHAIN: f"{url}/v3/a-secret-key"},
            "evm_factories": {
                CHAIN: {
                    "uniswap-v2": self.chain.factory.address,
                    "uniswap-v3": self.chain.factory_v3.address,
                }
            },
            "evm_quotes": {CHAIN: [self.chain.weth.address]},
            "evm_confirmations": 3,
            "evm_poll_s": 0.05,
            **overrides,
        }

    @property
    def entries(self) -> list[WatchEntry]:
        """What an operator watches here."""
        return [WatchEntry(kind="token", chain=CHAIN, value=self.token.address.lower())]

    def feed(self, count: int = 1) -> None:
        """So many purchases, each in a block of its own: a transfer, reserves and a trade."""
        for _ in range(count):
            self.chain.buy(self.pool, ETHER // 10, self.chain.people[1])

    async def drop(self) -> None:
        """Break every open connection, without a word."""
        for socket in list(self._sockets):
            if (transport := socket._req and socket._req.transport) is not None:
                transport.abort()
            await asyncio.sleep(0)

    def _make_chain(self) -> Chain:
        chain = Chain(self.node, block_s=self._block_s)
        with chain.one_block():
            self.token = chain.deploy_token("MEME")
        self.pool = chain.create_pool(self.token)
        with chain.one_block():
            chain.add_liquidity(self.pool, self.token, 10**6 * ETHER, 100 * ETHER)
        return chain

    async def respond(self, request: web.Request) -> web.StreamResponse:
        if self.refusals:
            status, headers = self.refusals.pop(0)
            return web.Response(status=status, headers=headers)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._relay(request)
        question = await request.json()
        if question["method"] in self.unanswered:
            await asyncio.sleep(3_600)
        if (refusal := self._refuse(question)) is not None:
            return web.json_response(refusal)
        async with self._client.post(self.node.http_url, json=question) as answer:
            return web.Response(body=await answer.read(), content_type="application/json")

    async def _relay(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            async with self._client.ws_connect(self.node.ws_url, max_msg_size=0) as upstream:
                answers = asyncio.create_task(_pass_on(upstream, socket))
                async for message in socket:
                    question = json.loads(message.data)
                    refusal = self._refuse(question)
                    if refusal is not None:
                        await socket.send_json(refusal)
                    elif question["method"] not in self.unanswered:
                        await upstream.send_str(
                            message.data if isinstance(message.data, str) else message.data.decode()
                        )
                answers.cancel()
        finally:
            self._sockets.discard(socket)
        return socket

    def _refuse(self, question: dict[str, Any]) -> dict[str, Any] | None:
        method = question["method"]
        self.asked.append(method)
        error = self.errors.get(method)
        if method == "eth_getLogs":
            error = self._too_much(question["params"][0]) or error
        if method in self.results:
            return {"jsonrpc": "2.0", "id": question["id"], "result": self.results[method]}
        if error is None:
            return None
        return {"jsonrpc": "2.0", "id": question["id"], "error": error}

    def _too_much(self, where: dict[str, Any]) -> dict[str, Any] | None:
        most, addresses = self.most_addresses, where.get("address", [])
        if most is not None and len(addresses) > most:
            return {"code": -32602, "message": f"please specify at most {most} addresses"}
        if self.most_blocks is not None and "fromBlock" in where:
            count = int(where["toBlock"], 16) - int(where["fromBlock"], 16) + 1
            if count > self.most_blocks:
                message = f"exceed maximum block range: {self.most_blocks}"
                return {"code": -32000, "message": message}
        return None


async def _pass_on(upstream: aiohttp.ClientWebSocketResponse, socket: Any) -> None:
    async for message in upstream:
        await socket.send_str(message.data)
