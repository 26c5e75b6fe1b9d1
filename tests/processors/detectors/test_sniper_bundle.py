"""One party behind many names is told in the first blocks; a crowd that rushes in is not."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from processors.detectors.base import Opening
from processors.detectors.sniper_bundle import PARAMETERS, SniperBundle
from processors.offline import replay
from processors.patterns import PatternSet
from schemas.codec import event_time_ms
from schemas.events import Event, Profile
from schemas.times import rfc3339
from tests.contracts.launches import MAKER, Coin, bundle, crowd
from tests.processors.chain import decision, pending

START_MS = 1_700_000_004_000


def said(events: list[Event]) -> list[Opening]:
    detector = SniperBundle()
    told = [detector.observe(event, event_time_ms(event)) for event in events]
    return [opening for opening in told if opening is not None]


def launched(tokens: float = 8e8) -> Coin:
    coin = Coin("coin", START_MS)
    coin.mint()
    coin.open_pool(tokens, 20.0)
    coin.next_block()
    return coin


def values(opening: Opening) -> dict[str, float]:
    return {item.feature: item.value for item in opening.evidence}


def test_a_bundle_is_told_within_its_first_blocks_with_all_there_is_to_know():
    coin = launched()
    coin.buy("0xstranger", 0.02)
    bundle(coin, random.Random(1), 10, 0.3, 0.0)
    first, *graver = said(coin.events)
    assert first.phase == "bundled"
    assert 0.1 <= first.impact < 0.25
    assert [0.25 <= opening.impact < 0.5 for opening in graver] == [True]
    known = values(graver[0])
    assert known["bundle_addresses"] >= 7
    assert known["bundle_share_of_pool"] >= PARAMETERS.high
    assert known["bundle_share_of_supply"] == pytest.approx(0.8 * known["bundle_share_of_pool"])
    assert known["chance_of_equal_amounts"] < PARAMETERS.chance
    assert 0 < known["seconds_after_pool_creation"] <= 12
    assert first.onset_ms == coin.now_ms // 12_000 * 12_000 - 12_000
    assert "fresh addresses" in first.explanation


def test_equal_tokens_are_as_telling_as_equal_money():
    coin = launched()
    for number in range(8):
        coin.buy_tokens(f"0x{number}", 2e7)
    assert said(coin.events)


def test_one_transaction_is_one_party_whatever_the_sizes():
    coin = launched()
    within = coin.transaction()
    for number in range(5):
        coin.buy(f"0x{number}", 0.2 * 3**number / 8, within)
    (opening,) = said(coin.events)[:1]
    assert values(opening)["addresses_in_one_transaction"] == 5
    assert "in one transaction" in opening.explanation


def test_a_router_that_hands_on_hides_nobody():
    coin = launched()
    for number in range(8):
        within = coin.transaction()
        got = coin.buy("0xrouter", 0.6, within)
        coin.move("0xrouter", f"0x{number}", got, within)
    (opening, *_) = said(coin.events)
    assert values(opening)["bundle_addresses"] >= 5


@pytest.mark.parametrize("seed", range(40))
def test_a_crowd_of_different_sizes_is_a_fair_launch(seed: int):
    dice = random.Random(seed)
    coin = launched()
    crowd(coin, dice, dice.randrange(20, 45), 0.0, sells=0.0, typical=0.012)
    assert coin.tokens < 0.9 * 8e8
    assert said(coin.events) == []


def test_bundles_are_found_whatever_their_size_beside_a_crowd():
    found = 0
    for seed in range(100, 140):
        dice = random.Random(seed)
        coin = launched(dice.choice((3e8, 1e9)))
        for number in range(dice.randrange(0, 6)):
            coin.buy(f"0xstranger{number}", 0.2 * dice.lognormvariate(0.0, 1.0))
        share, spread = dice.uniform(0.15, 0.6), dice.choice((0.0, 0.05, 0.15))
        bundle(coin, dice, dice.randrange(8, 20), share, spread)
        found += bool(said(coin.events))
    assert found >= 38


def test_what_is_bought_later_or_by_those_who_had_tokens_is_no_bundle():
    coin = launched()
    coin.buy("0xfirst", 0.01)
    coin.next_block(3)
    bundle(coin, random.Random(1), 10, 0.3, 0.0)
    assert said(coin.events) == []

    coin = Coin("coin", START_MS)
    coin.mint()
    for number in range(10):
        coin.move(MAKER, f"0xbundle{number}", 1000.0)
    coin.open_pool(8e8, 20.0)
    bundle(coin, random.Random(1), 10, 0.3, 0.0)
    assert said(coin.events) == []


def test_small_amounts_and_side_pools_are_nobodys_launch():
    coin = launched()
    bundle(coin, random.Random(1), 10, 0.05, 0.0)
    assert said(coin.events) == []
    coin = launched(1e6)
    bundle(coin, random.Random(1), 10, 0.3, 0.0)
    assert said(coin.events) == []
    # Whose supply is not known has only the pool to be measured by.
    assert said(coin.events[1:])


def test_the_supply_of_a_profile_counts():
    coin = launched()
    bundle(coin, random.Random(1), 10, 0.3, 0.0)
    profile = Profile(
        id="p",
        token="coin",
        symbol="coin",
        event_time=rfc3339(START_MS),
        source="test",
        chain="test",
        contract="0x1",
        total_supply="1600000000",
    )
    opening = said([profile, *coin.events])[0]
    known = values(opening)
    assert known["bundle_share_of_supply"] == pytest.approx(known["bundle_share_of_pool"] / 2)


def test_a_pool_that_was_not_seen_before_and_what_is_given_back_is_not_judged():
    coin = launched()
    known = len(coin.events)
    bundle(coin, random.Random(1), 10, 0.3, 0.0)
    assert said(coin.events[known:]) == []

    coin = launched()
    coin.drain(0.3)
    coin.buy("0xone", 0.1)
    assert said(coin.events) == []


def test_who_sells_again_at_once_is_no_holder():
    coin = launched()
    for number in range(10):
        coin.buy(f"0x{number}", 0.5)
        coin.sell(f"0x{number}")
    assert said(coin.events) == []


def test_a_bundle_in_a_reorganised_block_is_retracted():
    coin = launched()
    before = len(coin.events)
    bundle(coin, random.Random(1), 10, 0.15, 0.0)
    events = [*coin.events[:before], *(pending(event) for event in coin.events[before:])]
    later_ms = coin.now_ms + 60_000
    decided = [decision(event, "retracted", later_ms) for event in events[before:]]
    out = replay([*events, *decided], PatternSet(leading=(SniperBundle,), joined=()))
    assert [alert.status for alert in out.alerts] == ["open", "retracted"]


def test_where_no_block_is_told_seconds_count():
    coin = launched()
    bundle(coin, random.Random(1), 10, 0.3, 0.0)
    blind = [
        event if isinstance(event, Profile) else replace(event, block_number=None)
        for event in coin.events
    ]
    assert said([replace(e, event_time=rfc3339(START_MS)) for e in blind])
