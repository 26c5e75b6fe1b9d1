"""Counts and life of a pool come back out of rates and shares."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.rug_model.features import INPUTS, SCALES, derive
from tests.processors.rug_model.made_tokens import made_tokens


def plain(inputs: dict[str, float | None]) -> dict[str, float]:
    """The derived numbers before they were brought to scale."""
    return {
        name: value * SCALES[name][1] + SCALES[name][0] for name, value in derive(inputs).items()
    }


def test_counts_and_life_are_told_from_rates_and_shares() -> None:
    weeks, mints, burns, purchases, sales = 2.5, 3, 2, 40, 25
    total = mints + burns + purchases + sales
    found = plain(
        {
            "mint_count_per_week": round(mints / weeks, 9),
            "mint_ratio": round(mints / total, 9),
            "burn_ratio": round(burns / total, 9),
            "swap_in_per_week": round(purchases / weeks, 9),
            "swap_out_per_week": round(sales / weeks, 9),
        }
    )
    assert found["mints"] == pytest.approx(math.log1p(3), abs=1e-6)
    assert found["burns"] == pytest.approx(math.log1p(2), abs=1e-6)
    assert found["purchases"] == pytest.approx(math.log1p(40), abs=1e-6)
    assert found["sales"] == pytest.approx(math.log1p(25), abs=1e-6)
    assert found["transactions"] == pytest.approx(math.log1p(70), abs=1e-6)
    assert found["life"] == pytest.approx(math.log(1.5), abs=1e-6)


def test_rates_that_are_no_counts_leave_the_counts_out() -> None:
    found = plain(
        {
            "mint_count_per_week": 1.0,
            "mint_ratio": 0.1,
            "swap_in_per_week": math.pi,
            "swap_out_per_week": math.e,
        }
    )
    assert "sales" not in found
    assert found["swap_rate"] == pytest.approx(math.log1p(math.pi + math.e))


def test_everything_missing_is_nothing_known() -> None:
    assert derive({}) == {}
    assert derive(dict.fromkeys(INPUTS)) == {}
    assert derive({"lp_avg": float("nan"), "unknown": 1.0}) == {}


def test_shares_too_small_for_a_ratio_leave_the_counts_out() -> None:
    rates = {"mint_count_per_week": 1.0, "swap_in_per_week": 0.0, "swap_out_per_week": 0.0}
    found = derive(rates | {"mint_ratio": 1e-200, "burn_ratio": 1e200})
    assert "mints" not in found
    assert derive({"burn_ratio": 1e305, "lp_avg": float("inf")}) == {}


def test_a_whole_token_has_every_number() -> None:
    for inputs, _ in made_tokens(20):
        assert list(derive(inputs)) == list(SCALES)


numbers = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(INPUTS, numbers)))
def test_any_numbers_give_finite_ones(inputs: dict[str, float | None]) -> None:
    assert all(math.isfinite(value) for value in derive(inputs).values())
