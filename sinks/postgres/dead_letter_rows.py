"""The rows of dead letters; a row's id says which failure it is, however often it was reported."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from schemas.alerts import DeadLetter
from schemas.codec import decode_dead_letter
from sinks.postgres.lines import bytes_text, line
from sinks.postgres.rows import Row
from sinks.postgres.values import moment

TABLE = "dead_letters"
COLUMNS = (
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


def dead_letter_row(value: bytes) -> Row:
    """The row of a dead letter; raises ``InvalidRecordError``."""
    letter = decode_dead_letter(value)
    return _row(letter, moment(letter.failed_at))


def broken_dead_letter_row(value: bytes, reason: str, failed_at: datetime) -> Row:
    """The row for something in the dead letters' topic that is no dead letter itself."""
    letter = DeadLetter(reason=reason, stage="sink", value=value, failed_at="")
    return _row(letter, failed_at)


def _row(letter: DeadLetter, failed_at: datetime) -> Row:
    place = (letter.stage, letter.reason, letter.topic, letter.partition, letter.offset)
    identity = (*place, letter.file, letter.line, letter.key, letter.value)
    values = (
        hashlib.blake2b(msgspec.json.encode(identity), digest_size=16).hexdigest(),
        _printable(letter.reason),
        _printable(letter.stage),
        letter.topic and _printable(letter.topic),
        letter.partition,
        letter.offset,
        letter.file and _printable(letter.file),
        letter.line,
        letter.key if letter.key is None else bytes_text(letter.key),
        bytes_text(letter.value),
        failed_at.isoformat(),
        letter.schema_version,
    )
    return Row(TABLE, line(values))


def _printable(text: str) -> str:
    """PostgreSQL's text takes every character but NUL; reasons may quote one."""
    return text.replace("\0", "\\u0000")
