"""Event time on the wire (RFC 3339, UTC, milliseconds, ``Z``) and inside (integer milliseconds)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: ``2018-08-17T16:00:00.000Z``
_CANONICAL_LENGTH = 24

#: Events outside these bounds are refused: they would create storage for years nobody lived in.
EARLIEST_MS = 1_230_768_000_000  # 2009-01-01, the first Bitcoin block's month
LATEST_MS = 4_102_444_800_000  # 2100-01-01


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch; naive datetimes are refused with ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError(f"time {moment.isoformat()} has no time zone")
    return (moment - EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The UTC datetime of an integer count of milliseconds since the epoch."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def rfc3339(milliseconds: int) -> str:
    """``2018-08-17T16:00:00.000Z`` for an integer count of milliseconds since the epoch."""
    return from_ms(milliseconds).isoformat(timespec="milliseconds")[:23] + "Z"


def parse_rfc3339(text: str) -> int:
    """Milliseconds since the epoch; raises ``ValueError`` without a time zone or when malformed."""
    if len(text) == _CANONICAL_LENGTH and text[-1] == "Z" and text[19] == ".":
        digits = text[20:23]
        if digits.isdecimal() and digits.isascii():
            return _whole_second(text[:19]) + int(digits)
    return to_ms(datetime.fromisoformat(text))


@lru_cache(maxsize=4096)
def _whole_second(text: str) -> int:
    # Events of one second share its text, and parsing it is a tenth of an event's whole cost.
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))
