"""Bursts of posts: of strong feeling, bought or genuine, and the viral post that is neither.

Factors over the token's own rate of posts. An ordinary five minutes rarely exceed three times the
rate, so *weak* begins at five.
"""

from __future__ import annotations

from producers.simulated.moods import near_copy, pitch
from producers.simulated.plan import Crowd, Mood, Moods, Path, Plan, Remark
from producers.simulated.scenarios.stage import (
    MINUTE_MS,
    SECOND_MS,
    Stage,
    invite,
    orders_within,
    remarks_within,
)
from producers.simulated.strength import Bounds, draw

_FACTOR: Bounds = {"weak": (5, 8), "medium": (8, 16), "strong": (16, 45)}
#: A burst has at least this many posts, or nobody would call it one.
_LEAST = {"weak": 14, "medium": 24, "strong": 45}
_MOST = 420


def sentiment_burst(stage: Stage) -> Plan:
    """Many strongly positive or strongly negative posts at once; genuine half of the time.

    Genuine ones come from the usual crowd and accounts of standing, false ones from young accounts
    with texts of their own.
    """
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    genuine, positive = chance.chance(0.5), chance.chance(0.55)
    minutes = chance.between(3, 7)
    factor = draw(chance, stage.strength, _FACTOR)
    count = _count(stage, onset, factor, minutes)
    ends = onset + int(minutes * MINUTE_MS)
    purity = chance.between(0.72, 0.95)
    strong: Mood = "ecstatic" if positive else "furious"
    mild: Mood = "glad" if positive else "worried"
    moods: Moods = ((strong, purity), (mild, (1 - purity) * 0.6), ("neutral", (1 - purity) * 0.4))
    crowds: tuple[Crowd, ...] = ("usual", "usual", "old") if genuine else ("young", "usual")
    remarks: list[Remark] = []
    for crowd in crowds:
        part = count // len(crowds)
        remarks += remarks_within(chance, onset, ends, part, moods, crowd, skew=1.25)
    # Feelings go with the price a little, so they do not contradict it.
    change = chance.between(0.0, 0.025) * (1 if positive else -1)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="sentiment_spike",
            also=("mention_burst", "shilling") if not genuine else ("mention_burst",),
            honest=genuine,
            numbers={
                "factor": factor,
                "posts": float(count),
                "duration_s": minutes * 60,
                "purity": purity,
                "sign": 1.0 if positive else -1.0,
            },
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        remarks=remarks,
        price=Path([(onset, 0.0), (ends, change)]),
        trading=Path([(onset, 0.0), (ends, 0.5), (ends + 3 * MINUTE_MS, 0.0)]),
        buy_share=0.55 if positive else 0.45,
    )


def shilling_wave(stage: Stage) -> Plan:
    """Near-copies of one pitch by young accounts, in step, with invite links."""
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    minutes = chance.between(3, 7)
    factor = draw(chance, stage.strength, _FACTOR)
    count = _count(stage, onset, factor, minutes)
    ends = onset + int(minutes * MINUTE_MS)
    disguise = chance.between(0.2, 0.95)
    texts = [pitch(chance, stage.profile.symbol) for _ in range(chance.whole(1, 3))]
    links = [invite(chance) for _ in range(chance.whole(1, 2))]
    remarks = [
        Remark(
            onset + int((ends - onset) * chance.random() ** 1.2),
            "ecstatic",
            "young" if chance.chance(0.85) else "usual",
            near_copy(chance, chance.pick(texts), disguise),
            chance.pick(links) if chance.chance(0.8) else None,
            repost=chance.chance(0.1),
        )
        for _ in range(count)
    ]
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="shilling",
            further=("sentiment_spike",),
            also=("mention_burst",),
            numbers={
                "factor": factor,
                "posts": float(count),
                "duration_s": minutes * 60,
                "disguise": disguise,
            },
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        remarks=remarks,
        price=Path([(onset, 0.0), (ends, chance.between(0.0, 0.02))]),
    )


def viral_post(stage: Stage) -> Plan:
    """A post everybody talks about: many distinct people of all ages, mixed and mild feelings."""
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    minutes = chance.between(4, 9)
    factor = draw(chance, stage.strength, _FACTOR) * 1.2
    count = _count(stage, onset, factor, minutes)
    ends = onset + int(minutes * MINUTE_MS)
    moods: Moods = (
        ("neutral", 4.2),
        ("glad", 2.6),
        ("worried", 1.8),
        ("ecstatic", 0.7),
        ("furious", 0.7),
    )
    remarks = remarks_within(chance, onset, ends, count - count // 4, moods, "usual", skew=1.4)
    remarks += remarks_within(chance, onset, ends, count // 4, moods, "old", skew=1.4)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            also=("mention_burst",),
            numbers={"factor": factor, "posts": float(count), "duration_s": minutes * 60},
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        remarks=remarks,
        orders=orders_within(
            chance,
            onset + 30 * SECOND_MS,
            ends,
            chance.poisson(stage.profile.trades * minutes * 0.6),
            stage.usual_volume(onset) * minutes * 0.6,
            buy_share=0.55,
        ),
    )


def _count(stage: Stage, onset: int, factor: float, minutes: float) -> int:
    expected = factor * stage.usual_posts(onset) * minutes
    return min(_MOST, max(_LEAST[stage.strength], round(expected)))
