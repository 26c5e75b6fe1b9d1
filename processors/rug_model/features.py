"""What the rug model looks at, from sixteen numbers about a token and its pool.

The numbers come as rates a week and as shares of all transactions. The plain counts and the
pool's life are in there too: the four rates are to each other as four whole numbers, so the
smallest such numbers are taken for the counts. Everything is brought to about the same scale by
fixed constants (``processors.tuning.rug`` prints what they were rounded from), so that the very
first example is seen as the last one is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

#: The numbers by their names; any may be missing. The share of swaps and the ratio of purchases to
#: sales follow from these.
INPUTS = (
    "mint_count_per_week",
    "burn_count_per_week",
    "mint_ratio",
    "burn_ratio",
    "mint_mean_period",
    "swap_mean_period",
    "burn_mean_period",
    "swap_in_per_week",
    "swap_out_per_week",
    "lp_avg",
    "lp_std",
    "lp_creator_holding_ratio",
    "lp_lock_ratio",
    "token_burn_ratio",
    "token_creator_holding_ratio",
    "number_of_token_creation_of_creator",
)
#: Centre and scale of each derived number.
SCALES: Mapping[str, tuple[float, float]] = {
    "life": (-3.7, 3.0),
    "transactions": (3.6, 1.5),
    "sales": (1.9, 1.8),
    "purchases": (3.2, 1.4),
    "mints": (0.8, 0.55),
    "burns": (0.2, 0.55),
    "purchase_share": (0.76, 0.2),
    "swap_rate": (3.2, 1.1),
    "mint_rate": (-0.15, 0.75),
    "burn_share": (0.3, 1.0),
    "mint_period": (0.04, 0.13),
    "swap_period": (0.3, 0.2),
    "burn_period": (0.08, 0.22),
    "holder_mean": (4.5, 0.4),
    "holder_spread": (0.2, 0.75),
    "creator_liquidity": (0.84, 0.36),
    "locked_liquidity": (0.14, 0.34),
    "locked_magnitude": (-1.1, 0.65),
    "burned_tokens": (0.12, 0.23),
    "creator_tokens": (0.2, 0.4),
    "creator_launches": (0.6, 1.2),
}
#: More mints than this are not tried for; such a pool has no counts.
_MOST_MINTS = 400
_TOLERANCE = 1e-4
_RELATIVE_TOLERANCE = 5e-6
#: The shortest life told apart, in weeks (a minute), and the smallest locked share.
_SHORTEST_LIFE = 1e-4
_SMALLEST_SHARE = 1e-20
#: What is beyond these is no measurement of a pool, and counts as missing.
_LARGEST = 1e12
_SMALLEST_RATE = 1e-12


def derive(inputs: Mapping[str, float | None]) -> dict[str, float]:
    """The derived numbers in about standard units; those whose inputs are missing are left out."""
    given = {
        name: float(value)
        for name in INPUTS
        if (value := inputs.get(name)) is not None and abs(value) <= _LARGEST
    }
    found = _rates(given) | _counts(given) | _shares(given)
    return {
        name: (found[name] - centre) / scale
        for name, (centre, scale) in SCALES.items()
        if name in found
    }


def _rates(given: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    if given.get("mint_count_per_week", 0.0) > 0:
        found["mint_rate"] = math.log(given["mint_count_per_week"])
    if {"swap_in_per_week", "swap_out_per_week"} <= given.keys():
        purchases, sales = given["swap_in_per_week"], given["swap_out_per_week"]
        swaps = max(0.0, purchases + sales)
        found["swap_rate"] = math.log1p(swaps)
        found["purchase_share"] = purchases / swaps if swaps else 0.0
    return found


def _counts(given: Mapping[str, float]) -> dict[str, float]:
    """Numbers of transactions by kind and the pool's life, as far as they can be told."""
    needed = ("mint_count_per_week", "mint_ratio", "swap_in_per_week", "swap_out_per_week")
    if not all(name in given for name in needed) or not (
        given["mint_count_per_week"] > _SMALLEST_RATE < given["mint_ratio"]
    ):
        return {}
    mint_rate = given["mint_count_per_week"]
    burn_share = given.get("burn_ratio", 0.0)
    a_mint = (
        1 / given["mint_ratio"],
        burn_share / given["mint_ratio"],
        given["swap_in_per_week"] / mint_rate,
        given["swap_out_per_week"] / mint_rate,
    )
    mints = _smallest_multiple(a_mint)
    found = {"mints": math.log1p(mints or 0)}
    transactions, burns, purchases, sales = (max(0.0, part * (mints or 1)) for part in a_mint)
    # Rates are over the pool's life and one week more.
    found["life"] = math.log(max((mints or 1) / mint_rate - 1, _SHORTEST_LIFE))
    found["transactions"] = math.log1p(transactions)
    if mints:
        found |= {
            "burns": math.log1p(burns),
            "purchases": math.log1p(purchases),
            "sales": math.log1p(sales),
        }
    return found


def _smallest_multiple(parts: tuple[float, ...]) -> int | None:
    """The smallest whole number that makes all parts whole numbers, up to rounding."""
    for factor in range(1, _MOST_MINTS):
        for part in parts:
            multiple = part * factor
            allowed = max(_TOLERANCE, multiple * _RELATIVE_TOLERANCE)
            if abs(multiple - round(multiple)) > allowed:
                break
        else:
            return factor
    return None


def _shares(given: Mapping[str, float]) -> dict[str, float]:
    """Periods, holders and shares: clipped, and small ones spread out."""
    return {
        name: transform(given[source])
        for name, source, transform in (
            ("burn_share", "burn_ratio", lambda x: math.log1p(max(0.0, x) / 1e-3)),
            ("mint_period", "mint_mean_period", lambda x: math.sqrt(max(0.0, x))),
            ("swap_period", "swap_mean_period", lambda x: x),
            ("burn_period", "burn_mean_period", lambda x: math.sqrt(max(0.0, x))),
            ("holder_mean", "lp_avg", lambda x: math.log(max(0.1, x))),
            ("holder_spread", "lp_std", lambda x: math.log1p(max(0.0, x))),
            ("creator_liquidity", "lp_creator_holding_ratio", lambda x: _clip(x, 0.0, 1.0)),
            ("locked_liquidity", "lp_lock_ratio", lambda x: _clip(x, 0.0, 1.0)),
            # What is always locked is a fixed amount, so its share tells how large the pool is.
            (
                "locked_magnitude",
                "lp_lock_ratio",
                lambda x: math.log10(max(abs(x), _SMALLEST_SHARE)) / 10,
            ),
            ("burned_tokens", "token_burn_ratio", lambda x: _clip(x, 0.0, 1.2)),
            ("creator_tokens", "token_creator_holding_ratio", lambda x: _clip(x, -1.0, 2.0)),
            (
                "creator_launches",
                "number_of_token_creation_of_creator",
                lambda x: math.log(max(1.0, x)),
            ),
        )
        if source in given
    }


def _clip(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))
