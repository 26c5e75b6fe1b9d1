"""What the payloads of this source hold: logs as the node sent them, and what is needed to read
them without asking anybody.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from schemas.events import Confirmation

LOGS = "logs"
FINALITY = "finality"

Version = Literal[2, 3]


class Coin(Struct, frozen=True):
    """A token's contract as the registry and the chain know it."""

    token: str
    symbol: str
    decimals: int


class Pool(Struct, frozen=True, kw_only=True):
    """A pool: its two tokens' addresses, which of them (0 or 1) is what is traded there rather
    than money, and whose events are wanted.
    """

    version: Version
    venue: str
    tokens: tuple[str, str]
    base: int
    sides: tuple[int, ...]


class Log(Struct, frozen=True, rename="camel"):
    """A log as nodes write it: hexadecimal, small letters."""

    address: str
    topics: list[str]
    data: str
    block_number: str
    block_hash: str
    transaction_hash: str
    log_index: str


class Logs(Struct, frozen=True, kw_only=True):
    """Logs of whole blocks, in their order.

    ``times`` are Unix seconds by block hash; ``senders`` who sent a transaction, by its hash;
    ``shares`` all shares of a V2 pool at a block's end, by ``pool block_hash``.
    """

    chain: str
    confirmation: Confirmation
    #: Those whose transfers are wanted.
    watched: list[str]
    coins: dict[str, Coin]
    pools: dict[str, Pool]
    times: dict[str, int]
    senders: dict[str, str]
    shares: dict[str, int]
    logs: list[msgspec.Raw]


class Subject(Struct, frozen=True, array_like=True):
    """An event whose block was pending."""

    id: str
    topic: Literal["ticks", "transfers"]
    token: str
    symbol: str
    event_ms: int


class Decision(Struct, frozen=True, kw_only=True):
    """A block decided what became of these events; ``time_s`` is its own time."""

    chain: str
    status: Literal["confirmed", "retracted"]
    number: int
    hash: str
    time_s: int
    events: list[Subject]


encode = msgspec.json.encode
