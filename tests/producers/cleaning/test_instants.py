"""Moments: one instant however it is written, or a refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import instant_ms
from schemas.times import EARLIEST_MS, LATEST_MS, from_ms, rfc3339

_instants = st.integers(EARLIEST_MS, LATEST_MS - 1)
_zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(_instants, st.integers(0, 999_999))
def test_the_unit_of_a_count_is_told_by_its_size(ms, below):
    assert instant_ms(ms // 1000) == ms // 1000 * 1000
    assert instant_ms(ms) == instant_ms(str(ms)) == ms
    assert instant_ms(ms * 1000 + below // 1000) == ms
    assert instant_ms(ms * 1_000_000 + below) == instant_ms(str(ms * 1_000_000 + below)) == ms


@given(_instants)
def test_fractions_of_seconds_are_exact(ms):
    text = f"{ms // 1000}.{ms % 1000:03}"
    assert instant_ms(text) == instant_ms(Decimal(text)) == instant_ms(float(text)) == ms


@given(_instants, _zones)
def test_a_zone_does_not_change_the_instant(ms, zone):
    local = from_ms(ms).astimezone(zone)
    assert instant_ms(local) == instant_ms(local.isoformat(timespec="milliseconds")) == ms
    assert instant_ms(str(local.isoformat(" ", "milliseconds"))) == ms
    assert instant_ms(format_datetime(local)) == ms // 1000 * 1000


@given(_instants)
def test_what_it_gives_it_takes(ms):
    assert instant_ms(rfc3339(ms)) == instant_ms(rfc3339(ms).lower()) == ms


@given(_instants, _zones)
def test_text_without_a_zone_needs_one(ms, zone):
    naive = from_ms(ms).replace(tzinfo=None)
    for value in (naive, naive.isoformat(), f"{naive:%a, %d %b %Y %H:%M:%S}"):
        with pytest.raises(ValueError, match="no time zone"):
            instant_ms(value)
    try:
        expected = int(naive.replace(tzinfo=zone).timestamp() * 1000)
        assert abs(instant_ms(naive.isoformat(), zone) - expected) <= 1
    except ValueError:
        assert not EARLIEST_MS + 86_400_000 <= ms < LATEST_MS - 86_400_000


@given(
    st.one_of(st.integers(), st.floats(), st.text(st.characters()), st.decimals(), st.datetimes())
)
def test_anything_else_is_refused_or_within_the_bounds(value):
    try:
        ms = instant_ms(value, UTC)
    except ValueError:
        return
    assert EARLIEST_MS <= ms < LATEST_MS


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29T12:30:00Z",
        "2024-02-29t12:30:00z",
        "2024-02-29 12:30:00 UTC",
        "2024-02-29T13:30:00+01:00",
        "2024-02-29T13:30:00+0100",
        "20240229T123000Z",
        "2024-02-29T12:30:00.000000000Z",
        "2024-02-29T12:29:60Z",
        "Thu, 29 Feb 2024 12:30:00 GMT",
        "Thu, 29 Feb 2024 12:30:00 -0000",
        "29 Feb 2024 07:30:00 EST",
        "Thu Feb 29 12:30:00 +0000 2024",
        "1709209800",
        "1709209800.0",
    ],
)
def test_one_moment_in_many_spellings(text):
    assert instant_ms(text) == 1_709_209_800_000


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2024-02-30T00:00:00Z",
        "2024-02-29",
        "Thu, 29 Feb 2024 12:30:00",
        "Thu, 29 Feb 2024 12:30:00 CET",
        "1999-01-01T00:00:00Z",
        "2100-01-01T00:00:00Z",
        "9999-12-31T23:59:60-14:00",
        0,
        -1,
        123,
        10**30,
        pytest.param(10**5000, id="huge"),
        float("nan"),
        float("inf"),
        Decimal("sNaN"),
        True,
        None,
        datetime(2008, 1, 1, tzinfo=UTC),
    ],
)
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(ValueError, match="time"):
        instant_ms(value)
