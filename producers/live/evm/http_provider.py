"""JSON-RPC over HTTP for web3, on a session of our own."""

from __future__ import annotations

from typing import Any

import aiohttp
from web3.providers.async_base import AsyncJSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

#: A node that sends more is asked for fewer blocks the next time.
_LARGEST_ANSWER = 32 * 1024 * 1024
_CHUNK = 1024 * 1024


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
