"""What a source's server said, as it came: kept for a better parser to read history again."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.events import SCHEMA_VERSION, Identifier, Timestamp


class RawPayload(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer, frame or page. ``body`` is zlib-compressed (RFC 1950), base64 in JSON.

    ``kind`` is the source's own name for what this is, so that its parser knows how to read it.
    """

    source: Identifier
    kind: Identifier
    received_at: Timestamp
    body: Annotated[bytes, Meta(max_length=4_000_000)]
    encoding: Literal["zlib"] = "zlib"
    schema_version: int = SCHEMA_VERSION
