"""From bytes to rows: the same times and the same refusals as the codec's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import EVENT_DECODERS, InvalidRecordError, encode, topic_of
from schemas.times import EARLIEST_MS, LATEST_MS, from_ms, parse_rfc3339, rfc3339
from sinks.postgres.dead_letter_rows import dead_letter_row
from sinks.postgres.lines import line
from sinks.postgres.rows import SERIES_TABLES, table_row
from sinks.postgres.values import event_moment, moment
from tests.schemas.strategies import FINALITIES, LIQUIDITY, POSTS, PROFILES, TICKS, TRANSFERS, Event
from tests.sinks.stage import candle, signal, tick

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


def fields_of(text: bytes) -> list[str | None]:
    """The fields of a line as PostgreSQL's manual says that CSV is read."""
    fields: list[str | None] = []
    rest = text.decode()
    while True:
        if rest.startswith('"'):
            field, at = "", 1
            while rest[at] != '"':
                at += rest[at] == "\\" and rest[at + 1] in '"\\'
                field += rest[at]
                at += 1
            fields.append(field)
            rest = rest[at + 1 :]
        else:
            field = rest.partition(",")[0]
            fields.append(None if field == "null" else field)
            rest = rest[len(field) :]
        if not rest:
            return fields
        assert rest[0] == ","
        rest = rest[1:]


@given(st.one_of(POSTS, TICKS, TRANSFERS, LIQUIDITY, PROFILES, FINALITIES))
def test_what_the_codec_takes_becomes_a_row_of_its_kind(event: Event) -> None:
    value = encode(event)
    try:
        EVENT_DECODERS[topic_of(event)](value)
    except InvalidRecordError:
        return
    row = table_row(topic_of(event), value)
    assert row.table.startswith(type(event).__name__.lower())
    assert (row.token, row.symbol) == (event.token, event.symbol)
    assert row.event_time == from_ms(parse_rfc3339(event.event_time))
    stored = dict(zip(SERIES_TABLES[row.table].columns, fields_of(row.line), strict=True))
    for field in event.__struct_fields__:
        sent = getattr(event, field)
        if sent is None:
            assert stored[field] is None
        elif isinstance(sent, str):
            assert stored[field] == sent
        elif isinstance(sent, bool | int | float):
            assert stored[field] == json.dumps(sent)


@given(st.lists(st.none() | st.text() | st.integers(), min_size=1))
def test_a_line_holds_what_went_into_it(values: list[str | int | None]) -> None:
    assert fields_of(line(values)) == [None if v is None else str(v) for v in values]


@given(
    st.datetimes(datetime(2009, 1, 2), datetime(2099, 12, 30), timezones=_OFFSETS),
    st.sampled_from(["auto", "milliseconds", "microseconds"]),
)
def test_a_time_is_the_same_whichever_way_it_is_read(time: datetime, form: str) -> None:
    text = time.isoformat(timespec=form)
    assert moment(text) == from_ms(parse_rfc3339(text))
    assert moment(text).tzinfo is UTC


def test_times_end_where_the_codecs_end() -> None:
    assert event_moment(rfc3339(EARLIEST_MS)) == from_ms(EARLIEST_MS)
    for outside in (EARLIEST_MS - 1, LATEST_MS):
        with pytest.raises(InvalidRecordError, match="year out of range"):
            event_moment(rfc3339(outside))


@pytest.mark.parametrize("text", ["2018-08-17T16:00:00", "soon", "9999-12-31T23:59:59-05:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecordError, match="not a time"):
        moment(text)


@pytest.mark.parametrize("price", ["NaN", "-1", "Infinity", "1_0", "free"])
def test_what_is_no_price_is_refused(price: str) -> None:
    for topic, _, value in (tick(1, price=price), candle(1, high=price), signal(1, price=price)):
        with pytest.raises(InvalidRecordError):
            table_row(topic, value)


def test_a_dead_letter_is_the_same_however_often_it_is_reported() -> None:
    def letter(offset: int, failed_at: str) -> bytes:
        return (
            b'{"reason":"r","stage":"worker","value":"AAE=","topic":"ticks","partition":1,'
            b'"offset":%d,"failed_at":"%s"}' % (offset, failed_at.encode())
        )

    first = dead_letter_row(letter(1, "2018-08-17T16:00:00.000Z"))
    again = dead_letter_row(letter(1, "2018-08-17T17:00:00.000Z"))
    other = dead_letter_row(letter(2, "2018-08-17T16:00:00.000Z"))
    assert fields_of(first.line)[0] == fields_of(again.line)[0] != fields_of(other.line)[0]
    assert fields_of(first.line)[9] == "\\x0001"
