"""From the wire's texts to what PostgreSQL's columns take.

Every function raises ``InvalidRecordError``. Times become datetimes cut to whole milliseconds,
prices and amounts become decimals, digit for digit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
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


def checked_decimal(text: str) -> Decimal:
    """The decimal of a text that the codec has found to be a number."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise InvalidRecordError(f"not a decimal number: {text!r}") from error


def decimal(text: str) -> Decimal:
    """The decimal of a text that nobody has looked at: finite and not negative."""
    non_negative_number("decimal", text)
    return checked_decimal(text)


def json_text(value: Any) -> str:
    """What a jsonb column takes."""
    return msgspec.json.encode(value).decode()


_EARLIEST, _LATEST = from_ms(EARLIEST_MS), from_ms(LATEST_MS)
