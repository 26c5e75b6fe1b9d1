"""From a record's bytes to a table's row: one function a topic, columns beside it.

Every function raises ``InvalidRecordError``. Times become datetimes cut to whole milliseconds,
prices and amounts become decimals, digit for digit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from schemas.alerts import DeadLetter
from schemas.codec import (
    InvalidRecordError,
    decode_dead_letter,
    decode_post,
    decode_signal,
    decode_tick,
    decode_transfer,
    non_negative_number,
)
from schemas.times import EARLIEST_MS, LATEST_MS, from_ms
from schemas.topics import POSTS, SIGNALS, TICKS, TRANSFERS

Row = tuple[Any, ...]
#: Where the columns shared by all tables of events stand in a row.
ID, TOKEN, SYMBOL, EVENT_TIME = range(4)


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """A table that is partitioned by the month of ``event_time``, and what fills it.

    ``row`` makes a tuple in the order of ``columns``; the first four are always id, token,
    symbol and event_time.
    """

    name: str
    columns: tuple[str, ...]
    row: Callable[[bytes], Row]


def post_row(value: bytes) -> Row:
    post = decode_post(value)
    return (
        post.id,
        post.token,
        post.symbol,
        event_moment(post.event_time),
        post.source,
        post.post_id,
        post.author,
        None if post.author_created_at is None else moment(post.author_created_at),
        post.author_followers,
        post.language,
        post.text,
        post.urls,
        post.repost,
        post.origin,
        post.schema_version,
    )


def tick_row(value: bytes) -> Row:
    tick = decode_tick(value)
    return (
        tick.id,
        tick.token,
        tick.symbol,
        event_moment(tick.event_time),
        tick.source,
        Decimal(tick.price),
        None if tick.amount is None else Decimal(tick.amount),
        tick.kind,
        tick.side,
        tick.venue,
        tick.quote,
        tick.trade_id,
        tick.buyer,
        tick.seller,
        tick.origin,
        tick.schema_version,
    )


def transfer_row(value: bytes) -> Row:
    transfer = decode_transfer(value)
    return (
        transfer.id,
        transfer.token,
        transfer.symbol,
        event_moment(transfer.event_time),
        transfer.source,
        transfer.chain,
        transfer.contract,
        transfer.transaction,
        transfer.log_index,
        transfer.from_address,
        transfer.to_address,
        Decimal(transfer.amount),
        transfer.block_number,
        transfer.block_hash,
        transfer.origin,
        transfer.schema_version,
    )


def signal_row(value: bytes) -> Row:
    signal = decode_signal(value)
    return (
        signal.id,
        signal.token,
        signal.symbol,
        event_moment(signal.event_time),
        signal.kind,
        signal.window_ms,
        msgspec.json.encode(signal.values).decode(),
        _decimal("price", signal.price),
        _decimal("volume", signal.volume),
        signal.schema_version,
    )


def dead_letter_row(value: bytes) -> Row:
    """The row of a dead letter; its id says which failure it is, however often it was reported."""
    letter = decode_dead_letter(value)
    return _dead_letter_row(letter, moment(letter.failed_at))


def broken_dead_letter_row(value: bytes, reason: str, failed_at: datetime) -> Row:
    """The row for something in the dead letters' topic that is no dead letter itself."""
    letter = DeadLetter(reason=reason, stage="sink", value=value, failed_at="")
    return _dead_letter_row(letter, failed_at)


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


def _decimal(name: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    non_negative_number(name, text)
    return Decimal(text)


def _dead_letter_row(letter: DeadLetter, failed_at: datetime) -> Row:
    place = (letter.stage, letter.reason, letter.topic, letter.partition, letter.offset)
    identity = (*place, letter.file, letter.line, letter.key, letter.value)
    return (
        hashlib.blake2b(msgspec.json.encode(identity), digest_size=16).hexdigest(),
        _printable(letter.reason),
        _printable(letter.stage),
        letter.topic and _printable(letter.topic),
        letter.partition,
        letter.offset,
        letter.file and _printable(letter.file),
        letter.line,
        letter.key,
        letter.value,
        failed_at,
        letter.schema_version,
    )


def _printable(text: str) -> str:
    """PostgreSQL's text takes every character but NUL; reasons may quote one."""
    return text.replace("\0", "\\u0000")


def _refusing_bad_decimals(row: Callable[[bytes], Row]) -> Callable[[bytes], Row]:
    def refuse(value: bytes) -> Row:
        try:
            return row(value)
        except InvalidOperation as error:
            raise InvalidRecordError(f"not a decimal number in {value[:200]!r}") from error

    return refuse


_EARLIEST, _LATEST = from_ms(EARLIEST_MS), from_ms(LATEST_MS)

DEAD_LETTER_COLUMNS = (
    "id",
    "reason",
    "stage",
    "topic",
    "partition",
    "offset",
    "file",
    "line",
    "key",
    "value",
    "failed_at",
    "schema_version",
)
_COMMON = ("id", "token", "symbol", "event_time")
SERIES_TABLES = {
    table.name: table
    for table in (
        SeriesTable(
            POSTS.name,
            (
                *_COMMON,
                "source",
                "post_id",
                "author",
                "author_created_at",
                "author_followers",
                "language",
                "text",
                "urls",
                "repost",
                "origin",
                "schema_version",
            ),
            post_row,
        ),
        SeriesTable(
            TICKS.name,
            (
                *_COMMON,
                "source",
                "price",
                "amount",
                "kind",
                "side",
                "venue",
                "quote",
                "trade_id",
                "buyer",
                "seller",
                "origin",
                "schema_version",
            ),
            tick_row,
        ),
        SeriesTable(
            TRANSFERS.name,
            (
                *_COMMON,
                "source",
                "chain",
                "contract",
                "transaction",
                "log_index",
                "from_address",
                "to_address",
                "amount",
                "block_number",
                "block_hash",
                "origin",
                "schema_version",
            ),
            transfer_row,
        ),
        SeriesTable(
            SIGNALS.name,
            (
                *_COMMON,
                "kind",
                "window_ms",
                "values",
                "price",
                "volume",
                "schema_version",
            ),
            signal_row,
        ),
    )
}
