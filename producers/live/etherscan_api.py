"""Etherscan's API v2: one key for many chains, and refusals that come as ordinary answers."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from memewatch.clock import Clock
from producers.live.base import AccessRefusedError, RateLimitedError
from producers.live.http import HttpClient, UnreadableAnswerError

#: Chains by the ids that Etherscan takes; the names are those of the registry.
CHAIN_IDS = {
    "ethereum": 1,
    "optimism": 10,
    "bsc": 56,
    "polygon": 137,
    "base": 8453,
    "arbitrum": 42161,
    "avalanche": 43114,
}
_SECOND_WAIT_S = 2.0
_DAY_WAIT_S = 3_600.0
_NOTHING = re.compile(r"no (records|transactions|data|logs) found", re.I)


class NotIncludedError(Exception):
    """The key's plan does not include this question, or this chain."""


class NodeRefusalError(UnreadableAnswerError):
    """The node behind Etherscan answered with an error, as for a contract that refuses a call."""


class EtherscanApi:
    """Asks one question after the other, no faster than the key may.

    Raises, whatever is asked: ``RateLimitedError``, ``AccessRefusedError``, ``NotIncludedError``,
    ``UnreadableAnswerError`` and what ``HttpClient`` raises. The key is in none of them.
    """

    def __init__(
        self, client: HttpClient, url: str, key: str, calls_per_s: float, clock: Clock
    ) -> None:
        self._client = client
        self._url = url
        self._key = key
        self._pace_ms = math.ceil(1000 / calls_per_s)
        self._clock = clock
        self._next_ms = 0

    async def ask(self, chain: str, module: str, action: str, **parameters: str | int) -> Any:
        """The ``result`` of an answer; an empty list where there is nothing."""
        now_ms = self._clock.now_ms()
        if now_ms < self._next_ms:
            await self._clock.sleep((self._next_ms - now_ms) / 1000)
        answer = await self._client.get(
            self._url,
            params={
                "chainid": CHAIN_IDS[chain],
                "module": module,
                "action": action,
                **parameters,
                "apikey": self._key,
            },
        )
        self._next_ms = self._clock.now_ms() + self._pace_ms
        try:
            said = msgspec.json.decode(answer.body, type=dict[str, Any])
        except msgspec.MsgspecError:
            raise UnreadableAnswerError(
                f"the answer to {module}/{action} is no JSON object", answer.body
            ) from None
        return self._result(f"{module}/{action}", said, answer.body)

    async def block_at(self, chain: str, time_s: int, closest: str) -> int:
        """The number of the block ``before`` or ``after`` a moment that has passed."""
        found = await self.ask(
            chain, "block", "getblocknobytime", timestamp=time_s, closest=closest
        )
        try:
            return int(found)
        except (TypeError, ValueError):
            raise UnreadableAnswerError(
                f"no block number: {found!r}", msgspec.json.encode(found)
            ) from None

    async def head(self, chain: str) -> int:
        """The number of the newest block."""
        found = await self.ask(chain, "proxy", "eth_blockNumber")
        try:
            return int(found, 16)
        except (TypeError, ValueError):
            raise UnreadableAnswerError(
                f"no block number: {found!r}", msgspec.json.encode(found)
            ) from None

    def _result(self, question: str, said: dict[str, Any], body: bytes) -> Any:
        result = said.get("result")
        # What is passed on to a node is answered in its own form.
        if "jsonrpc" in said:
            if "error" in said:
                raise NodeRefusalError(f"{question}: {said['error']}"[:300], body)
            return result
        if said.get("status") == "1":
            return result
        text = f"{said.get('message', '')} {result if isinstance(result, str) else ''}"
        text = text.replace(self._key, "…")[:300].strip()
        lowered = text.lower()
        if "rate limit" in lowered:
            wait_s = _DAY_WAIT_S if "daily" in lowered or "day" in lowered else _SECOND_WAIT_S
            raise RateLimitedError(f"Etherscan asks to wait: {text}", wait_s)
        if "api key" in lowered:
            raise AccessRefusedError(
                f"Etherscan refuses access ({text}): look at MEMEWATCH_ETHERSCAN_API_KEY"
            )
        if (
            "api pro" in lowered
            or "upgrade" in lowered
            or "not supported for this chain" in lowered
        ):
            raise NotIncludedError(f"{question}: {text}")
        if _NOTHING.search(text):
            return []
        raise UnreadableAnswerError(f"{question}: {text}", body)
