"""Washed trades, and honest markets that look like a pump or a dump."""

from __future__ import annotations

import math

from producers.simulated.plan import Moods, Move, Order, Path, Plan, Remark
from producers.simulated.scenarios.stage import (
    MINUTE_MS,
    SECOND_MS,
    Stage,
    remarks_within,
    steady,
)
from producers.simulated.strength import Bounds, draw

_WASHED: Bounds = {"weak": (2, 5), "medium": (5, 15), "strong": (15, 40)}
_LISTED: Bounds = {"weak": (5, 9), "medium": (9, 16), "strong": (16, 28)}
_STEP: Bounds = {"weak": (0.03, 0.07), "medium": (0.07, 0.14), "strong": (0.14, 0.3)}
_RALLY: Bounds = {"weak": (0.03, 0.06), "medium": (0.06, 0.1), "strong": (0.1, 0.2)}
_FALL: Bounds = {"weak": (0.02, 0.04), "medium": (0.04, 0.07), "strong": (0.07, 0.14)}
_GOOD_NEWS: Moods = (
    ("glad", 4.0),
    ("neutral", 4.0),
    ("ecstatic", 1.5),
    ("worried", 0.8),
)
_SOBER: Moods = (("neutral", 1.0),)
_BAD_DAY: Moods = (
    ("worried", 4.0),
    ("neutral", 4.0),
    ("glad", 1.2),
    ("furious", 0.8),
)


def wash_trading(stage: Stage) -> Plan:
    """A few wallets trade with themselves in circles: volume from nothing, price unmoved.

    A venue that names no wallets shows trades of much the same size on both sides, no more.
    """
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    minutes = chance.between(8, 16)
    ends = onset + int(minutes * MINUTE_MS)
    ratio = draw(chance, stage.strength, _WASHED)
    wallets = [chance.address() for _ in range(chance.whole(1, 4))]
    every_ms = chance.spread(2.5, 12) * SECOND_MS
    count = int((ends - onset) / every_ms)
    size = ratio * stage.usual_volume(onset) * minutes / count
    orders = []
    for turn in range(count):
        at_ms = onset + int((turn + 0.5 * chance.random()) * every_ms)
        amount = size * chance.between(0.9, 1.1)
        order = Order(at_ms, chance.pick(("buy", "sell")), amount)
        if stage.profile.shows_wallets:
            buyer, seller = wallets[turn % len(wallets)], wallets[(turn + 1) % len(wallets)]
            order = order._replace(buyer=buyer, seller=seller)
        orders.append(order)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            pattern="wash_trading",
            numbers={
                "volume_ratio": ratio,
                "wallets": float(len(wallets)),
                "trades": float(count),
                "duration_s": minutes * 60,
            },
        ),
        busy_until_ms=ends + MINUTE_MS,
        orders=orders,
    )


def exchange_listing(stage: Stage) -> Plan:
    """A new venue: volume and price step up within minutes and stay, without rush orders."""
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + 2 * MINUTE_MS
    factor = draw(chance, stage.strength, _LISTED)
    rise = draw(chance, stage.strength, _STEP)
    climbed = onset + int(chance.between(3, 8) * MINUTE_MS)
    ends = climbed + int(chance.between(4, 8) * MINUTE_MS)
    later = math.log(factor)
    hot = chance.pick(profile.exchanges).hot
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            also=("mention_burst",),
            numbers={"factor": factor, "rise": rise, "climb_s": (climbed - onset) / SECOND_MS},
        ),
        busy_until_ms=ends + 2 * MINUTE_MS,
        remarks=remarks_within(chance, onset - MINUTE_MS, ends, chance.whole(2, 6), _SOBER, "news")
        + _talk(stage, onset, ends, 1.2, _GOOD_NEWS),
        # The listing exchange fills the new venue's wallet from its own.
        moves=[Move(onset - MINUTE_MS, hot[0], hot[1], chance.spread(0.002, 0.02))],
        price=Path(steady(chance, onset, climbed, math.log1p(rise))),
        trading=Path(
            [
                (onset, 0.0),
                (onset + MINUTE_MS, later * 0.8),
                (climbed, later),
                (ends, later * 0.4),
                (ends + 2 * MINUTE_MS, 0.0),
            ]
        ),
        buy_share=0.56,
    )


def news_rally(stage: Stage) -> Plan:
    """Good news: a broad, slow rise with posts that report and like it."""
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    rise = draw(chance, stage.strength, _RALLY)
    ends = onset + int(chance.between(10, 18) * MINUTE_MS)
    lively = math.log(chance.between(2, 5))
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            also=("sentiment_spike", "mention_burst"),
            numbers={"rise": rise, "factor": math.exp(lively)},
        ),
        busy_until_ms=ends + 2 * MINUTE_MS,
        remarks=remarks_within(chance, onset, ends, chance.whole(2, 5), _SOBER, "news")
        + _talk(stage, onset, ends, chance.between(1.0, 2.0), _GOOD_NEWS),
        price=Path(steady(chance, onset, ends, math.log1p(rise))),
        trading=Path([(onset, 0.0), (onset + 3 * MINUTE_MS, lively), (ends, 0.3)]),
        buy_share=0.6,
    )


def pullback(stage: Stage) -> Plan:
    """A bad quarter of an hour: many small sells, a falling price, a crowd that grumbles."""
    chance, onset = stage.chance, stage.start_ms + MINUTE_MS
    drop = draw(chance, stage.strength, _FALL)
    ends = onset + int(chance.between(8, 16) * MINUTE_MS)
    lively = math.log(chance.between(1.5, 4))
    return Plan(
        stage.truth(
            onset_ms=onset, ends_ms=ends, numbers={"drop": drop, "factor": math.exp(lively)}
        ),
        busy_until_ms=ends + 2 * MINUTE_MS,
        remarks=_talk(stage, onset, ends, chance.between(0.3, 0.9), _BAD_DAY),
        price=Path(steady(chance, onset, ends, math.log1p(-drop))),
        trading=Path([(onset, 0.0), (onset + 3 * MINUTE_MS, lively), (ends, 0.2)]),
        buy_share=0.38,
    )


def market_maker(stage: Stage) -> Plan:
    """A market maker at work: regular two-sided volume, stock moved between exchanges."""
    chance, profile, onset = stage.chance, stage.profile, stage.start_ms + MINUTE_MS
    minutes = chance.between(6, 12)
    ends = onset + int(minutes * MINUTE_MS)
    ratio = draw(chance, stage.strength, _WASHED)
    every_ms = chance.spread(1.5, 6) * SECOND_MS
    count = int((ends - onset) / every_ms)
    size = ratio * stage.usual_volume(onset) * minutes / count
    wallet = profile.maker if profile.shows_wallets else None
    orders = []
    for turn in range(count):
        at_ms = onset + int((turn + 0.6 * chance.random()) * every_ms)
        amount = size * chance.between(0.7, 1.3)
        # Without a named counterparty, so the crowd's wallets take the other side.
        if turn % 2:
            orders.append(Order(at_ms, "buy", amount, 1, wallet))
        else:
            orders.append(Order(at_ms, "sell", amount, 1, None, wallet))
    source, target = chance.mixed(profile.exchanges)[:2]
    share = chance.spread(0.0015, 0.012)
    return Plan(
        stage.truth(
            onset_ms=onset,
            ends_ms=ends,
            numbers={"volume_ratio": ratio, "trades": float(count), "supply_share": share},
        ),
        busy_until_ms=ends + MINUTE_MS,
        orders=orders,
        moves=[Move(onset + 20 * SECOND_MS, source.hot[0], target.hot[0], share)],
    )


def _talk(stage: Stage, start_ms: int, end_ms: int, factor: float, moods: Moods) -> list[Remark]:
    """Posts beside the usual ones, ``factor`` times their number, from the crowd and its elders."""
    minutes = (end_ms - start_ms) / MINUTE_MS
    expected = stage.usual_posts(start_ms) * minutes * factor
    chance = stage.chance
    remarks = remarks_within(
        chance, start_ms, end_ms, chance.poisson(expected * 0.7), moods, "usual"
    )
    return remarks + remarks_within(
        chance, start_ms, end_ms, chance.poisson(expected * 0.3), moods, "old"
    )
