"""Bursts of posts: of strong feeling, bought or genuine, and honest ones that look like them.

Factors over the token's own rate of posts. An ordinary five minutes rarely exceed three times the
rate, so *weak* begins at five.
"""

from __future__ import annotations

from producers.simulated.dice import Dice
from producers.simulated.moods import Writer, near_copy, pitch
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
_WRITER = Writer(["DOGE", "SHIB"])


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
            further=("mention_burst",),
            also=() if genuine else ("shilling",),
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
    disguise, changes = chance.between(0.2, 0.95), chance.whole(1, 3)
    young, linked = chance.between(0.55, 0.95), chance.between(0.0, 0.9)
    texts = [pitch(chance, stage.profile.symbol) for _ in range(chance.whole(1, 3))]
    links = [invite(chance) for _ in range(chance.whole(1, 2))]
    remarks = [
        Remark(
            onset + int((ends - onset) * chance.random() ** 1.2),
            "ecstatic",
            "young" if chance.chance(young) else "usual",
            _copy(chance, chance.pick(texts), disguise, changes),
            chance.pick(links) if chance.chance(linked) else None,
            repost=chance.chance(0.1),
        )
        for _ in range(count)
    ]
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="shilling",
            further=("sentiment_spike", "mention_burst"),
            numbers={
                "factor": factor,
                "posts": float(count),
                "duration_s": minutes * 60,
                "disguise": disguise,
                "changes": float(changes),
                "young": young,
                "linked": linked,
            },
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        remarks=remarks,
        price=Path([(onset, 0.0), (ends, chance.between(0.0, 0.02))]),
    )


def shilling_ring(stage: Stage) -> Plan:
    """A handful of accounts, bought ones of any age or new ones, repeat a few pitches in turns."""
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    minutes = chance.between(4, 9)
    factor = draw(chance, stage.strength, _FACTOR)
    count = _count(stage, onset, factor, minutes)
    ends = onset + int(minutes * MINUTE_MS)
    disguise, changes = chance.between(0.2, 0.95), chance.whole(1, 3)
    crowd: Crowd = "usual" if chance.chance(0.6) else "young"
    members = [chance.whole(0, 2**30) for _ in range(chance.whole(4, 9))]
    texts = [pitch(chance, stage.profile.symbol) for _ in range(chance.whole(1, 3))]
    linked, link = chance.between(0.0, 0.8), invite(chance)
    remarks = [
        Remark(
            onset + int((ends - onset) * (turn + chance.random()) / count),
            "ecstatic",
            crowd,
            _copy(chance, chance.pick(texts), disguise, changes),
            link if chance.chance(linked) else None,
            regular=chance.pick(members),
        )
        for turn in range(count)
    ]
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="shilling",
            also=("sentiment_spike", "mention_burst"),
            numbers={
                "factor": factor,
                "posts": float(count),
                "duration_s": minutes * 60,
                "accounts": float(len(members)),
                "disguise": disguise,
                "changes": float(changes),
                "linked": linked,
            },
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        remarks=remarks,
        price=Path([(onset, 0.0), (ends, chance.between(0.0, 0.02))]),
    )


def viral_post(stage: Stage) -> Plan:
    """A post everybody talks about: many distinct people of all ages, mixed and mild feelings.

    Part of them only repost it: one text again and again, all at once.
    """
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
    reposted = chance.between(0.0, 0.7)
    text = _WRITER.post(chance, stage.profile.symbol, "neutral")
    original = str(chance.whole(10**8, 10**9))
    remarks = [
        remark._replace(text=text, repost=True, repost_of=original)
        if chance.chance(reposted)
        else remark
        for remark in remarks
    ]
    remarks.append(Remark(onset, "neutral", "old", text))
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            further=("mention_burst",),
            numbers={
                "factor": factor,
                "posts": float(count),
                "duration_s": minutes * 60,
                "reposted": reposted,
            },
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


def shared_news(stage: Stage) -> Plan:
    """A headline that people of all ages pass on word for word, with a link to the article."""
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    minutes = chance.between(3, 8)
    factor = draw(chance, stage.strength, _FACTOR)
    count = _count(stage, onset, factor, minutes)
    ends = onset + int(minutes * MINUTE_MS)
    headline = _WRITER.news(chance, stage.profile.symbol)
    place = chance.pick(("https://news.invalid/", "https://t.me.invalid/newsroom/"))
    article = f"{place}{chance.whole(1_000, 99_999)}"
    copied, disguise = chance.between(0.4, 0.9), chance.between(0.1, 0.8)
    moods: Moods = (("neutral", 5.0), ("glad", 3.0), ("ecstatic", 0.7), ("worried", 1.0))
    crowds: tuple[tuple[Crowd, float], ...] = (("usual", 0.75), ("old", 0.25))
    remarks: list[Remark] = []
    for crowd, part in crowds:
        for remark in remarks_within(
            chance, onset, ends, round(count * part), moods, crowd, skew=1.3
        ):
            if chance.chance(copied):
                text, url = near_copy(chance, headline, disguise), article
                remarks.append(remark._replace(text=text, url=url, repost=chance.chance(0.3)))
            else:
                remarks.append(remark)
    remarks.append(Remark(onset, "neutral", "news", headline, article))
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            further=("mention_burst",),
            numbers={
                "factor": factor,
                "posts": float(len(remarks)),
                "duration_s": minutes * 60,
                "copied": copied,
                "disguise": disguise,
            },
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        remarks=remarks,
        price=Path([(onset, 0.0), (ends, chance.between(-0.01, 0.02))]),
        trading=Path([(onset, 0.0), (ends, 0.4), (ends + 3 * MINUTE_MS, 0.0)]),
    )


def quarrel(stage: Stage) -> Plan:
    """Two to five regulars who answer each other without end: many posts, no more people."""
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    minutes = chance.between(4, 9)
    factor = draw(chance, stage.strength, _FACTOR)
    count = _count(stage, onset, factor, minutes)
    ends = onset + int(minutes * MINUTE_MS)
    people = [chance.whole(0, 2**30) for _ in range(chance.whole(2, 5))]
    moods: Moods = (("neutral", 4.0), ("glad", 2.5), ("worried", 2.5), ("furious", 1.0))
    remarks = [
        remark._replace(regular=chance.pick(people))
        for remark in remarks_within(chance, onset, ends, count, moods, "usual")
    ]
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            numbers={
                "factor": factor,
                "posts": float(count),
                "duration_s": minutes * 60,
                "accounts": float(len(people)),
            },
        ),
        busy_until_ms=ends + 3 * MINUTE_MS,
        remarks=remarks,
    )


def _copy(chance: Dice, text: str, disguise: float, changes: int) -> str:
    """A copy with up to that many changes one after the other."""
    for _ in range(changes):
        text = near_copy(chance, text, disguise)
    return text


def _count(stage: Stage, onset: int, factor: float, minutes: float) -> int:
    expected = factor * stage.usual_posts(onset) * minutes
    return min(_MOST, max(_LEAST[stage.strength], round(expected)))
