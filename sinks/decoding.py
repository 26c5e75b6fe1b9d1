"""From bytes to what a sink stores, for every topic it reads."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from memewatch.clock import Clock
from schemas.alerts import Alert
from schemas.codec import (
    EVENT_DECODERS,
    InvalidRecordError,
    decode_alert,
    decode_verdict,
    event_time_ms,
)
from schemas.times import from_ms, parse_rfc3339, rfc3339
from schemas.topics import ALERTS, DEAD_LETTERS, VERDICTS
from schemas.verdicts import Verdict
from sinks.base import Undecodable
from sinks.postgres.dead_letter_rows import broken_dead_letter_row, dead_letter_row
from sinks.postgres.rows import table_row

#: (topic without namespace, key, value) to ``Record.content``; raises nothing.
Decoder = Callable[[str, bytes | None, bytes | None], object]


def decoder(clock: Clock) -> Decoder:
    """The decoder of all topics; the clock only dates what is broken among the dead letters."""

    def decode(topic: str, key: bytes | None, value: bytes | None) -> object:
        if key is None and topic in EVENT_DECODERS:
            return None  # a session's control record
        value = value or b""
        try:
            if topic == ALERTS.name:
                return alert_content(value)
            if topic == VERDICTS.name:
                return verdict_content(value)
            if topic == DEAD_LETTERS.name:
                return dead_letter_row(value)
            return table_row(topic, value)
        except InvalidRecordError as error:
            if topic == DEAD_LETTERS.name:
                # Not sent round again: it would come back for ever.
                reason = f"not a dead letter: {error}"
                return broken_dead_letter_row(value, reason, from_ms(clock.now_ms()))
            return Undecodable(str(error), dead_letter=not _refused_by_processors(topic, value))

    return decode


def alert_content(value: bytes) -> Alert:
    """The alert with all its times in one form: UTC, milliseconds, ``Z``."""
    alert = decode_alert(value)
    return replace(
        alert,
        event_time=_canonical(alert.event_time),
        onset_estimate=_canonical(alert.onset_estimate),
        ended_at=None if alert.ended_at is None else _canonical(alert.ended_at),
        detected_at=_canonical(alert.detected_at),
    )


def verdict_content(value: bytes) -> Verdict:
    """The verdict with its time as alerts have theirs."""
    verdict = decode_verdict(value)
    return replace(verdict, given_at=_canonical(verdict.given_at))


def _canonical(text: str) -> str:
    try:
        return rfc3339(parse_rfc3339(text))
    except (ValueError, OverflowError) as error:
        raise InvalidRecordError(f"not a time: {text!r} ({error})") from error


def _refused_by_processors(topic: str, value: bytes) -> bool:
    """Whether the event is no event for them either; then they dead-letter it."""
    decode = EVENT_DECODERS.get(topic)
    if decode is None:
        return False
    try:
        event_time_ms(decode(value))
    except InvalidRecordError:
        return True
    return False
