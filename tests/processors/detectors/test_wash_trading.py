from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import msgspec
import pytest

from processors.detectors.base import Opening
from processors.detectors.wash_trading import WashTrading
from schemas.events import Tick
from tests.processors.detectors.streams import ViewFeed, at_ms, trading
from tests.processors.detectors.trades import START_MS, Trade, quiet, ticks

_HOURS = 3.0
_BEGIN_MS = 8_000_000
_MINUTES = 8
Names = Callable[[int, random.Random], tuple[str, str]]


def bursts(
    size: Callable[[random.Random], float],
    *,
    every_s: float = 5.0,
    side: Callable[[int], str] = lambda turn: "buy" if turn % 2 else "sell",
    rise: float = 0.0,
    begin_ms: int = _BEGIN_MS,
    minutes: float = _MINUTES,
) -> list[Trade]:
    """Trades one after the other, at a price that rises by ``rise`` in all."""
    chance = random.Random(begin_ms)
    count = int(minutes * 60 / every_s)
    return [
        Trade(
            begin_ms + int((turn + 0.5 * chance.random()) * every_s * 1000),
            side(turn),
            1.0 + rise * turn / count,
            size(chance),
        )
        for turn in range(count)
    ]


def said(*parts: list[Trade]) -> list[tuple[int, Opening]]:
    """What the detector says about quiet trading of a venue without names, and the parts."""
    detector = WashTrading()
    found = []
    for tick, time_ms in ticks(quiet(_HOURS), *parts):
        if (opening := detector.observe(tick, time_ms)) is not None:
            found.append((time_ms - START_MS, opening))
    return found


def equal(chance: random.Random) -> float:
    return 3_000 * chance.uniform(0.9, 1.1)


def test_equal_sizes_on_both_sides_at_a_price_that_stands_open() -> None:
    ((after_ms, opening),) = said(bursts(equal))

    assert _BEGIN_MS < after_ms < _BEGIN_MS + _MINUTES * 60_000
    assert opening.impact == 0.0
    assert {"equal_trades", "equal_purity"} <= {each.feature for each in opening.evidence}


def test_quiet_trading_opens_nothing() -> None:
    assert said() == []


def test_a_market_maker_quotes_many_sizes() -> None:
    assert said(bursts(lambda chance: 3_000 * chance.uniform(0.6, 1.4))) == []


def test_who_only_buys_is_no_washer() -> None:
    assert said(bursts(equal, side=lambda turn: "buy")) == []


def test_a_price_that_moves_is_moved_by_somebody() -> None:
    assert said(bursts(equal, rise=0.3)) == []


def test_a_bot_that_always_trades_one_size_is_usual() -> None:
    bot = bursts(equal, every_s=20, begin_ms=0, minutes=_HOURS * 60)
    assert said(bot) == []


def test_washing_that_goes_on_is_told_once() -> None:
    assert len(said(bursts(equal, every_s=4, minutes=40))) == 1


def named(names: Names, every_s: float = 5.0) -> list[tuple[int, Opening]]:
    """What the detector says about a venue with names: a crowd, and trades between these."""
    chance = random.Random(4)
    crowd = [f"0xcrowd{number}" for number in range(200)]
    washed = bursts(lambda chance: 3_000 * chance.uniform(0.7, 1.3), every_s=every_s)
    places = {START_MS + trade.at_ms: turn for turn, trade in enumerate(washed)}

    def all_ticks() -> Iterator[tuple[Tick, int]]:
        for tick, time_ms in ticks(quiet(_HOURS), washed):
            turn = places.get(time_ms)
            buyer, seller = (
                chance.sample(crowd, 2) if turn is None else names(turn, random.Random(turn))
            )
            yield msgspec.structs.replace(tick, buyer=buyer, seller=seller), time_ms

    detector = WashTrading()
    return [
        (time_ms - START_MS, opening)
        for tick, time_ms in all_ticks()
        if (opening := detector.observe(tick, time_ms)) is not None
    ]


@pytest.mark.parametrize("wallets", [1, 2, 3, 4])
def test_self_trades_matched_pairs_and_circles_open(wallets: int) -> None:
    ((after_ms, opening),) = named(
        lambda turn, chance: (f"0xw{turn % wallets}", f"0xw{(turn + 1) % wallets}")
    )

    assert _BEGIN_MS < after_ms < _BEGIN_MS + _MINUTES * 60_000
    assert opening.impact > 0.3
    (net,) = [each.value for each in opening.evidence if each.feature == "net_position"]
    assert net < 0.34


def test_a_named_market_maker_deals_with_everybody() -> None:
    def maker(turn: int, chance: random.Random) -> tuple[str, str]:
        other = f"0xcrowd{chance.randrange(200)}"
        return ("0xmaker", other) if turn % 2 else (other, "0xmaker")

    assert named(maker, every_s=2.0) == []


def test_a_friend_who_buys_again_and_again_keeps_it() -> None:
    assert named(lambda turn, chance: ("0xbuyer", "0xseller")) == []


def test_a_pool_is_no_wallet() -> None:
    """Buying from and selling to a pool in turn is judged by sizes, as without names."""
    detector = WashTrading()
    for number, (tick, time_ms) in enumerate(ticks(quiet(_HOURS))):
        pair = ("0xpool", "0xbot") if number % 2 else ("0xbot", "0xpool")
        swap = msgspec.structs.replace(tick, buyer=pair[0], seller=pair[1], contract="0xpool")
        assert detector.observe(swap, time_ms) is None


@pytest.mark.parametrize(("price", "phase"), [(1.0, "stopped"), (1.3, "price moved")])
def test_it_ends_when_the_trades_are_gone(price: float, phase: str) -> None:
    ((_, opening),) = said(bursts(equal))
    watch = WashTrading().follow(opening, at_ms(100))
    feed = ViewFeed()
    for step in range(30):
        feed.add(trading(95 + step / 6, 1.0))
    assert watch.review(feed.view, at_ms(100)) is None
    revision = watch.review(feed.add(trading(112, price)), at_ms(112))

    assert revision is not None
    assert (revision.status, revision.phase) == ("resolved", phase)
    assert (revision.score < opening.score) == (phase == "price moved")
