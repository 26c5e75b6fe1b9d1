"""From a record's bytes to a table's row: each kind of event has its table, whatever its topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from schemas.alerts import Signal
from schemas.codec import EVENT_DECODERS, decode_signal
from schemas.events import Finality, Liquidity, Post, Profile, Tick, Transfer
from schemas.topics import SIGNALS
from sinks.postgres.values import checked_decimal, decimal, event_moment, json_text, moment

Row = tuple[Any, ...]
#: Where the columns shared by all tables of events stand in a row.
ID, TOKEN, SYMBOL, EVENT_TIME = range(4)
_COMMON = ("id", "token", "symbol", "event_time")

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """A table that is partitioned by the month of ``event_time``, and what fills it.

    ``row`` makes a tuple in the order of ``columns``; the first four are always id, token,
    symbol and event_time. It raises ``InvalidRecordError``.
    """

    name: str
    columns: tuple[str, ...]
    row: Callable[[Any], Row]


def table_row(topic: str, value: bytes) -> tuple[str, Row]:
    """The table a record of the topic belongs to, and its row; raises ``InvalidRecordError``."""
    event = _DECODERS[topic](value)
    table = _TABLE_OF[type(event)]
    return table.name, table.row(event)


def _series(name: str, kind: type[msgspec.Struct], converted: Mapping[str, Convert]) -> SeriesTable:
    """The table of a kind of event: a column for each field, as it is or ``converted``.

    None stays None. A bulk load makes a row of every event, so the fields are fetched in one go.
    """
    others = (field for field in kind.__struct_fields__ if field not in _COMMON)
    columns = (*_COMMON, *others)
    fields = attrgetter(*columns)
    conversions = [(columns.index(field), convert) for field, convert in converted.items()]

    def row(event: Any) -> Row:
        values = list(fields(event))
        values[EVENT_TIME] = event_moment(values[EVENT_TIME])
        for index, convert in conversions:
            value = values[index]
            if value is not None:
                values[index] = convert(value)
        return tuple(values)

    return SeriesTable(name, columns, row)


_TABLE_OF: dict[type, SeriesTable] = {
    Post: _series("posts", Post, {"author_created_at": moment}),
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
        {"created_at": moment, "total_supply": checked_decimal, "holders": json_text},
    ),
    Finality: _series("finality", Finality, {}),
    Signal: _series("signals", Signal, {"values": json_text, "price": decimal, "volume": decimal}),
}
#: By name.
SERIES_TABLES = {table.name: table for table in _TABLE_OF.values()}
#: Tables whose rows say when a token was alive; a decision about an event says nothing of that.
ACTIVITY_TABLES = frozenset(SERIES_TABLES) - {"signals", "finality"}
_DECODERS: dict[str, Callable[[bytes], Any]] = {**EVENT_DECODERS, SIGNALS.name: decode_signal}
