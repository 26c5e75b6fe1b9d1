"""Rows as lines of COPY's CSV format, written by the JSON encoder.

Handing a driver Python values costs more than decoding the event did: each becomes PostgreSQL's
binary form by itself. JSON's encoder writes a whole row in one call, and what it writes is CSV
with ``\\`` as the escape and ``null`` unquoted, but for the brackets, and for characters that JSON
escapes by name. Rows with such characters are rare and written value by value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

#: What ``asyncpg.Connection.copy_to_table`` must be told about these lines.
COPY_OPTIONS: dict[str, Any] = {
    "format": "csv",
    "delimiter": ",",
    "null": "null",
    "quote": '"',
    "escape": "\\",
    "encoding": "utf8",
}

_encode = msgspec.json.Encoder().encode


def line(values: Sequence[object]) -> bytes:
    """The line, without its end, of texts, numbers, booleans and None."""
    encoded = _encode(values)[1:-1]
    return encoded if b"\\" not in encoded else b",".join(map(_field, values))


def array_text(items: Sequence[str]) -> str:
    """The literal of an array of texts."""
    return "{" + ",".join(map(_quoted, items)) + "}"


def bytes_text(value: bytes) -> str:
    """The literal of bytes."""
    return "\\x" + value.hex()


def _field(value: object) -> bytes:
    return _quoted(value).encode() if isinstance(value, str) else _encode(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
