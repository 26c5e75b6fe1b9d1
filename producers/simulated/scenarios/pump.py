"""Pump-and-dump: quiet buying, a burst of rush orders, a peak, and everything sold on the crowd."""

from __future__ import annotations

import math

from producers.simulated.dice import Dice
from producers.simulated.plan import Moods, Order, Path, Plan, Remark
from producers.simulated.scenarios.stage import (
    MINUTE_MS,
    SECOND_MS,
    Stage,
    invite,
    orders_within,
    remarks_within,
    share_out,
)
from producers.simulated.strength import Bounds, draw

_RISE: Bounds = {"weak": (0.03, 0.095), "medium": (0.115, 0.18), "strong": (0.19, 0.7)}
_RATIO: Bounds = {"weak": (40, 300), "medium": (520, 950), "strong": (980, 2500)}
_RUSH: Bounds = {"weak": (8, 29), "medium": (35, 66), "strong": (67, 120)}
_HYPE: Moods = (("ecstatic", 6.0), ("glad", 2.0), ("neutral", 2.0))


def pump_and_dump(stage: Stage) -> Plan:
    """Disguises: slow or sudden ignition, few or many fills, a call before or after it or none,
    opposite trades among the buying, one or several waves of dumping."""
    chance, strength = stage.chance, stage.strength
    rise = draw(chance, strength, _RISE)
    ratio = draw(chance, strength, _RATIO)
    rush = round(draw(chance, strength, _RUSH))
    onset = stage.start_ms + int(chance.between(5, 16) * MINUTE_MS)
    usual = stage.usual_volume(onset)
    climb_ms = int(chance.spread(6, 50) * SECOND_MS)
    peak = onset + climb_ms + int(chance.spread(10, 150) * SECOND_MS)
    further = chance.between(1.0, 1.25) if peak - onset > MINUTE_MS else 1.0
    dump_ms = int(chance.spread(60, 420) * SECOND_MS)
    ends = peak + dump_ms + int(chance.between(1, 3) * MINUTE_MS)
    kept = chance.between(-0.2, 0.3)

    orders = _accumulation(stage, onset, usual)
    orders += _ignition(chance, onset, climb_ms, rush, ratio * usual)
    orders += _afterwards(chance, onset, peak, peak + dump_ms, rush, ratio * usual)
    called = chance.chance(0.6)
    call = onset + int(chance.between(-100, 90) * SECOND_MS)
    top = math.log1p(rise)
    truth = stage.truth(
        onset_ms=onset,
        ends_ms=ends,
        pattern="pump_and_dump",
        also=(
            "sentiment_spike",
            "sentiment_price_divergence",
            "shilling",
            "mention_burst",
            "whale_dump",
        ),
        numbers={
            "rise": rise,
            "volume_ratio": ratio,
            "rush_orders": float(rush),
            "climb_s": climb_ms / SECOND_MS,
            "peak_s": (peak - onset) / SECOND_MS,
            "dump_s": dump_ms / SECOND_MS,
            "called": float(called),
        },
    )
    return Plan(
        truth,
        busy_until_ms=ends + MINUTE_MS,
        orders=orders,
        remarks=_call(stage, call, peak) if called else [],
        price=Path(
            [
                (onset, 0.0),
                (onset + climb_ms, top),
                (peak, top * further),
                (peak + dump_ms // 3, top * chance.between(0.45, 0.75)),
                (peak + dump_ms, top * kept),
                (ends, top * kept * chance.between(0.4, 1.0)),
            ]
        ),
        trading=Path([(onset, 0.0), (peak, 1.5), (peak + dump_ms, 1.2), (ends, 0.0)]),
        chatter=Path([(onset, 0.0), (peak, 0.6), (ends, 0.0)]),
        buy_share=0.48,
    )


def _accumulation(stage: Stage, onset: int, usual: float) -> list[Order]:
    """Small buys that leave the price flat; volume up to three times the usual."""
    minutes = (onset - stage.start_ms) / MINUTE_MS
    intensity = stage.chance.between(0.0, 2.0)
    count = stage.chance.poisson(stage.profile.trades * intensity * minutes)
    volume = usual * intensity * minutes
    return orders_within(
        stage.chance, stage.start_ms, onset, count, volume, buy_share=0.75, several=0.02
    )


def _ignition(chance: Dice, onset: int, climb_ms: int, rush: int, volume: float) -> list[Order]:
    """The first minute: rush orders crowd into the climb, single orders and some sells beside."""
    many = chance.between(0.35, 0.75)
    orders = []
    for size in share_out(chance, volume * 0.72, rush, 0.9):
        # Most within the climb, the rest scattered over the minute.
        reach = climb_ms if chance.chance(0.7) else MINUTE_MS
        fills = 2
        while fills < 12 and chance.chance(many):
            fills += 1
        at_ms = onset + int(min(reach, MINUTE_MS - 1) * chance.random() ** 1.3)
        orders.append(Order(at_ms, "buy", size, fills))
    singles = round(rush * chance.between(0.6, 1.6))
    return orders + orders_within(
        chance,
        onset,
        onset + MINUTE_MS,
        singles,
        volume * 0.28,
        buy_share=chance.between(0.6, 0.9),
        several=0.0,
    )


def _afterwards(
    chance: Dice, onset: int, peak: int, dumped: int, rush: int, volume: float
) -> list[Order]:
    """The crowd arrives while the organisers sell: volume fades over minutes, sells prevail."""
    orders: list[Order] = []
    fading = 0.45
    minute = onset + MINUTE_MS
    while minute < dumped:
        end = min(dumped, minute + MINUTE_MS)
        orders += orders_within(
            chance,
            minute,
            end,
            round(3.0 * rush * fading),
            volume * fading * (end - minute) / MINUTE_MS,
            buy_share=0.55 if minute < peak else 0.3,
            several=0.2,
        )
        minute, fading = end, fading * chance.between(0.45, 0.7)
    return orders


def _call(stage: Stage, call: int, peak: int) -> list[Remark]:
    """The call in a group that young accounts spread, and the crowd that cheers the rise."""
    chance = stage.chance
    usual = stage.usual_posts(call)
    link = invite(chance)
    text = (
        f"{chance.pick(('COIN IS', 'the coin today:', 'signal:'))} ${stage.profile.symbol} "
        f"{chance.pick(('buy and hold', 'now now now', 'target +200%', 'buy fast, hold strong'))} "
        f"{chance.pick(('🚀', '🚀🚀🚀', '⏰', '💎'))}"
    )
    heralds = [
        Remark(call + int(chance.waiting(4_000)), "ecstatic", "young", text, link)
        for _ in range(chance.whole(2, 8))
    ]
    count = 5 + chance.poisson(usual * chance.spread(2, 25))
    end = max(peak, call + 2 * MINUTE_MS)
    return heralds + remarks_within(chance, call, end, count, _HYPE, "usual", skew=1.5)
