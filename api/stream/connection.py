"""One websocket: who it is, what it sends, and the writer that empties its queue."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from api.metrics import StreamMetrics
from api.security import Gatekeeper
from api.stream import protocol
from api.stream.hub import Hub
from api.stream.limits import MessageRate
from api.stream.protocol import Authenticate, ProtocolError, Subscribe
from api.stream.subscriber import Ending, Subscriber

#: A browser that has the token sends it at once; a person typing it connects afterwards.
_AUTHENTICATION_S = 5.0
#: A socket that takes nothing for so long is gone or stuck, whatever its queue holds.
_SEND_TIMEOUT_S = 30.0
#: What an ended subscription may still send; then the socket is given up.
_FAREWELL_S = 5.0


class Connection:
    """Runs one client from the handshake to the close."""

    def __init__(
        self,
        websocket: WebSocket,
        hub: Hub,
        gatekeeper: Gatekeeper,
        metrics: StreamMetrics,
        buffer_bytes: int,
    ) -> None:
        self._websocket = websocket
        self._hub = hub
        self._gatekeeper = gatekeeper
        self._metrics = metrics
        self._subscriber = Subscriber(buffer_bytes)
        self._rate = MessageRate(asyncio.get_running_loop().time)

    async def run(self) -> None:
        """Returns when the socket is closed; raises nothing a client can cause."""
        # Accepted first: only an open websocket can be told a close code.
        with suppress(WebSocketDisconnect):
            await self._websocket.accept()
            refusal = await self._refusal()
            if refusal is not None:
                await self._say_farewell(refusal)
                return
            await self._serve()

    async def _refusal(self) -> Ending | None:
        headers = self._websocket.headers
        if not self._gatekeeper.trusts_host(headers) or not self._gatekeeper.trusts_origin(headers):
            reason = "this page's origin is not in MEMEWATCH_API_ALLOWED_ORIGINS"
            return _ending(protocol.CLOSE_FOREIGN_ORIGIN, "foreign_origin", reason)
        if self._gatekeeper.admits(headers.get("authorization")):
            return None
        if headers.get("authorization") is None:
            return await self._authenticate()
        return _ending(protocol.CLOSE_NOT_AUTHENTICATED, "not_authenticated", "unknown token")

    async def _authenticate(self) -> Ending | None:
        reason = 'first send {"type":"authenticate","token":…}, within 5 seconds'
        try:
            async with asyncio.timeout(_AUTHENTICATION_S):
                message = await self._receive()
        except (ProtocolError, TimeoutError):
            return _ending(protocol.CLOSE_NOT_AUTHENTICATED, "not_authenticated", reason)
        if not isinstance(message, Authenticate):
            return _ending(protocol.CLOSE_NOT_AUTHENTICATED, "not_authenticated", reason)
        if not self._gatekeeper.knows(message.token):
            return _ending(protocol.CLOSE_NOT_AUTHENTICATED, "not_authenticated", "unknown token")
        return None

    async def _serve(self) -> None:
        self._hub.attach(self._subscriber)
        reader = asyncio.create_task(self._read())
        writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if self._subscriber.ending is not None:
                await asyncio.wait({writer}, timeout=_FAREWELL_S)
        finally:
            self._hub.detach(self._subscriber)
            reader.cancel()
            writer.cancel()
            results = await asyncio.gather(reader, writer, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                raise result

    async def _read(self) -> None:
        """Until the client leaves, or breaks the rules."""
        try:
            while True:
                message = await self._receive()
                if isinstance(message, Subscribe):
                    self._hub.subscribe(self._subscriber, message)
        except ProtocolError as error:
            ending = _ending(protocol.CLOSE_MALFORMED, "malformed", str(error))
            self._subscriber.end(ending, drop_waiting=True)

    async def _write(self) -> None:
        """Until the subscription ends or the socket takes nothing any more."""
        while (message := await self._subscriber.take()) is not None:
            try:
                # Messages that came in one wake-up go out in one: sending only waits when the
                # socket is full, and the transport joins what one turn of the loop wrote.
                async with asyncio.timeout(_SEND_TIMEOUT_S):
                    await self._websocket.send_text(message)
            except TimeoutError:
                if self._subscriber.ending is None:
                    self._metrics.slow_consumers_closed.inc()
                return
            except RuntimeError:
                # The server has closed the socket by itself: no answer to its pings.
                return
            self._metrics.messages_sent.inc()
        if self._subscriber.ending is not None:
            await self._say_farewell(self._subscriber.ending)

    async def _say_farewell(self, ending: Ending) -> None:
        # It may be gone, stuck, or closed by the server already.
        with suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(_FAREWELL_S):
                if ending.message is not None:
                    await self._websocket.send_text(ending.message)
                await self._websocket.close(ending.code, ending.reason)

    async def _receive(self) -> protocol.ClientMessage:
        """The client's next message.

        Raises:
            ProtocolError: too many, too large, no text, or not understood.
            WebSocketDisconnect: the client left.
        """
        raw = await self._websocket.receive()
        if raw["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(raw.get("code", 1005), raw.get("reason"))
        if not self._rate.allows_one_more():
            raise ProtocolError("too many messages: one a second is plenty")
        text = raw.get("text")
        if text is None:
            raise ProtocolError("binary frame: send JSON text")
        if len(text) > protocol.MAXIMUM_CLIENT_MESSAGE:
            raise ProtocolError(f"longer than {protocol.MAXIMUM_CLIENT_MESSAGE} characters")
        return protocol.decode_client_message(text)


def _ending(code: int, name: str, reason: str) -> Ending:
    # A close frame holds 123 bytes of reason; the whole of it goes before, as a message.
    return Ending(code, name, protocol.error(name, reason))
