"""Blocks of one chain as payload bodies: logs, and all that is needed to read them later."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import msgspec

from producers.live.evm import abi
from producers.live.evm.bodies import Log, Logs, encode
from producers.live.evm.contracts import Contracts
from producers.live.evm.decoding import created_pool
from producers.live.evm.node import Header, Node, NodeAnswerError, NodeError, all_of
from schemas.events import Confirmation

_log = logging.getLogger(__name__)

#: Nodes refuse to look at many addresses at once; how many differs.
_ADDRESSES_AT_ONCE = 500
#: A payload ends with the block that brings it to so many logs.
_LOGS_IN_PAYLOAD = 500
#: Topics of logs that a person's transaction stands behind.
_ACTED = frozenset(
    {
        abi.SWAP_V2,
        abi.SWAP_V3,
        abi.SWAP_V3_FEES,
        abi.MINT_V2,
        abi.MINT_V3,
        abi.BURN_V2,
        abi.BURN_V3,
    }
)
_CREATED = frozenset({abi.PAIR_CREATED, abi.POOL_CREATED})


class VanishedError(Exception):
    """A block that was there is not known any more: the chain has been reorganised meanwhile."""


class BlockReader:
    """Reads the wanted logs of single blocks, and of ranges of blocks too old to change."""

    def __init__(self, contracts: Contracts, most_blocks: int) -> None:
        """``most_blocks`` is the largest range asked for at once; it shrinks when refused."""
        self._contracts = contracts
        self._most_blocks = most_blocks
        self._range = most_blocks
        self._addresses_at_once = _ADDRESSES_AT_ONCE

    async def block(self, node: Node, header: Header, confirmation: Confirmation) -> bytes | None:
        """The body of one block's payload, None when nothing wanted happened in it.

        Raises:
            VanishedError: the node does not know the block any more.
        """
        await self._contracts.refresh(node)
        where = {"blockHash": header.hash}
        try:
            logs = await self._wanted(node, where)
        except NodeAnswerError as error:
            if "unknown block" in error.text.lower() or "not found" in error.text.lower():
                raise VanishedError from None
            raise node.as_rate_limit(error) from None
        return await self._body(node, logs, confirmation, {header.hash: header.time_s})

    async def ranges(
        self, node: Node, first: int, last: int
    ) -> AsyncGenerator[tuple[int, list[bytes]], None]:
        """Payload bodies of all blocks from ``first`` to ``last``, a range at a time, each with the
        number of its last block.
        """
        while first <= last:
            await self._contracts.refresh(node)
            until = min(last, first + self._range - 1)
            where = {"fromBlock": hex(first), "toBlock": hex(until)}
            try:
                logs = await self._wanted(node, where)
            except NodeAnswerError as error:
                # Too much for one answer, whatever this node calls it.
                if until == first:
                    raise node.as_rate_limit(error) from None
                self._ask_for_less(first, until)
                continue
            except NodeError:
                # It may have been so much that the connection broke: the next one asks for less.
                self._ask_for_less(first, until)
                raise
            bodies = []
            for part in _parts(logs):
                body = await self._body(node, part, "confirmed", {})
                if body is not None:
                    bodies.append(body)
            yield until, bodies
            first = until + 1
            # Slowly: a node that refuses by number would refuse every other question.
            self._range = min(self._most_blocks, self._range + self._range // 4 + 1)

    def _ask_for_less(self, first: int, until: int) -> None:
        self._range = max(1, (until - first + 1) // 2)
        _log.info("%s: asking for %d blocks at once", self._contracts.chain, self._range)

    async def _wanted(self, node: Node, where: dict[str, str]) -> list[tuple[Log, msgspec.Raw]]:
        """The logs that become events, in their order; pools made on the way included."""
        contracts = self._contracts
        logs = await self._logs(node, where, contracts.addresses)
        while new := contracts.discover(log for log, _ in logs):
            logs += await self._logs(node, where, new)
        distinct = {(log.block_hash, log.log_index): (log, raw) for log, raw in logs}
        wanted = [(log, raw) for log, raw in distinct.values() if contracts.wants(log)]
        return sorted(
            wanted, key=lambda pair: (int(pair[0].block_number, 16), int(pair[0].log_index, 16))
        )

    async def _logs(
        self, node: Node, where: dict[str, str], addresses: list[str]
    ) -> list[tuple[Log, msgspec.Raw]]:
        logs = []
        left = addresses
        while left:
            some = left[: self._addresses_at_once]
            question = {**where, "address": some, "topics": [list(abi.TOPICS)]}
            try:
                found = await node.call("eth_getLogs", question)
            except NodeAnswerError as error:
                if "addresses" not in error.text.lower() or len(some) == 1:
                    raise
                self._addresses_at_once = len(some) // 2
                continue
            left = left[len(some) :]
            if found is None:
                # Not even an empty list: this node does not know the block.
                raise VanishedError
            for one in found:
                # ``removed``: the node tells of a log of a block it has just left.
                if not one.get("removed"):
                    # Some nodes write addresses in capitals too.
                    raw = msgspec.Raw(msgspec.json.encode(_lowered(one)))
                    logs.append((_log_of(raw), raw))
        return logs

    async def _body(
        self,
        node: Node,
        logs: list[tuple[Log, msgspec.Raw]],
        confirmation: Confirmation,
        times: dict[str, int],
    ) -> bytes | None:
        if not logs:
            return None
        contracts = self._contracts
        plain = [log for log, _ in logs]
        coins = await contracts.coins(node, plain)
        pools = {
            address: pool
            for log in plain
            for address in _pools_of(log)
            if (pool := contracts.pools.get(address)) is not None
        }
        return encode(
            Logs(
                chain=contracts.chain,
                confirmation=confirmation,
                watched=[address for address in contracts.watched if address in coins],
                coins=coins,
                pools=pools,
                times=times or await self._times(node, plain),
                senders=await self._senders(node, plain),
                shares=await self._shares(node, plain),
                logs=[raw for _, raw in logs],
            )
        )

    async def _times(self, node: Node, logs: list[Log]) -> dict[str, int]:
        hashes = list(dict.fromkeys(log.block_hash for log in logs))
        headers = await all_of(node.block(block_hash) for block_hash in hashes)
        if any(header is None for header in headers):
            raise VanishedError
        return {header.hash: header.time_s for header in headers if header is not None}

    async def _senders(self, node: Node, logs: list[Log]) -> dict[str, str]:
        """Who sent the transactions in which somebody traded, or fed or drained a pool."""
        acted = (log.transaction_hash for log in logs if log.topics[0] in _ACTED | _CREATED)
        transactions = list(dict.fromkeys(acted))
        found = await all_of(
            node.call("eth_getTransactionByHash", transaction) for transaction in transactions
        )
        return {
            transaction: str(one["from"]).lower()
            for transaction, one in zip(transactions, found, strict=True)
            if one is not None and one.get("from")
        }

    async def _shares(self, node: Node, logs: list[Log]) -> dict[str, int]:
        """All shares of the V2 pools whose shares moved, at the end of the block they moved in.

        A node that has forgotten how things stood then leaves them out.
        """
        moved = dict.fromkeys(
            (log.address, log.block_hash)
            for log in logs
            if log.topics[0] == abi.TRANSFER
            and (pool := self._contracts.pools.get(log.address)) is not None
            and pool.version == 2
        )
        answers = await all_of(_supply(node, pool, block) for pool, block in moved)
        return {
            f"{pool} {block}": supply
            for (pool, block), supply in zip(moved, answers, strict=True)
            if supply is not None
        }


async def _supply(node: Node, pool: str, block_hash: str) -> int | None:
    call = {"to": pool, "data": abi.TOTAL_SUPPLY}
    try:
        answer = await node.call("eth_call", call, {"blockHash": block_hash})
        return int(answer, 16)
    except (NodeAnswerError, ValueError, TypeError):
        return None


def _lowered(log: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [str(topic).lower() for topic in value]
        if isinstance(value, list)
        else value.lower()
        if isinstance(value, str)
        else value
        for name, value in log.items()
    }


def _log_of(raw: msgspec.Raw) -> Log:
    try:
        return msgspec.json.decode(raw, type=Log)
    except msgspec.MsgspecError as error:
        raise NodeError(f"the node sent a log that cannot be read: {error}") from None


def _pools_of(log: Log) -> Iterable[str]:
    yield log.address
    if log.topics[0] in _CREATED:
        yield created_pool(log)


def _parts(logs: list[tuple[Log, msgspec.Raw]]) -> Iterable[list[tuple[Log, msgspec.Raw]]]:
    """The logs in payloads of whole blocks."""
    part: list[tuple[Log, msgspec.Raw]] = []
    for pair in logs:
        if len(part) >= _LOGS_IN_PAYLOAD and pair[0].block_hash != part[-1][0].block_hash:
            yield part
            part = []
        part.append(pair)
    if part:
        yield part
