"""One node of a chain, asked through web3: over a websocket it tells of new blocks by itself, over
HTTP it is asked for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from msgspec import Struct

from memewatch.clock import Clock
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import USER_AGENT, retry_after_s

if TYPE_CHECKING:
    from web3.providers.async_base import AsyncBaseProvider
    from web3.types import RPCEndpoint

T = TypeVar("T")

_ANSWER_DEADLINE_S = 30.0
#: How many questions are asked at once; public nodes count them by the second.
_QUESTIONS_AT_ONCE = 8
_LARGEST_FRAME = 32 * 1024 * 1024
#: Where a node that says "too many requests" does not say for how long.
_DEFAULT_WAIT_S = 10.0
_TOO_MANY = re.compile(
    r"rate.?limit|too many requests|requests? (per|limit)|compute units|throughput|capacity", re.I
)
_NO_ACCESS = re.compile(r"unauthori[sz]ed|forbidden|(invalid|missing) (api|project|access)", re.I)
_LIMIT_EXCEEDED = -32005

_quiet = logging.getLogger("memewatch.evm.wire")
_quiet.setLevel(logging.WARNING)


class NodeError(Exception):
    """The node cannot be asked. The message names the host, never the URL: that may hold a key."""


class NodeAnswerError(NodeError):
    """The node's answer is an error."""

    def __init__(self, message: str, code: int | None, text: str) -> None:
        super().__init__(message)
        self.code = code
        self.text = text

    @property
    def reverted(self) -> bool:
        """Whether a contract refused, rather than the node."""
        return self.code == 3 or bool(
            re.search(r"revert|invalid opcode|out of gas|stack (under|over)flow", self.text, re.I)
        )


class Header(Struct, frozen=True):
    """A block: what it follows, and when it was made (Unix seconds)."""

    number: int
    hash: str
    parent: str
    time_s: int


class Node:
    """An open connection; see ``open_node``.

    Raises, whatever is asked: ``NodeError``, ``RateLimitedError`` and ``AccessRefusedError``.
    """

    def __init__(self, provider: AsyncBaseProvider, host: str, url: str, clock: Clock) -> None:
        from web3 import AsyncWeb3

        self._provider = provider
        # Without middleware: it refuses the blocks of chains whose headers are longer.
        self._web3 = AsyncWeb3(cast(Any, provider), middleware=[])
        self._host = host
        self._url = url
        self._clock = clock
        self._slots = asyncio.Semaphore(_QUESTIONS_AT_ONCE)

    async def call(self, method: str, *parameters: Any) -> Any:
        """The result as the node wrote it, numbers in hexadecimal."""
        async with self._slots:
            with self.failures(method):
                manager, name = self._web3.manager, cast("RPCEndpoint", method)
                # Not the provider itself: over a websocket, web3 takes an error in answer to a
                # question it has not noted down for the connection's end.
                if self.pushes:
                    return await _cancellable(manager.socket_request(name, parameters))
                return await _cancellable(manager.coro_request(name, parameters))

    async def block(self, which: int | str) -> Header | None:
        """A block by its number, hash or name (``latest``); None when the node has none such."""
        if isinstance(which, int):
            found = await self.call("eth_getBlockByNumber", hex(which), False)
        elif which.startswith("0x"):
            found = await self.call("eth_getBlockByHash", which, False)
        else:
            found = await self.call("eth_getBlockByNumber", which, False)
        return None if found is None else self.header(found)

    async def latest(self) -> Header:
        """The newest block the node knows."""
        found = await self.block("latest")
        if found is None:
            raise NodeError(f"{self._host} has no blocks")
        return found

    async def ask(self, contract: str, data: str) -> str | None:
        """What a contract answers, as hexadecimal bytes; None when it refuses."""
        try:
            answer = await self.call("eth_call", {"to": contract, "data": data}, "latest")
        except NodeAnswerError as error:
            if error.reverted:
                return None
            raise
        return str(answer)

    def header(self, block: Any) -> Header:
        """A block's header out of what the node said of it."""
        try:
            return Header(
                _number(block["number"]),
                _hexadecimal(block["hash"]),
                _hexadecimal(block["parentHash"]),
                _number(block["timestamp"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise NodeError(f"{self._host} sent a block that cannot be read: {error!r}") from None

    @contextlib.contextmanager
    def failures(self, method: str = "the connection") -> Any:
        """What web3 and the libraries below it raise, as this class raises it."""
        try:
            yield
        except (NodeError, RateLimitedError, AccessRefusedError):
            raise
        except Exception as error:
            # ``from None``: the cause would print the URL.
            raise self._failure(method, error) from None

    def _failure(self, method: str, error: Exception) -> Exception:
        answer = getattr(error, "rpc_response", None)
        if isinstance(answer, dict) and answer.get("error"):
            return self._refusal(method, answer["error"])
        status, headers = _http_answer(error)
        if status == 429 or (status == 503 and "retry-after" in headers):
            wait_s = retry_after_s(headers, self._clock.now_ms())
            return RateLimitedError(f"{self._host} asks to wait {wait_s:.0f} s", wait_s)
        if status in (401, 403):
            return AccessRefusedError(
                f"{self._host} refuses access (HTTP {status}): look at MEMEWATCH_EVM_ENDPOINTS"
            )
        if status is not None:
            return NodeError(f"{self._host} answers HTTP {status}")
        if isinstance(error, TimeoutError):
            return NodeError(f"{self._host} does not answer {method} in time")
        said = str(error).replace(self._url, self._host)
        # A URL that was taken apart: its path and its question may be the key.
        parts = urlsplit(self._url)
        for secret in (parts.path.strip("/"), parts.query, parts.password or ""):
            if secret:
                said = said.replace(secret, "…")
        return NodeError(f"{self._host}: {type(error).__name__}: {said}".rstrip(": "))

    def _refusal(self, method: str, error: Any) -> Exception:
        fields = error if isinstance(error, dict) else {"message": error}
        code = fields.get("code")
        text = str(fields.get("message", "")).replace(self._url, self._host)[:300]
        if code == 429 or _TOO_MANY.search(text):
            return RateLimitedError(f"{self._host} asks to wait: {text}", _DEFAULT_WAIT_S)
        if _NO_ACCESS.search(text):
            return AccessRefusedError(
                f"{self._host} refuses access ({text}): look at MEMEWATCH_EVM_ENDPOINTS"
            )
        return NodeAnswerError(
            f"{self._host} answers {method} with error {code}: {text}",
            code if isinstance(code, int) else None,
            text,
        )

    def as_rate_limit(self, error: NodeAnswerError) -> Exception:
        """For a question that cannot be made smaller: some nodes have one code for too large an
        answer and for too many questions.
        """
        if error.code == _LIMIT_EXCEEDED:
            return RateLimitedError(str(error), _DEFAULT_WAIT_S)
        return error

    async def heads(self, silence_s: float, poll_s: float) -> AsyncIterator[Header]:
        """New blocks at the head, for ever; some may be left out when many come at once.

        Raises:
            NodeError: also when none came for ``silence_s``.
        """
        newest = _Newest()
        watching = self._watch_subscription if self.pushes else self._watch_polls
        task = asyncio.create_task(watching(newest, poll_s))
        task.add_done_callback(lambda _: newest.wake())
        try:
            while True:
                try:
                    async with asyncio.timeout(silence_s):
                        header = await newest.get()
                except TimeoutError:
                    raise NodeError(
                        f"{self._host} has had no new block for {silence_s:.0f} s"
                    ) from None
                if header is None:
                    await task
                    raise NodeError(f"{self._host} has closed the connection")
                yield header
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task

    @property
    def pushes(self) -> bool:
        """Whether the node tells of new blocks by itself."""
        return self._provider.has_persistent_connection

    async def _watch_polls(self, newest: _Newest, poll_s: float) -> None:
        last = None
        while True:
            header = await self.latest()
            if header.hash != last:
                last = header.hash
                newest.put(header)
            await self._clock.sleep(poll_s)

    async def _watch_subscription(self, newest: _Newest, poll_s: float) -> None:
        del poll_s
        with self.failures("eth_subscribe"):
            await _cancellable(self._web3.eth.subscribe("newHeads"))
            # What came between the last question and the subscription.
            newest.put(await self.latest())
            # Always emptied at once: while the queue is full web3 hears no answers either.
            async for message in self._web3.socket.process_subscriptions():
                newest.put(self.header(cast(Any, message)["result"]))


class _Newest:
    """Holds the newest block until it is asked for."""

    def __init__(self) -> None:
        self._header: Header | None = None
        self._changed = asyncio.Event()

    def put(self, header: Header) -> None:
        self._header = header
        self._changed.set()

    def wake(self) -> None:
        """Nothing will come any more."""
        self._changed.set()

    async def get(self) -> Header | None:
        """The newest block since the last call; None when nothing will come any more."""
        await self._changed.wait()
        self._changed.clear()
        header, self._header = self._header, None
        return header


@contextlib.asynccontextmanager
async def open_node(url: str, clock: Clock) -> AsyncIterator[Node]:
    """Connect to a node by ``ws(s)://`` or ``http(s)://``; closed on the way out.

    Raises:
        NodeError: nobody answers, or the node says that it is still behind its chain.
    """
    # Imported here: it takes a second, which `memewatch sources` has no use for.
    import aiohttp

    from producers.live.evm.providers import HttpProvider, SocketProvider

    # Its messages hold the URL, and that may hold a key.
    logging.getLogger("web3").setLevel(logging.WARNING)
    host = urlsplit(url).hostname or "the node"
    if url.startswith(("ws://", "wss://")):
        socket = SocketProvider(
            url,
            request_timeout=_ANSWER_DEADLINE_S,
            # The runner tries again, and knows when.
            max_connection_retries=1,
            websocket_kwargs={
                "max_size": _LARGEST_FRAME,
                "ping_interval": 20,
                "ping_timeout": 20,
                "open_timeout": 10,
                "close_timeout": 2,
                "user_agent_header": USER_AGENT,
                "logger": _quiet,
            },
        )
        node = Node(socket, host, url, clock)
        with node.failures():
            await socket.connect()
        try:
            await _refuse_one_that_lags(node, host)
            yield node
        finally:
            with contextlib.suppress(Exception):
                await socket.disconnect()
        return
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=_ANSWER_DEADLINE_S, connect=10),
        headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
        trust_env=True,
    ) as session:
        node = Node(HttpProvider(url, session), host, url, clock)
        await _refuse_one_that_lags(node, host)
        yield node


async def all_of(questions: Iterable[Awaitable[T]]) -> list[T]:
    """The answers, in order; when one fails the others are given up."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


async def _cancellable(asking: Coroutine[Any, Any, T]) -> T:
    """The answer; cancelling always ends it.

    web3 waits by ``asyncio.wait_for``, and before Python 3.12 that forgets a cancellation which
    comes together with the answer: whoever cancelled would wait for ever.
    """
    task = asyncio.create_task(asking)
    # Nobody asks for the outcome of a question that was given up.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
    return task.result()


async def _refuse_one_that_lags(node: Node, host: str) -> None:
    try:
        syncing = await node.call("eth_syncing")
    except NodeAnswerError:
        # Some providers leave the question unanswered; theirs are watched over by themselves.
        return
    if syncing:
        raise NodeError(f"{host} is still catching up with its chain ({json.dumps(syncing)[:200]})")


def _http_answer(error: BaseException) -> tuple[int | None, dict[str, str]]:
    """Status and headers of the answer that an error is about, or of its cause."""
    import aiohttp
    from websockets.exceptions import InvalidStatus

    for one in (error, error.__cause__):
        if isinstance(one, aiohttp.ClientResponseError):
            return one.status, {k.lower(): v for k, v in (one.headers or {}).items()}
        if isinstance(one, InvalidStatus):
            headers = one.response.headers
            return one.response.status_code, {k.lower(): v for k, v in headers.raw_items()}
    return None, {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else int(value, 16)


def _hexadecimal(value: Any) -> str:
    return value.lower() if isinstance(value, str) else "0x" + bytes(value).hex()
