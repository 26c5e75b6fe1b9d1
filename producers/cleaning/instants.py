"""Moments as feeds write them, to milliseconds since the epoch."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime

from schemas.times import EARLIEST_MS, LATEST_MS, to_ms

_NUMBER = re.compile(r"[0-9]{9,20}(?:\.[0-9]{1,20})?")
_LEAP_SECOND = re.compile(r"(:[0-5]\d:)60")
#: Seconds, milliseconds, microseconds, nanoseconds: within the bounds no two can be confused,
#: since a thousandfold lies between them and the bounds are less than fourfold apart.
_MS_PER_UNIT = (Decimal(1000), Decimal(1), Decimal("0.001"), Decimal("0.000001"))


def instant_ms(value: int | float | str | Decimal | datetime, zone: tzinfo | None = None) -> int:
    """Milliseconds since the epoch, rounded down, of a moment in 2009..2100.

    Takes counts of seconds, milliseconds, microseconds or nanoseconds (told apart by magnitude,
    also as text), ISO 8601 and RFC 3339, the dates of mails and feeds (RFC 2822), and datetimes.
    ``zone`` is meant where the value names none.

    Raises:
        ValueError: not a moment, outside the bounds, or without a zone when no ``zone`` is given.
    """
    if isinstance(value, datetime):
        return _bounded(_zoned_ms(value, zone), value)
    if isinstance(value, bool):
        raise ValueError(f"not a time: {value}")
    if isinstance(value, int | float | Decimal):
        return _from_count(value)
    if not isinstance(value, str):
        raise ValueError(f"not a time: {value!r:.60}")
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _from_count(Decimal(text))
    return _bounded(_from_text(text, zone), value)


def _from_count(value: int | float | Decimal) -> int:
    if isinstance(value, int) and value.bit_length() > 70:
        raise ValueError("not a time: the number is too large")
    count = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if count.is_finite():
        for ms_per_unit in _MS_PER_UNIT:
            milliseconds = count * ms_per_unit
            if EARLIEST_MS <= milliseconds < LATEST_MS:
                return int(milliseconds)
    raise ValueError(f"not a time between 2009 and 2100 in any unit: {value!r:.60}")


def _from_text(text: str, zone: tzinfo | None) -> int:
    if not text.isascii() or len(text) > 100:
        raise ValueError(f"not a time: {text!r:.60}")
    # No calendar here knows leap seconds; the second after is the same moment.
    leap = timedelta(0)
    if _LEAP_SECOND.search(text):
        text, leap = _LEAP_SECOND.sub(r"\g<1>59", text), timedelta(seconds=1)
    try:
        moment = _moment(text)
        return _zoned_ms(moment + leap, zone)
    except OverflowError:
        raise ValueError(f"not a time between 2009 and 2100: {text!r}") from None


def _moment(text: str) -> datetime:
    iso = text.upper()
    for suffix in (" UTC", " GMT", " Z"):
        if iso.endswith(suffix):
            iso = iso.removesuffix(suffix) + "Z"
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise ValueError(f"not a time: {text!r}") from None
    if moment.tzinfo is None and text.endswith("-0000"):
        # RFC 2822: universal time, of a sender who does not tell where he is.
        return datetime.fromisoformat(moment.isoformat() + "Z")
    return moment


def _zoned_ms(moment: datetime, zone: tzinfo | None) -> int:
    if moment.tzinfo is None:
        if zone is None:
            raise ValueError(f"time {moment.isoformat()} has no time zone")
        moment = moment.replace(tzinfo=zone)
    return to_ms(moment)


def _bounded(milliseconds: int, value: object) -> int:
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        raise ValueError(f"not a time between 2009 and 2100: {str(value)!r:.60}")
    return milliseconds
