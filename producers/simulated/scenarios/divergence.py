"""Posts and price going opposite ways: insiders sell into bought hype, or buy into bought fear."""

from __future__ import annotations

import math

from producers.simulated.plan import Crowd, Mood, Moods, Path, Plan, Remark
from producers.simulated.scenarios.stage import (
    MINUTE_MS,
    Stage,
    orders_within,
    remarks_within,
    steady,
)
from producers.simulated.strength import Bounds, draw

#: A token's twenty minutes usually move by 0.6 to 1.7 % (one deviation).
_CHANGE: Bounds = {"weak": (0.03, 0.055), "medium": (0.055, 0.1), "strong": (0.1, 0.22)}
_FACTOR: Bounds = {"weak": (2.0, 3.0), "medium": (2.6, 4.0), "strong": (3.5, 6.0)}
_CROWDS: tuple[tuple[Crowd, float], ...] = (("young", 0.4), ("usual", 0.6))


def sentiment_price_divergence(stage: Stage) -> Plan:
    """For a quarter of an hour or longer, strong feelings one way and a steady price the other."""
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + MINUTE_MS
    hype = chance.chance(0.7)
    minutes = chance.between(13, 24)
    ends = onset + int(minutes * MINUTE_MS)
    size = draw(chance, stage.strength, _CHANGE)
    change = math.log1p(-size) if hype else math.log1p(size)
    factor = draw(chance, stage.strength, _FACTOR)
    per_minute = max(1.2, factor * stage.usual_posts(onset))
    purity = chance.between(0.75, 0.92)
    strong: Mood = "ecstatic" if hype else "furious"
    mild: Mood = "glad" if hype else "worried"
    moods: Moods = ((strong, purity), (mild, (1 - purity) * 0.7), ("neutral", (1 - purity) * 0.3))
    remarks: list[Remark] = []
    for crowd, part in _CROWDS:
        count = chance.poisson(per_minute * minutes * part)
        remarks += remarks_within(chance, onset, ends, count, moods, crowd)
    intensity = chance.between(0.6, 2.5)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="sentiment_price_divergence",
            also=("sentiment_spike", "mention_burst", "shilling"),
            numbers={
                "change": -size if hype else size,
                "factor": factor,
                "posts": float(len(remarks)),
                "purity": purity,
                "duration_s": minutes * 60,
                "sign": 1.0 if hype else -1.0,
            },
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        orders=orders_within(
            chance,
            onset,
            ends,
            chance.poisson(profile.trades * minutes * intensity),
            stage.usual_volume(onset) * minutes * intensity,
            buy_share=0.3 if hype else 0.7,
        ),
        remarks=remarks,
        price=Path(steady(chance, onset, ends, change)),
        buy_share=0.42 if hype else 0.58,
    )
