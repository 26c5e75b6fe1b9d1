"""What producers publish: posts, ticks and transfers, and the control records between them.

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


class Post(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One social post as it concerns one token; a post that names three tokens is three records.

    ``id`` is ``source:post_id:token``.
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
    repost: bool = False
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


class Tick(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One trade (``kind="trade"``, with amount and taker side) or one quote of a token's price.

    ``price`` is in ``quote`` units for one token, ``amount`` in tokens.
    """

    id: Identifier
    token: TokenName
    symbol: TokenName
    event_time: Timestamp
    source: Identifier
    price: DecimalText
    amount: DecimalText | None = None
    kind: Literal["trade", "quote"] = "trade"
    side: Literal["buy", "sell"] | None = None
    venue: str | None = None
    quote: str | None = None
    trade_id: str | None = None
    buyer: str | None = None
    seller: str | None = None
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
    log_index: Annotated[int, Meta(ge=0)]
    from_address: Identifier
    to_address: Identifier
    amount: DecimalText
    block_number: Annotated[int, Meta(ge=0)] | None = None
    block_hash: str | None = None
    origin: Origin = "live"
    schema_version: int = SCHEMA_VERSION


Event = Post | Tick | Transfer


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
