"""From the wire's texts to texts that PostgreSQL's columns take.

Every function raises ``InvalidRecordError``. Times are cut to whole milliseconds, prices and
amounts stay as they are, digit for digit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from schemas.codec import InvalidRecordError, non_negative_number
from schemas.times import EARLIEST_MS, LATEST_MS, from_ms


def event_moment(text: str) -> datetime:
    """As ``moment``, within the years that ``schemas.codec.event_time_ms`` takes."""
    time = moment(text)
    if not _EARLIEST <= time < _LATEST:
        raise InvalidRecordError(f"year out of range: {text} - at `$.event_time`")
    return time


def moment(text: str) -> datetime:
    """The UTC time of RFC 3339 text, cut to milliseconds."""
    # Straight from text to datetime: through milliseconds it takes three times as long a row.
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not UTC:
            if time.tzinfo is None:
                raise ValueError("it has no time zone")
            time = time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRecordError(f"not a time: {text!r} ({error})") from error
    surplus = time.microsecond % 1000
    return time.replace(microsecond=time.microsecond - surplus) if surplus else time


def moment_text(text: str) -> str:
    """A time in PostgreSQL's form."""
    return written(text, moment(text))


def written(text: str, time: datetime) -> str:
    """PostgreSQL's form of a ``time`` that was read from ``text``: the text where it is canonical.

    Writing each time anew would take as long as encoding all the rest of a row.
    """
    if len(text) == _CANONICAL_LENGTH and text[7] == "-" and text[10] == "T" and text[19] == ".":
        return text
    return time.isoformat()


def checked_decimal(text: str) -> str:
    """The decimal of a text that the codec has found to be a number."""
    # Python reads the digits of all scripts.
    return text if text.isascii() else str(Decimal(text))


def decimal(text: str) -> str:
    """The decimal of a text that nobody has looked at: finite and not negative."""
    non_negative_number("decimal", text)
    return checked_decimal(text)


def json_text(value: Any) -> str:
    """What a jsonb column takes."""
    return msgspec.json.encode(value).decode()


#: ``2018-08-17T16:00:00.000Z``
_CANONICAL_LENGTH = 24
_EARLIEST, _LATEST = from_ms(EARLIEST_MS), from_ms(LATEST_MS)
