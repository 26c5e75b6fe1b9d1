"""What the payloads of this source hold: logs as the node sent them, and what is needed to read
them without asking anybody.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.events import Confirmation, TokenName
from schemas.times import EARLIEST_MS, LATEST_MS

LOGS = "logs"
FINALITY = "finality"

Version = Literal[2, 3]

# Payloads are read again years later, and may have been damaged: every part is bounded.
Address = Annotated[str, Meta(pattern="^0x[0-9a-f]{40}$")]
Hash = Annotated[str, Meta(pattern="^0x[0-9a-f]{64}$")]
#: A number that fits in 63 bits.
Number = Annotated[str, Meta(pattern="^0x[0-9a-f]{1,15}$")]
Hexadecimal = Annotated[str, Meta(pattern="^0x[0-9a-f]*$")]
Side = Literal[0, 1]
SIDES: tuple[Side, Side] = (0, 1)
Seconds = Annotated[int, Meta(ge=EARLIEST_MS // 1000, lt=LATEST_MS // 1000)]
Milliseconds = Annotated[int, Meta(ge=EARLIEST_MS, lt=LATEST_MS)]
Count = Annotated[int, Meta(ge=0)]
ChainName = Annotated[str, Meta(min_length=1, max_length=64)]


class Coin(Struct, frozen=True):
    """A token's contract as the registry and the chain know it."""

    token: TokenName
    symbol: TokenName
    decimals: Annotated[int, Meta(ge=0, le=255)]


class Pool(Struct, frozen=True, kw_only=True):
    """A pool: its two tokens' addresses, which of them (0 or 1) is what is traded there rather
    than money, and whose events are wanted.
    """

    version: Version
    venue: str
    tokens: tuple[Address, Address]
    base: Side
    sides: tuple[Side, ...]


class Log(Struct, frozen=True, rename="camel"):
    """A log as nodes write it: hexadecimal, small letters."""

    address: Address
    topics: list[Hash]
    data: Hexadecimal
    block_number: Number
    block_hash: Hash
    transaction_hash: Hash
    log_index: Number


class Logs(Struct, frozen=True, kw_only=True):
    """Logs of whole blocks, in their order.

    ``times`` are Unix seconds by block hash; ``senders`` who sent a transaction, by its hash;
    ``shares`` all shares of a V2 pool at a block's end, by ``pool block_hash``.
    """

    chain: ChainName
    confirmation: Confirmation
    #: Those whose transfers are wanted.
    watched: list[Address]
    coins: dict[Address, Coin]
    pools: dict[Address, Pool]
    times: dict[Hash, Seconds]
    senders: dict[Hash, Address]
    shares: dict[str, Count]
    logs: list[msgspec.Raw]


class Subject(Struct, frozen=True, array_like=True):
    """An event whose block was pending."""

    id: Annotated[str, Meta(min_length=1, max_length=420)]
    topic: Literal["ticks", "transfers"]
    token: TokenName
    symbol: TokenName
    event_ms: Milliseconds


class Decision(Struct, frozen=True, kw_only=True):
    """A block decided what became of these events; ``time_s`` is its own time."""

    chain: ChainName
    status: Literal["confirmed", "retracted"]
    number: Annotated[int, Meta(ge=0, lt=1 << 60)]
    hash: Hash
    time_s: Seconds
    events: list[Subject]


encode = msgspec.json.encode
