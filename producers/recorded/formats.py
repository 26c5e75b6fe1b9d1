"""Which format a file has, told by its content, never by its name."""

from __future__ import annotations

import msgspec

from producers.recorded.own_shape import OwnShapeParser, topic_of_fields
from producers.recorded.posts import PostParser
from producers.recorded.rows import RowParser
from producers.recorded.trades import REQUIRED_COLUMNS, TradeParser, split_row
from producers.recorded.transfers import TransferParser
from schemas.codec import InvalidRecordError

#: A JSON file may begin with bad rows; after this many lines without a sign it is unknown.
_LINES_TO_LOOK_AT = 50


class FormatFinder:
    """Is shown a file's lines one by one until it knows the parser, or gives up."""

    def __init__(self) -> None:
        self._seen = 0

    def look_at(self, line: bytes) -> RowParser | None:
        """The parser, when this line tells it."""
        self._seen += 1
        if self._seen == 1 and (header := _header(line)) is not None:
            return TradeParser(header)
        return _json_parser(line)

    @property
    def gives_up(self) -> bool:
        return self._seen >= _LINES_TO_LOOK_AT


def _header(line: bytes) -> list[str] | None:
    try:
        names = [name.strip().lower() for name in split_row(line)]
    except InvalidRecordError:
        return None
    return names if set(REQUIRED_COLUMNS) <= set(names) else None


def _json_parser(line: bytes) -> RowParser | None:
    try:
        fields = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(fields, dict):
        return None
    if {"uniqueId", "rawContract"} & fields.keys():
        return TransferParser()
    if {"post_id", "text"} & fields.keys():
        return PostParser()
    topic = topic_of_fields(fields)
    return None if topic is None else OwnShapeParser(topic)
