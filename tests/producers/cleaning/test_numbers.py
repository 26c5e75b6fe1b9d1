"""Numbers: the digits that were sent, or a refusal."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.cleaning import decimal_text

_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")
_numbers = st.decimals(
    min_value=0, max_value=Decimal("1e30"), allow_nan=False, allow_infinity=False, places=18
)


@given(_numbers)
def test_no_digit_is_lost(number):
    assert Decimal(decimal_text(number)) == number
    assert decimal_text(f"{number:e}") == decimal_text(str(number)) == f"{number:f}"


@given(st.one_of(_numbers, st.integers(0, 10**60), st.floats(0, 1e60), st.text(), st.floats()))
def test_the_result_is_plain_and_stays_itself(value):
    try:
        text = decimal_text(value)
    except ValueError:
        return
    assert _PLAIN.fullmatch(text)
    assert len(text) <= 100
    assert decimal_text(text) == text


@given(st.floats(min_value=1e-60, max_value=1e50))
def test_a_float_is_its_shortest_spelling(value):
    assert float(decimal_text(value)) == value
    assert Decimal(decimal_text(value)) == Decimal(repr(value))


@given(st.integers(0, 10**30), st.sampled_from(",'’_ \u00a0\u202f"), st.sampled_from(["", ".50"]))
def test_thousands_may_be_set_apart(number, mark, fraction):
    assert decimal_text(f"{number:,}".replace(",", mark) + fraction) == f"{number}{fraction}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1e-18", "0.000000000000000001"),
        ("1.500", "1.500"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+7", "7"),
        ("007", "7"),
        ("-0.0", "0.0"),
        (" 1 ", "1"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        ("2.5E+3", "2500"),
        ("1.234.567,89", "1234567.89"),
        ("1.234,5", "1234.5"),
        (10**99, "1" + "0" * 99),
    ],
)
def test_spellings(value, text):
    assert decimal_text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc",
        "1,2",
        "1,2345",
        "0,123",
        "1_0",
        "1,000'000",
        "-1",
        -0.5,
        "nan",
        "sNaN",
        "inf",
        float("nan"),
        float("inf"),
        True,
        None,
        "1e100",
        "1e-100",
        "1e999999999",
        "0e999999999",
        10**100,
        pytest.param(10**10_000, id="huge"),
        "9" * 1000,
        "$5",
        "5k",
    ],
)
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(ValueError, match=r"number"):
        decimal_text(value)
