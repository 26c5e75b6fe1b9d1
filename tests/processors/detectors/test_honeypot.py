"""Whoever may buy but not sell is told of after dozens of buyers; holders who wait are not."""

from __future__ import annotations

import random

import pytest

from processors.detectors.base import Opening
from processors.detectors.honeypot import PARAMETERS, Honeypot, wilson_upper
from processors.detectors.pools.buyer_cohort import BuyerCohort
from processors.detectors.pools.transaction_flow import TransactionFlow
from processors.offline import replay
from processors.patterns import PatternSet
from schemas.codec import event_time_ms
from schemas.events import Event
from tests.contracts.launches import MAKER, Coin, crowd
from tests.processors.chain import decision, pending

START_MS = 1_700_000_004_000
MINUTE_MS = 60_000


def said(events: list[Event]) -> list[tuple[int, Opening]]:
    detector = Honeypot()
    told = [
        (event_time_ms(event), detector.observe(event, event_time_ms(event))) for event in events
    ]
    return [(time_ms, opening) for time_ms, opening in told if opening is not None]


def launched() -> Coin:
    coin = Coin("coin", START_MS)
    coin.mint()
    coin.move(MAKER, "0xfriend", 1e8)
    coin.move("0xfriend", "0xfriendsfriend", 3e7)
    coin.open_pool(8e8, 20.0)
    coin.next_block()
    return coin


def trapped(seed: int, buyers: int = 150, every_ms: float = 30_000) -> Coin:
    coin = launched()
    crowd(coin, random.Random(seed), buyers, every_ms, sells=0.0)
    return coin


def values(opening: Opening) -> dict[str, float]:
    return {item.feature: item.value for item in opening.evidence}


def test_a_trap_is_told_once_enough_buyers_had_the_time_to_sell():
    coin = trapped(1)
    ((time_ms, opening),) = said(coin.events)
    assert opening.phase == "trap"
    assert 0.8 < opening.impact < 0.94
    known = values(opening)
    assert 51 <= known["buyers_with_time_to_sell"] < 75
    assert known["sellers_share"] == 0
    assert time_ms - START_MS > PARAMETERS.patience_ms
    assert opening.onset_ms < time_ms - PARAMETERS.patience_ms
    assert opening.explanation.startswith("0 of 7")
    assert "9 sales or more would be usual" in opening.explanation


def test_sales_of_insiders_hide_nothing_and_are_told():
    coin = trapped(1, 60)
    for _ in range(5):
        for insider in (MAKER, "0xfriend", "0xfriendsfriend"):
            coin.sell(insider, 0.05)
    crowd(coin, random.Random(2), 90, 30_000, sells=0.0, name="0xlater")
    ((_, opening),) = said(coin.events)
    assert values(opening)["insider_sales"] == 15
    assert "insiders sold 15 times" in opening.explanation


@pytest.mark.parametrize("hourly", [0.05, 0.1, 0.3, 1.0, 3.0])
def test_a_token_that_is_sold_at_times_is_none(hourly: float):
    for seed in range(8):
        coin = launched()
        crowd(coin, random.Random(seed), 400, 60_000, sells=hourly)
        assert said(coin.events) == [], seed


def test_traps_that_let_some_people_out_are_found_too():
    found = 0
    for seed in range(20):
        dice = random.Random(seed)
        coin = trapped(seed, 100)
        for number in dice.sample(range(100), dice.randrange(4)):
            coin.sell(f"0xbuyer{number}", 1.0)
        crowd(coin, dice, 140, 20_000, sells=0.0, name="0xlater")
        found += bool(said(coin.events))
    assert found >= 19


def test_few_who_hold_for_long_are_no_trap():
    # Some never mean to sell: hours of theirs beyond the first one say nothing.
    assert said(trapped(1, 50, 300_000).events) == []


def test_few_buyers_or_no_time_say_nothing():
    assert said(trapped(1, 50, 120_000).events) == []
    assert said(trapped(1, 400, 2_000).events) == []


def test_who_moves_tokens_elsewhere_may_sell_there():
    coin = trapped(1, 100)
    for number in range(80):
        coin.move(f"0xbuyer{number}", "0xexchange", 1000.0)
    crowd(coin, random.Random(2), 50, 30_000, sells=0.0, name="0xlater")
    assert [time for time, _ in said(coin.events) if time > coin.now_ms - 20 * MINUTE_MS] == []


def test_old_holders_who_sell_show_that_it_can_be_done():
    coin = launched()
    for number in range(30):
        coin.held[f"0xold{number}"] = 1e5
    crowd(coin, random.Random(1), 40, 30_000, sells=0.0)
    for number in range(30):
        coin.sell(f"0xold{number}")
    crowd(coin, random.Random(2), 100, 30_000, sells=0.0, name="0xlater")
    assert said(coin.events) == []


def test_routers_taxes_and_provisions_are_no_buyers_and_no_sellers():
    coin = launched()
    for number in range(100):
        coin.wait(30_000)
        within = coin.transaction()
        got = coin.buy("0xrouter", 0.01, within)
        coin.move("0xrouter", f"0xbuyer{number}", 0.9 * got, within)
        coin.move("0xrouter", "0xtax", 0.1 * got, within)
        if number % 10 == 0:
            # Somebody provides, which is no sale.
            coin.feed(0.001 * coin.tokens, 0.001 * coin.quote, f"0xbuyer{number}")
    crowd(coin, random.Random(2), 60, 30_000, sells=0.0, name="0xlater")
    # Buyers behind the router are people, those who provided sold nothing.
    ((_, opening),) = said(coin.events)
    assert values(opening)["sellers_share"] == 0

    coin = launched()
    for number in range(150):
        coin.wait(30_000)
        got = coin.buy(f"0xbuyer{number}", 0.01)
        if number % 5 == 0:
            within = coin.transaction()
            coin.move(f"0xbuyer{number}", "0xrouter", got, within)
            coin.sell("0xrouter", 1.0, within)
    assert said(coin.events) == []


def test_a_trap_in_reorganised_blocks_is_retracted():
    coin = trapped(1)
    events = [pending(event) for event in coin.events]
    decided = [decision(event, "retracted", coin.now_ms + 60_000) for event in events]
    out = replay([*events, *decided], PatternSet(leading=(Honeypot,), joined=()))
    assert [alert.status for alert in out.alerts] == ["open", "retracted"]


def test_the_cohort_is_bounded_and_takes_in_whoever_comes_when_there_is_room():
    cohort = BuyerCohort(limit=4, follow_ms=1_000)
    for number in range(9):
        cohort.buy(f"0x{number}", 0)
    cohort.sell("0x1", 10)
    cohort.move("0x2")
    assert cohort.fates(500, 100, 1_000) == (3, 1, 1_000)
    assert cohort.fates(500, 100, 300) == (3, 1, 600)
    cohort.sell("0xnobody", 600)
    assert cohort.fates(600, 100, 1_000).sellers == 2
    assert cohort.fates(1_100, 100, 1_000) == (1, 1, 0)
    cohort.buy("0x9", 1_200)
    assert cohort.fates(1_400, 100, 1_000) == (2, 1, 200)


def test_a_flow_is_what_a_transaction_leaves_behind():
    flow = TransactionFlow()
    flow.begin("t", 5)
    flow.move("pool", "router", 10.0)
    flow.move("router", "buyer", 9.0)
    flow.move("router", "tax", 1.0)
    assert flow.receivers() == ["buyer"]
    assert flow.senders() == ["pool"]
    flow.begin("u", 6)
    assert flow.receivers() == flow.senders() == []


def test_the_upper_bound_of_a_share():
    assert wilson_upper(0, 0) == 1.0
    assert wilson_upper(0, 60) == pytest.approx(0.137, abs=0.001)
    assert wilson_upper(30, 60) == pytest.approx(0.69, abs=0.01)
