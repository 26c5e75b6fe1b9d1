"""Opaque page cursors: the sort key of the last item, so that pages neither skip nor repeat."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec

from api.errors import InvalidRequestError
from schemas.times import LATEST_MS

#: A key of 1024 characters in base64, and room to spare.
MAXIMUM_LENGTH = 8192


class Position(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """After which item a page begins: its event time in microseconds since 1970, and its key.

    A list that is in no order of time has 0 there.
    """

    kind: str
    time_us: Annotated[int, msgspec.Meta(ge=0, lt=LATEST_MS * 1000)]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


def encode(position: Position) -> str:
    """URL-safe text without padding."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def decode(kind: str, text: str) -> Position:
    """The position ``encode`` was given; raises ``InvalidRequestError`` for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        position = msgspec.json.decode(raw, type=Position)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise InvalidRequestError("cursor: not one this API gave out") from error
    if position.kind != kind or "\x00" in position.key:
        raise foreign()
    return position


def foreign() -> InvalidRequestError:
    """What to raise when a position makes no sense for the list it was given for."""
    return InvalidRequestError("cursor: it belongs to another list")
