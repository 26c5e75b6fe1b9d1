"""From bytes to rows: the same times and the same refusals as the codec's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import InvalidRecordError
from schemas.times import EARLIEST_MS, LATEST_MS, from_ms, parse_rfc3339, rfc3339
from sinks.postgres.rows import dead_letter_row, event_moment, moment, signal_row, tick_row
from tests.sinks.stage import signal, tick

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


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
    for record, row in ((tick(1, price=price), tick_row), (signal(1, price=price), signal_row)):
        with pytest.raises(InvalidRecordError):
            row(record[2])


def test_a_dead_letter_is_the_same_however_often_it_is_reported() -> None:
    def letter(offset: int, failed_at: str) -> bytes:
        return (
            b'{"reason":"r","stage":"worker","value":"AAE=","topic":"ticks","partition":1,'
            b'"offset":%d,"failed_at":"%s"}' % (offset, failed_at.encode())
        )

    first = dead_letter_row(letter(1, "2018-08-17T16:00:00.000Z"))
    assert first[0] == dead_letter_row(letter(1, "2018-08-17T17:00:00.000Z"))[0]
    assert first[0] != dead_letter_row(letter(2, "2018-08-17T16:00:00.000Z"))[0]
    assert first[9] == b"\x00\x01"
