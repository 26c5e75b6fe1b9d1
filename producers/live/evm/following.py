"""Follows one chain: the head, its reorganisations, and what was missed."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from memewatch.clock import Clock
from producers.live.base import Alive, CaughtUp, Heard, Payload
from producers.live.evm.bodies import FINALITY, LOGS, Decision, Subject, encode
from producers.live.evm.contracts import Contracts
from producers.live.evm.decoding import read_logs
from producers.live.evm.node import Header, Node, open_node
from producers.live.evm.reading import BlockReader, VanishedError
from producers.live.evm.times import block_at
from producers.live.evm.window import Base, Window
from producers.source import Rejected
from schemas.events import Event

_log = logging.getLogger(__name__)

#: A gap longer than this beyond the pending blocks is read by ranges instead of block by block.
_LEAP = 16
#: So often a block may vanish under our hands before that is an error.
_VANISHINGS = 5
_VANISHED_WAIT_S = 0.5
_DAY_MS = 86_400_000


class ReorganisedTooDeepError(Exception):
    """What was taken for final is no longer part of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a chain is followed: blocks until one is final, and seconds."""

    confirmations: int
    poll_s: float
    silence_s: float
    most_blocks: int


class ChainFollower:
    """One chain. Cursors are the chain's own, as ``Window`` writes them.

    The trap: what became of a pending event can only be told by its id, so the ids of pending
    blocks are in the cursor. A publisher that is killed after Kafka has a block's events but
    before it has the cursor that names them cannot retract them, should just that block be
    orphaned meanwhile: they stay pending for ever, and pending events teach no model.
    """

    def __init__(self, url: str, contracts: Contracts, pace: Pace, clock: Clock) -> None:
        self.chain = contracts.chain
        self._url = url
        self._contracts = contracts
        self._reader = BlockReader(contracts, pace.most_blocks)
        self._pace = pace
        self._clock = clock

    async def follow(self, cursor: bytes | None) -> AsyncGenerator[Heard, None]:
        """What was missed, ``CaughtUp``, and every new block for ever."""
        async with open_node(self._url, self._clock) as node:
            progress = await self._start(node, cursor, lambda head: self._behind(node, head))
            # Until the head no longer runs away while the gap is being filled.
            while True:
                head = await node.latest()
                async for heard in progress.advance(head):
                    yield heard
                if progress.window.tip.number >= head.number:
                    break
            yield CaughtUp(progress.cursor())
            async for head in node.heads(self._pace.silence_s, self._pace.poll_s):
                async for heard in progress.advance(head):
                    yield heard
                yield Alive(progress.cursor())

    async def catch_up(self, cursor: bytes | None, until_ms: int) -> AsyncGenerator[Heard, None]:
        """One pass up to the head, or to the last block of ``until_ms``."""
        async with open_node(self._url, self._clock) as node:
            head = await node.latest()
            if head.time_s * 1000 > until_ms:
                number = await block_at(node, until_ms // 1000 + 1, head) - 1
                head = await _existing(node, max(number, 0))
            progress = await self._start(
                node, cursor, lambda head: self._one_request_behind(node, head, until_ms)
            )
            async for heard in progress.advance(head):
                yield heard
            yield Alive(progress.cursor())

    async def history(
        self, begin_ms: int, end_ms: int, next_block: int | None
    ) -> AsyncGenerator[tuple[list[bytes], int], None]:
        """Bodies of logs in ``begin_ms <= block time < end_ms`` of final blocks, each time with the
        number of the block to go on at.
        """
        async with open_node(self._url, self._clock) as node:
            head = await node.latest()
            first = next_block
            if first is None:
                first = await block_at(node, -(-begin_ms // 1000), head)
            last = await block_at(node, -(-end_ms // 1000), head) - 1
            last = min(last, head.number - self._pace.confirmations)
            async for until, bodies in self._reader.ranges(node, first, last):
                yield bodies, until + 1

    async def _start(
        self, node: Node, cursor: bytes | None, begin: Callable[[Header], Awaitable[Base]]
    ) -> _Progress:
        if cursor is None:
            base = await begin(await node.latest())
            window = Window(self.chain, base)
        else:
            window, pools = Window.read(self.chain, cursor)
            self._contracts.restore(pools)
        progress = _Progress(node, window, self._contracts, self._reader, self._pace, self._clock)
        await progress.name_events()
        return progress

    async def _behind(self, node: Node, head: Header) -> Base:
        """Where a chain is taken up: so far back that all its pending blocks are known."""
        number = max(head.number - self._pace.confirmations, 0)
        return _base(await _existing(node, number))

    async def _one_request_behind(self, node: Node, head: Header, until_ms: int) -> Base:
        number = max(head.number - self._pace.most_blocks, 0)
        found = await _existing(node, number)
        if found.time_s * 1000 < until_ms - _DAY_MS:
            number = await block_at(node, (until_ms - _DAY_MS) // 1000, head) - 1
            found = await _existing(node, min(max(number, 0), head.number))
        return _base(found)


class _Progress:
    """One connection's way along the chain."""

    def __init__(
        self,
        node: Node,
        window: Window,
        contracts: Contracts,
        reader: BlockReader,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self.window = window
        self._node = node
        self._contracts = contracts
        self._reader = reader
        self._depth = pace.confirmations
        self._clock = clock

    def cursor(self) -> str:
        return self.window.cursor(self._contracts.discovered).decode()

    async def advance(self, head: Header) -> AsyncGenerator[Heard, None]:
        """Everything up to ``head``, which may stand on another branch than what was read."""
        for attempt in range(_VANISHINGS):
            try:
                async for heard in self._advance(head):
                    yield heard
                return
            except VanishedError:
                # The chain has been reorganised meanwhile; its new head says how.
                await self._clock.sleep(_VANISHED_WAIT_S * attempt)
                head = await self._node.latest()
            except ReorganisedTooDeepError:
                async for heard in self._give_up_base(head):
                    yield heard
        raise VanishedError(f"{self._contracts.chain}: blocks vanish again and again")

    async def name_events(self) -> None:
        """Read again what the cursor had no room for."""
        for block in self.window.blocks:
            if block.events is not None:
                continue
            header = Header(block.number, block.hash, "", block.time_s)
            try:
                body = await self._reader.block(self._node, header, "pending")
            except VanishedError:
                _log.warning(
                    "%s: block %d was orphaned and its node has forgotten it: "
                    "what happened in it stays pending",
                    self._contracts.chain,
                    block.number,
                )
                body = None
            block.events = _subjects(self.window, header, body)

    async def _advance(self, head: Header) -> AsyncGenerator[Heard, None]:
        window = self.window
        # A publisher that was killed may have left it at that.
        for heard in self._settle():
            yield heard
        # A node that lags behind one asked before says nothing new.
        if head.number <= window.base.number or head.hash in window.hashes:
            return
        if head.number - window.tip.number > self._depth + _LEAP:
            async for heard in self._leap(head):
                yield heard
        branch = await self._branch(head)
        async for heard in self._retract_after(branch[0].parent, head):
            yield heard
        for header in branch:
            body = await self._reader.block(self._node, header, "pending")
            events = _events(body)
            window.append(header, events)
            if body is None:
                yield Alive(self.cursor())
            else:
                yield self._payload(LOGS, body)
            for heard in self._settle():
                yield heard

    async def _branch(self, head: Header) -> list[Header]:
        """The blocks that follow one we know, up to ``head``, oldest first."""
        known = self.window.hashes
        branch = [head]
        while branch[-1].parent not in known:
            if branch[-1].number <= self.window.base.number + 1:
                raise ReorganisedTooDeepError
            parent = await self._node.block(branch[-1].parent)
            if parent is None:
                raise VanishedError
            branch.append(parent)
        return branch[::-1]

    async def _retract_after(self, last: str, head: Header) -> AsyncGenerator[Heard, None]:
        """The blocks after the one of hash ``last`` are no more; newest first."""
        blocks = self.window.blocks
        while blocks and blocks[-1].hash != last:
            orphan = blocks.pop()
            _log.info("%s: block %d was orphaned", self._contracts.chain, orphan.number)
            for heard in self._decide("retracted", orphan.events or [], head):
                yield heard

    def _settle(self) -> Iterator[Heard]:
        """Confirm the pending blocks that are deep enough by now.

        The block that decides is always the first one high enough, so what is told twice has the
        same id. The window has it, for its blocks follow each other.
        """
        blocks = self.window.blocks
        while len(blocks) > self._depth:
            decisive = blocks[self._depth]
            yield from self._confirm(Header(decisive.number, decisive.hash, "", decisive.time_s))

    def _confirm(self, header: Header) -> Sequence[Heard]:
        """The oldest pending block is final: ``header`` is the first that is high enough above."""
        block = self.window.blocks.popleft()
        self.window.base = Base(block.number, block.hash)
        return self._decide("confirmed", block.events or [], header)

    def _decide(
        self, status: Literal["confirmed", "retracted"], events: list[Subject], header: Header
    ) -> list[Heard]:
        """One payload for all of a block's events: its cursor says that the block is done with."""
        if not events:
            return []
        decision = Decision(
            chain=self._contracts.chain,
            status=status,
            number=header.number,
            hash=header.hash,
            time_s=header.time_s,
            events=events,
        )
        return [self._payload(FINALITY, encode(decision))]

    async def _leap(self, head: Header) -> AsyncGenerator[Heard, None]:
        """Much was missed: decide on the pending blocks, then read by ranges what is final now."""
        window = self.window
        while window.blocks:
            newest = window.blocks[-1]
            if (await self._canonical(newest.number)).hash == newest.hash:
                break
            window.blocks.pop()
            for heard in self._decide("retracted", newest.events or [], head):
                yield heard
        if (
            not window.blocks
            and (await self._canonical(window.base.number)).hash != window.base.hash
        ):
            raise ReorganisedTooDeepError
        while window.blocks:
            decided_by = await self._canonical(window.blocks[0].number + self._depth)
            for heard in self._confirm(decided_by):
                yield heard
        first, last = window.base.number + 1, head.number - self._depth
        async for until, bodies in self._reader.ranges(self._node, first, last):
            reached = await self._canonical(until)
            # All but a range's last payload leave the cursor before the range.
            for body in bodies[:-1]:
                yield self._payload(LOGS, body)
            window.base = _base(reached)
            if bodies:
                yield self._payload(LOGS, bodies[-1])
            else:
                yield Alive(self.cursor())

    async def _give_up_base(self, head: Header) -> AsyncGenerator[Heard, None]:
        """Events that were confirmed stand as they were told; go on some blocks before them."""
        window = self.window
        _log.error(
            "%s: block %d is no longer part of the chain, though %d blocks had followed it: raise "
            "MEMEWATCH_EVM_CONFIRMATIONS for this chain",
            self._contracts.chain,
            window.base.number,
            self._depth,
        )
        while window.blocks:
            for heard in self._decide("retracted", window.blocks.pop().events or [], head):
                yield heard
        number = max(min(window.base.number, head.number) - self._depth, 0)
        window.base = _base(await self._canonical(number))

    async def _canonical(self, number: int) -> Header:
        found = await self._node.block(number)
        if found is None:
            raise VanishedError
        return found

    def _payload(self, kind: str, body: bytes) -> Payload:
        return Payload(body=body, cursor=self.cursor(), kind=kind, received_ms=self._clock.now_ms())


def _events(body: bytes | None) -> list[Event]:
    if body is None:
        return []
    return [event for event in read_logs(body) if not isinstance(event, Rejected)]


def _subjects(window: Window, header: Header, body: bytes | None) -> list[Subject]:
    again = Window(window.chain, window.base)
    again.append(header, _events(body))
    return again.blocks[0].events or []


def _base(header: Header) -> Base:
    return Base(header.number, header.hash)


async def _existing(node: Node, number: int) -> Header:
    found = await node.block(number)
    if found is None:
        raise VanishedError(f"block {number} is not there")
    return found
