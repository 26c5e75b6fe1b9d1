"""Event time survives the wire to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import EARLIEST_MS, LATEST_MS, from_ms, parse_rfc3339, rfc3339, to_ms

_any_year = st.integers(
    to_ms(datetime.min.replace(tzinfo=UTC)), to_ms(datetime.max.replace(tzinfo=UTC))
)
_zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(_any_year)
def test_milliseconds_come_back_from_text(milliseconds: int) -> None:
    text = rfc3339(milliseconds)
    assert (len(text), text[-1]) == (24, "Z")
    assert parse_rfc3339(text) == milliseconds
    assert to_ms(from_ms(milliseconds)) == milliseconds


@given(st.lists(_any_year, min_size=2, max_size=5))
def test_text_sorts_as_time_does(times: list[int]) -> None:
    assert sorted(map(rfc3339, times)) == [rfc3339(time) for time in sorted(times)]


@given(st.integers(EARLIEST_MS, LATEST_MS), _zones, st.sampled_from(["auto", "milliseconds"]))
def test_every_zone_names_the_same_moment(
    milliseconds: int, zone: timezone, precision: str
) -> None:
    text = from_ms(milliseconds).astimezone(zone).isoformat(timespec=precision)
    assert parse_rfc3339(text) == milliseconds


@given(st.datetimes(timezones=_zones, min_value=datetime(2009, 1, 1)))
def test_what_is_finer_than_a_millisecond_is_cut_off(moment: datetime) -> None:
    parsed = parse_rfc3339(moment.isoformat(timespec="microseconds"))
    assert timedelta(0) <= moment - from_ms(parsed) < timedelta(milliseconds=1)


@given(st.datetimes())
def test_a_time_without_a_zone_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_ms(moment)
    with pytest.raises(ValueError, match="no time zone"):
        parse_rfc3339(moment.isoformat())


@given(
    st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fullmatch=True)
)
def test_other_text_is_refused_or_read_and_nothing_else(text: str) -> None:
    try:
        milliseconds = parse_rfc3339(text)
    except ValueError:
        return
    assert rfc3339(milliseconds)
