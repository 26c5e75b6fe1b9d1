"""A few who hold nearly all are told when others buy; pools, locks and exchanges are nobody's."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from processors.detectors.base import Opening
from processors.detectors.holder_concentration import PARAMETERS, HolderConcentration
from processors.detectors.wallets.balance_book import BalanceBook
from processors.offline import replay
from processors.patterns import PatternSet
from schemas.codec import event_time_ms
from schemas.events import Event, Holder, Profile
from schemas.times import rfc3339
from tests.contracts.launches import MAKER, NOBODY, Coin, crowd
from tests.processors.chain import decision, pending

START_MS = 1_700_000_004_000
DEAD = "0x000000000000000000000000000000000000dEaD"
LOCK = "0xE2fE530C047f2d85298b07D9333C05737f1435fB"


def said(events: list[Event]) -> list[Opening]:
    detector = HolderConcentration()
    told = [detector.observe(event, event_time_ms(event)) for event in events]
    return [opening for opening in told if opening is not None]


def launched(kept: float, wallets: int = 6) -> Coin:
    """The makers keep a part of all tokens, in so many wallets."""
    coin = Coin("coin", START_MS)
    coin.mint()
    for number in range(wallets):
        coin.move(MAKER, f"0xfriend{number}", kept * 1e9 / wallets)
    coin.open_pool((1 - kept) * 1e9, 20.0)
    coin.next_block()
    return coin


def values(opening: Opening) -> dict[str, float]:
    return {item.feature: item.value for item in opening.evidence}


def test_makers_who_keep_most_are_told_when_others_have_come():
    coin = launched(0.6)
    crowd(coin, random.Random(1), 120, 10_000, sells=0.3)
    (opening,) = said(coin.events)
    assert opening.phase == "concentrated"
    known = values(opening)
    assert known["top_10_share"] > 0.9
    assert known["top_10_share_of_supply"] == pytest.approx(0.6, abs=0.02)
    assert known["herfindahl_index"] == pytest.approx(known["top_10_share"] ** 2 / 6, rel=0.1)
    assert 60 <= known["holders"] < 80
    assert "while others come to buy" in opening.explanation


@pytest.mark.parametrize(("seconds", "told"), [(30, False), (120, True)])
def test_who_moves_a_pool_may_hold_what_was_in_it_for_a_moment(seconds: int, told: bool):
    coin = launched(0.0, wallets=1)
    crowd(coin, random.Random(4), 99, 2_000, sells=0.0)
    coin.drain(0.99)
    crowd(coin, random.Random(5), seconds, 1_000, sells=0.0, typical=1e-6, name="0xlate")
    coin.move(MAKER, LOCK, coin.held[MAKER])
    crowd(coin, random.Random(6), 60, 2_000, sells=0.0, typical=1e-6, name="0xlast")
    assert bool(said(coin.events)) == told


def test_a_single_holder_is_told_by_the_index():
    coin = launched(0.25, wallets=1)
    crowd(coin, random.Random(3), 120, 10_000, sells=0.0, typical=0.004, deviation=0.5)
    told = values(said(coin.events)[-1])
    assert told["herfindahl_index"] >= PARAMETERS.index


@pytest.mark.parametrize("seed", range(30))
def test_a_fair_launch_is_not(seed: int):
    dice = random.Random(seed)
    coin = launched(dice.uniform(0.0, 0.08), wallets=3)
    typical = dice.choice((0.001, 0.004, 0.01))
    deviation = dice.uniform(0.7, 1.3)
    crowd(coin, dice, 250, 20_000, sells=0.3, typical=typical, deviation=deviation)
    assert said(coin.events) == []


def test_concentration_is_found_whatever_the_number_of_wallets():
    found = 0
    for seed in range(30):
        dice = random.Random(seed)
        coin = launched(dice.uniform(0.3, 0.8), wallets=dice.randrange(1, 10))
        crowd(coin, dice, 200, 20_000, sells=0.3, typical=dice.choice((0.0005, 0.001)))
        found += bool(said(coin.events))
    assert found >= 29


def test_locks_burned_tokens_and_pools_hold_for_nobody():
    coin = Coin("coin", START_MS)
    coin.mint()
    coin.move(MAKER, LOCK, 4e8)
    coin.move(MAKER, DEAD, 2e8)
    coin.open_pool(4e8, 20.0)
    crowd(coin, random.Random(1), 150, 10_000, sells=0.2, typical=0.003)
    assert said(coin.events) == []


def listed(dice: random.Random, wallet: str) -> Coin:
    """A coin that many hold; then an exchange gets a fifth of all, for its users to come."""
    coin = launched(0.0)
    crowd(coin, dice, 150, 10_000, sells=0.1, typical=0.006)
    coin.move(NOBODY, wallet, 3e8)
    for number in range(40):
        if number % 2:
            coin.move(f"0xbuyer{number}", wallet, coin.held[f"0xbuyer{number}"] / 2)
        else:
            coin.move(wallet, f"0xuser{number}", 1e5)
    return coin


def test_an_exchange_is_known_by_its_address_or_by_its_dealings():
    for wallet in ("0x28C6c06298d514Db089934071355E5743bf21d60", "0xnewexchange"):
        coin = listed(random.Random(1), wallet)
        crowd(coin, random.Random(2), 60, 10_000, sells=0.1, name="0xlater")
        assert said(coin.events) == []


def test_a_collector_is_none():
    coin = launched(0.0)
    crowd(coin, random.Random(1), 150, 10_000, sells=0.0, typical=0.006)
    for number in range(120):
        coin.move(f"0xbuyer{number}", "0xcollector", coin.held[f"0xbuyer{number}"] * 0.95)
    crowd(coin, random.Random(2), 60, 10_000, sells=0.0, typical=0.0005, name="0xlater")
    (opening,) = said(coin.events)
    assert values(opening)["herfindahl_index"] > 0.25


def test_a_jump_is_told_before_it_is_extreme():
    coin = launched(0.0)
    crowd(coin, random.Random(1), 200, 5_000, sells=0.0, typical=0.003, deviation=0.5)
    for number in range(90):
        gatherer = f"0xgatherer{number % 9}"
        coin.move(f"0xbuyer{number}", gatherer, coin.held[f"0xbuyer{number}"])
    for number in range(100, 140):
        coin.move(f"0xbuyer{number}", "0xgatherer9", coin.held[f"0xbuyer{number}"])
    crowd(coin, random.Random(2), 30, 5_000, sells=0.0, name="0xlater")
    (opening,) = said(coin.events)
    assert opening.phase == "gathered"
    assert "more than within the hour before" in opening.explanation


def test_without_buyers_or_with_few_holders_nothing_is_said():
    coin = launched(0.6)
    crowd(coin, random.Random(1), 40, 10_000, sells=0.0)
    assert said(coin.events) == []
    coin = launched(0.6)
    crowd(coin, random.Random(1), 120, 1_200_000, sells=0.0)
    assert said(coin.events) == []


def test_a_history_that_was_not_seen_from_the_beginning_needs_a_profile():
    coin = launched(0.6)
    crowd(coin, random.Random(1), 120, 10_000, sells=0.0)
    late = coin.events[1:]
    assert said(late) == []
    holders = [(f"0xFriend{number}", 1e8) for number in range(6)]
    holders += [(f"0xold{number}", 1e5) for number in range(40)]
    profile = Profile(
        id="p",
        token="coin",
        symbol="coin",
        event_time=rfc3339(START_MS),
        source="test",
        chain="test",
        contract="0x1",
        total_supply="1000000000",
        holders=[Holder(address=name, amount=str(amount)) for name, amount in holders],
    )
    pool_is_known = next(n for n, event in enumerate(coin.events) if hasattr(event, "pool")) + 4
    (opening,) = said([*coin.events[1:pool_is_known], profile, *coin.events[pool_is_known:]])
    assert values(opening)["top_10_share"] > 0.8
    # It must tell the holders.
    assert said([replace(profile, holders=[]), *late]) == []


def test_who_spends_what_was_never_seen_to_come_shows_that_the_history_is_not_whole():
    coin = launched(0.6)
    coin.move("0xstranger", "0xother", 2e7)
    crowd(coin, random.Random(1), 120, 10_000, sells=0.0)
    assert said(coin.events) == []


def test_the_book_forgets_the_small_ones_only():
    book = BalanceBook(limit=10)
    book.move(NOBODY, "0xmaker", 1e6)
    for number in range(100):
        book.move("0xmaker", f"0x{number}", 10.0 + number)
    assert len(book.balances) <= 20
    assert book.whole
    assert "0x99" in book.balances
    assert "0x0" not in book.balances
    assert book.circulating() == 1e6
    # A forgotten one may send what it has.
    book.move("0x0", "0x99", 10.0)
    assert book.whole
    book.move("0x99", NOBODY, 109.0)
    assert book.supply == 1e6 - 109


def test_an_alert_from_reorganised_blocks_is_retracted():
    coin = launched(0.6)
    crowd(coin, random.Random(1), 70, 10_000, sells=0.0)
    events = [pending(event) for event in coin.events]
    decided = [decision(event, "retracted", coin.now_ms + 60_000) for event in events]
    out = replay([*events, *decided], PatternSet(leading=(HolderConcentration,), joined=()))
    assert [alert.status for alert in out.alerts] == ["open", "retracted"]
