"""How far a chain has been read: the last block that is final, and the pending ones after it.

A reorganisation can only be told to readers by the ids of the events that are no more, and a node
forgets the block they stood in. So the cursor itself holds the pending blocks' events.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from producers.live.evm.bodies import Subject
from producers.live.evm.decoding import log_id
from producers.live.evm.node import Header
from schemas.codec import event_time_ms, topic_of
from schemas.events import Event
from schemas.topics import TICKS, TRANSFERS

#: A cursor names at most this many pending events of a chain (some 100 kB), the newest blocks'
#: first: those are what a reorganisation takes. The others are read again from the node.
MOST_NAMED = 1_000


class Block(Struct):
    """A pending block. ``events`` is None where the cursor had no room for them."""

    number: int
    hash: str
    time_s: int
    events: list[Subject] | None


class Base(Struct, frozen=True, array_like=True):
    """A block that is final, all its events told and decided on."""

    number: int
    hash: str


class _Written(Struct, array_like=True):
    """A pending block as the cursor has it. ``events`` are [transaction, log, topic, token, suffix]
    with the places of transaction and token in their lists.
    """

    number: int
    hash: str
    time_s: int
    transactions: list[str] = []
    events: list[tuple[int, int, int, int, bool]] | None = []


class _Cursor(Struct, omit_defaults=True):
    base: Base
    pending: list[_Written] = []
    #: The tokens of the pending events: name and symbol.
    tokens: list[tuple[str, str]] = []
    #: Pools that were found, for a pair of unusual tokens can be found at its creation only.
    pools: list[str] = []


_TOPICS = (TICKS.name, TRANSFERS.name)


class Window:
    """The pending blocks of one chain, oldest first, on top of a final one."""

    def __init__(self, chain: str, base: Base, blocks: Iterable[Block] = ()) -> None:
        self.chain = chain
        self.base = base
        self.blocks = deque(blocks)

    @property
    def tip(self) -> Base:
        """The newest block that was read."""
        if self.blocks:
            return Base(self.blocks[-1].number, self.blocks[-1].hash)
        return self.base

    @property
    def hashes(self) -> set[str]:
        return {self.base.hash, *(block.hash for block in self.blocks)}

    def append(self, header: Header, events: Iterable[Event]) -> None:
        """A block follows the tip."""
        subjects = [
            Subject(event.id, topic_of(event), event.token, event.symbol, event_time_ms(event))  # type: ignore[arg-type]
            for event in events
        ]
        self.blocks.append(Block(header.number, header.hash, header.time_s, subjects))

    def cursor(self, pools: Sequence[str]) -> bytes:
        """JSON to go on from here in another process."""
        tokens: dict[tuple[str, str], int] = {}
        written: deque[_Written] = deque()
        room = MOST_NAMED
        for block in reversed(self.blocks):
            room -= len(block.events or ())
            written.appendleft(_write(block, tokens, keep=room >= 0))
        return msgspec.json.encode(_Cursor(self.base, list(written), list(tokens), list(pools)))

    @classmethod
    def read(cls, chain: str, cursor: bytes | msgspec.Raw) -> tuple[Window, list[str]]:
        """The window and the pools of a cursor. Raises ``msgspec.MsgspecError``."""
        read = msgspec.json.decode(cursor, type=_Cursor)
        blocks = [_read(chain, block, read.tokens) for block in read.pending]
        return cls(chain, read.base, blocks), read.pools


def _write(block: Block, tokens: dict[tuple[str, str], int], *, keep: bool) -> _Written:
    if block.events is None or not keep:
        return _Written(block.number, block.hash, block.time_s, [], None)
    transactions: dict[str, int] = {}
    events = []
    for event in block.events:
        _, _, transaction, log_index, *suffix = _parts(event, block.hash)
        events.append(
            (
                transactions.setdefault(transaction, len(transactions)),
                int(log_index),
                _TOPICS.index(event.topic),
                tokens.setdefault((event.token, event.symbol), len(tokens)),
                bool(suffix),
            )
        )
    return _Written(block.number, block.hash, block.time_s, list(transactions), events)


def _read(chain: str, block: _Written, tokens: list[tuple[str, str]]) -> Block:
    if block.events is None:
        return Block(block.number, block.hash, block.time_s, None)
    events = []
    for transaction, log_index, topic, place, suffixed in block.events:
        token, symbol = tokens[place]
        identity = log_id(chain, block.hash, block.transactions[transaction], log_index)
        identity = f"{identity}:{token}" if suffixed else identity
        events.append(
            Subject(identity, _TOPICS[topic], token, symbol, block.time_s * 1000)  # type: ignore[arg-type]
        )
    return Block(block.number, block.hash, block.time_s, events)


def _parts(event: Subject, block_hash: str) -> list[str]:
    """Chain, block, transaction, index of the log, and the token where it is part of the id."""
    chain, _, rest = event.id.partition(f":{block_hash}:")
    return [chain, block_hash, *rest.split(":", 2)]
