from __future__ import annotations

import pytest

from processors.detectors.wording import amount_text, times_text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (15_089_912.0, "15,089,900"),
        (1_000_000.0, "1,000,000"),
        (12_345.678, "12,345.7"),
        (999.5, "999.5"),
        (0.000123456789, "0.000123457"),
        (0.0, "0"),
        (2.5e21, "2,500,000,000,000,000,000,000"),
    ],
)
def test_an_amount_is_written_as_people_do(amount, text):
    assert amount_text(amount) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 times"), (1, "once"), (2, "twice"), (1_200, "1,200 times")]
)
def test_how_often_is_a_word_where_there_is_one(count, text):
    assert times_text(count) == text
