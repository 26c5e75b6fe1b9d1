"""Made-up tokens: rugs are sold into quickly by few, benign pools live long and lock liquidity."""

from __future__ import annotations

import random
from collections.abc import Iterator


def made_tokens(count: int, seed: int = 1) -> Iterator[tuple[dict[str, float | None], bool]]:
    """Inputs as the rug model takes them, and whether it was a rug; a tenth are not."""
    chance = random.Random(seed)
    for _ in range(count):
        rug = chance.random() < 0.9
        mints = 1 if rug else chance.randint(1, 6)
        burns = 0 if rug else chance.randint(0, 3)
        purchases = chance.randint(1, 40) if rug else chance.randint(20, 400)
        sales = chance.randint(0, 5) if rug else chance.randint(10, 400)
        weeks = 1 + (chance.expovariate(20.0) if rug else chance.expovariate(0.2))
        total = mints + burns + purchases + sales
        locked = 0.0 if rug or chance.random() < 0.5 else 1.0
        yield (
            {
                "mint_count_per_week": mints / weeks,
                "burn_count_per_week": burns / weeks,
                "mint_ratio": mints / total,
                "burn_ratio": burns / total,
                "mint_mean_period": 0.0 if mints == 1 else chance.random(),
                "swap_mean_period": chance.random(),
                "burn_mean_period": 0.0 if burns == 0 else chance.random(),
                "swap_in_per_week": purchases / weeks,
                "swap_out_per_week": sales / weeks,
                "lp_avg": 100.0,
                "lp_std": 0.0,
                "lp_creator_holding_ratio": 1.0 - locked,
                "lp_lock_ratio": locked + 1e-12,
                "token_burn_ratio": 0.0,
                "token_creator_holding_ratio": chance.random(),
                "number_of_token_creation_of_creator": float(chance.randint(1, 4)),
            },
            rug,
        )
