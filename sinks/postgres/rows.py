"""From a record's bytes to a table's line: each kind of event has its table, whatever its topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import astuple

from schemas.alerts import Signal
from schemas.codec import EVENT_DECODERS, decode_signal
from schemas.events import Finality, Liquidity, Post, Profile, Tick, Transfer
from schemas.topics import SIGNALS
from sinks.postgres.lines import array_text, line
from sinks.postgres.values import (
    checked_decimal,
    decimal,
    event_moment,
    json_text,
    moment_text,
    written,
)

Convert = Callable[[Any], Any]


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row of the named table: its line for COPY, and what the sink itself looks at.

    Only rows of events and signals have a token, a symbol and an event time.
    """

    table: str
    line: bytes
    token: str = ""
    symbol: str = ""
    event_time: datetime = datetime.min  # of rows that have none


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """A table that is partitioned by the month of ``event_time``, and what fills it.

    The lines of its rows have the values of ``columns``. ``row`` raises ``InvalidRecordError``.
    """

    name: str
    columns: tuple[str, ...]
    row: Callable[[Any], Row]


def table_row(topic: str, value: bytes) -> Row:
    """The row of a record of the topic; raises ``InvalidRecordError``."""
    event = _DECODERS[topic](value)
    return _TABLE_OF[type(event)].row(event)


def _series(name: str, kind: type[msgspec.Struct], converted: Mapping[str, Convert]) -> SeriesTable:
    """The table of a kind of event: a column for each field, as it is or ``converted``.

    None stays None. A bulk load makes a row of every event, so the fields are fetched in one go.
    """
    columns = kind.__struct_fields__
    time_index = columns.index("event_time")
    conversions = [(columns.index(field), convert) for field, convert in converted.items()]

    def row(event: Any) -> Row:
        values = list(astuple(event))
        time = event_moment(event.event_time)
        values[time_index] = written(event.event_time, time)
        for index, convert in conversions:
            if (value := values[index]) is not None:
                values[index] = convert(value)
        return Row(name, line(values), event.token, event.symbol, time)

    return SeriesTable(name, columns, row)


_TABLE_OF: dict[type, SeriesTable] = {
    Post: _series(
        "posts",
        Post,
        {
            "author_created_at": moment_text,
            "urls": array_text,
            "cashtags": array_text,
            "contracts": array_text,
        },
    ),
    Tick: _series(
        "ticks",
        Tick,
        {
            "price": checked_decimal,
            "amount": checked_decimal,
            "open": decimal,
            "high": decimal,
            "low": decimal,
        },
    ),
    Transfer: _series("transfers", Transfer, {"amount": checked_decimal}),
    Liquidity: _series(
        "liquidity",
        Liquidity,
        {
            "token_amount": checked_decimal,
            "quote_amount": checked_decimal,
            "liquidity": checked_decimal,
            "total_liquidity": checked_decimal,
        },
    ),
    Profile: _series(
        "profiles",
        Profile,
        {"created_at": moment_text, "total_supply": checked_decimal, "holders": json_text},
    ),
    Finality: _series("finality", Finality, {}),
    Signal: _series("signals", Signal, {"values": json_text, "price": decimal, "volume": decimal}),
}
#: By name.
SERIES_TABLES = {table.name: table for table in _TABLE_OF.values()}
#: Tables whose rows say when a token was alive; a decision about an event says nothing of that.
ACTIVITY_TABLES = frozenset(SERIES_TABLES) - {"signals", "finality"}
_DECODERS: dict[str, Callable[[bytes], Any]] = {**EVENT_DECODERS, SIGNALS.name: decode_signal}
