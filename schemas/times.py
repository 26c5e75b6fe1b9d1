"""Event time on the wire (RFC 3339, UTC, milliseconds, ``Z``) and inside (integer milliseconds)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

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
    return to_ms(datetime.fromisoformat(text))
