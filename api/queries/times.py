"""Between the database's timestamps and RFC 3339 on the wire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import overload

from schemas.times import EPOCH, rfc3339, to_ms

_MICROSECOND = timedelta(microseconds=1)


@overload
def wire_time(moment: datetime) -> str: ...
@overload
def wire_time(moment: datetime | None) -> str | None: ...
def wire_time(moment: datetime | None) -> str | None:
    """RFC 3339 with milliseconds."""
    return None if moment is None else rfc3339(to_ms(moment))


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch: the database's full precision, for cursors."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The inverse of ``to_us``."""
    return EPOCH + timedelta(microseconds=microseconds)
