"""What producers publish: posts, ticks and what happens on chains, and the control records.

Every event is an immutable msgspec struct. ``event_time`` is RFC 3339 on the wire; prices and
amounts are decimal strings, so no digit a venue sent is lost.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

SCHEMA_VERSION = 1

Identifier = Annotated[str, Meta(min_length=1, max_length=512)]
TokenName = Annotated[str, Meta(min_length=1, max_length=256)]
Timestamp = Annotated[
    str,
    Meta(
        min_length=20,
        max_length=35,
        extra_json_schema={"format": "date-time"},
        description="RFC 3339, UTC, milliseconds",
    ),
]
DecimalText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        extra_json_schema={"pattern": r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"},
        description="a non-negative decimal number as a string",
    ),
]
Origin = Literal["live", "backfill"]
#: A chain's head may be reorganised; what is ``pending`` is confirmed or retracted later.
Confirmation = Literal["pending", "confirmed"]
BlockNumber = Annotated[int, Meta(ge=0)]
LogIndex = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
#: A post of less ``confidence`` is stored, but no mention: a common word that is a ticker too, or
#: a ticker that three tokens have.
COUNTED_CONFIDENCE = 0.4


class Post(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One social post as it concerns one token; a post that names three tokens is three records.

    ``id`` is ``source:post_id:token``. ``group`` is where it was said (a subreddit, a channel, a
    host). ``confidence`` says how surely the text means this token: a ticker is ambiguous.
    ``repost_of`` is the source's own id of the post that is repeated.
    """

    id: Identifier
    token: TokenName
    symbol: TokenName
    event_time: Timestamp
    source: Identifier
    post_id: Identifier
    author: Identifier
    text: Annotated[str, Meta(max_length=20_000)]
    author_created_at: Timestamp | None = None
    author_followers: Annotated[int, Meta(ge=0)] | None = None
    language: str | None = None
    urls: list[str] = []
    cashtags: list[str] = []
    contracts: list[str] = []
    group: str | None = None
    repost: bool = False
    repost_of: str | None = None
    confidence: Share = 1.0
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


class Tick(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One trade (with amount and taker side), one quote of a token's price, or one candle.

    ``price`` is in ``quote`` units for one token, ``amount`` in tokens. A candle's ``price`` is its
    close, ``amount`` its volume, and its event time the end of its ``interval_ms``: the moment it
    could be known. A swap on a chain is a trade; its ``contract`` is the pool.
    """

    id: Identifier
    token: TokenName
    symbol: TokenName
    event_time: Timestamp
    source: Identifier
    price: DecimalText
    amount: DecimalText | None = None
    kind: Literal["trade", "quote", "candle"] = "trade"
    side: Literal["buy", "sell"] | None = None
    venue: str | None = None
    quote: str | None = None
    trade_id: str | None = None
    buyer: str | None = None
    seller: str | None = None
    open: DecimalText | None = None
    high: DecimalText | None = None
    low: DecimalText | None = None
    interval_ms: Annotated[int, Meta(gt=0)] | None = None
    chain: str | None = None
    contract: str | None = None
    transaction: str | None = None
    log_index: LogIndex | None = None
    block_number: BlockNumber | None = None
    block_hash: str | None = None
    confirmation: Confirmation = "confirmed"
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


class Transfer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One ERC-20 transfer; ``amount`` is in whole tokens."""

    id: Identifier
    token: TokenName
    symbol: TokenName
    event_time: Timestamp
    source: Identifier
    chain: Identifier
    contract: str
    transaction: Identifier
    log_index: LogIndex
    from_address: Identifier
    to_address: Identifier
    amount: DecimalText
    block_number: BlockNumber | None = None
    block_hash: str | None = None
    confirmation: Confirmation = "confirmed"
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


class Liquidity(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="liquidity"
):
    """What happened to a token's pool: it was made, fed, drained, or its shares moved.

    ``added`` and ``removed`` carry the amounts that went in or out and ``liquidity``, the pool's
    own shares that were minted or burned for them; ``reserves`` what the pool holds after a change;
    ``shares_moved`` a transfer of ``liquidity`` between two holders (to a lock, or to nobody).
    Amounts are in whole tokens and whole units of ``quote``; shares in whole shares.
    """

    id: Identifier
    token: TokenName
    symbol: TokenName
    event_time: Timestamp
    source: Identifier
    chain: Identifier
    pool: Identifier
    transaction: Identifier
    log_index: LogIndex
    action: Literal["pool_created", "added", "removed", "reserves", "shares_moved"]
    quote: str | None = None
    token_amount: DecimalText | None = None
    quote_amount: DecimalText | None = None
    liquidity: DecimalText | None = None
    #: All shares there are after this, where the source knows it.
    total_liquidity: DecimalText | None = None
    #: Who acted: the sender of the transaction, or the holder whose shares moved.
    from_address: str | None = None
    to_address: str | None = None
    block_number: BlockNumber | None = None
    block_hash: str | None = None
    confirmation: Confirmation = "confirmed"
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


class Holder(Struct, frozen=True, kw_only=True):
    """One address and what it holds, in whole tokens."""

    address: Identifier
    amount: DecimalText


class Profile(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="profile"
):
    """What is known of a token's contract at a moment: who made it, its source, who holds it."""

    id: Identifier
    token: TokenName
    symbol: TokenName
    event_time: Timestamp
    source: Identifier
    chain: Identifier
    contract: Identifier
    creator: str | None = None
    creation_transaction: str | None = None
    created_at: Timestamp | None = None
    source_verified: bool | None = None
    total_supply: DecimalText | None = None
    holders: list[Holder] = []
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


class Finality(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="finality"
):
    """What became of a ``pending`` chain event, in the topic and under the key of that event.

    ``of`` is its id. ``retracted``: the block it stood in is no longer part of the chain. The
    event time is that of the block which decided it, so it is never older than the event.
    """

    id: Identifier
    token: TokenName
    symbol: TokenName
    event_time: Timestamp
    source: Identifier
    chain: Identifier
    topic: Literal["ticks", "transfers"]
    of: Identifier
    status: Literal["confirmed", "retracted"]
    block_number: BlockNumber | None = None
    block_hash: str | None = None
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


Event = Post | Tick | Transfer | Liquidity | Profile | Finality


class Control(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A session's own record in an event topic: its opening, a watermark, or its closing.

    Control records have no key; events always have one. ``watermark`` says: nothing of this
    writer with an older event time will follow in this session.
    """

    control: Literal["open", "watermark", "close"]
    session: Identifier
    writer: Identifier
    watermark: Timestamp
    schema_version: int = SCHEMA_VERSION
