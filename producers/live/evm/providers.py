"""JSON-RPC for web3 over HTTP and websocket, where its own ways do not last for months."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from web3 import WebSocketProvider
from web3._utils.caching.caching_utils import generate_cache_key
from web3.providers.async_base import AsyncJSONBaseProvider
from web3.types import RPCEndpoint, RPCId, RPCResponse

#: A node that sends more is asked for fewer blocks the next time.
_LARGEST_ANSWER = 32 * 1024 * 1024
_CHUNK = 1024 * 1024
#: How often it is looked whether an answer has come.
_LOOK_S = 0.005


class HttpProvider(AsyncJSONBaseProvider):
    """In place of web3's own, whose every instance waits for one lock of the whole process: a
    request that is cancelled while it waits keeps that lock, and then nothing goes on any more.
    """

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        super().__init__()
        self._url = url
        self._session = session

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Raises what aiohttp raises, also for a status that is no success."""
        question = self.encode_rpc_request(method, params)
        async with self._session.post(self._url, data=question) as response:
            response.raise_for_status()
            answer = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                answer += chunk
                if len(answer) > _LARGEST_ANSWER:
                    raise aiohttp.ClientPayloadError(f"more than {_LARGEST_ANSWER} bytes")
        return self.decode_rpc_response(bytes(answer))


class SocketProvider(WebSocketProvider):
    """web3's own, which looks for an answer without any pause: a whole processor, for as long as
    the node takes.
    """

    async def _get_response_for_request_id(
        self, request_id: RPCId | list[RPCId], timeout: float | None = None
    ) -> RPCResponse:
        key = generate_cache_key(request_id)
        processor = self._request_processor
        async with asyncio.timeout(timeout or self.request_timeout):
            while key not in processor._request_response_cache:
                self._handle_listener_task_exceptions()
                if self._message_listener_task is None or self._message_listener_task.done():
                    raise ConnectionError("the connection was closed before the answer came")
                await asyncio.sleep(_LOOK_S)
        answer: RPCResponse = await processor.pop_raw_response(cache_key=key)
        return answer
