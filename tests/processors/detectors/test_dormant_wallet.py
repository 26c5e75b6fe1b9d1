from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge

import pytest

from processors.detectors.base import Opening
from processors.detectors.dormant_wallet import DormantWallet
from processors.detectors.wallets.hoards import HoardBook
from schemas.codec import event_time_ms
from schemas.events import Event, Holder, Profile, Transfer
from schemas.times import rfc3339
from tests.processors.detectors.streams import (
    EXCHANGE,
    ViewFeed,
    at_ms,
    openings,
    trading,
    transfer,
    usual_transfers,
)

_SLEEPER = "0xsleeper"


def amid_usual(*events: Event) -> list[tuple[int, Opening]]:
    """What the detector says about events amid five usual hours, beside the market's own hubs."""
    usual: Iterable[Event] = usual_transfers(300)
    both: Iterator[Event] = merge(usual, events, key=event_time_ms)
    # Exchange and pool work for others; of them nothing is said here.
    return openings(DormantWallet(), both)


def got(minute: float = 20, amount: float = 20_000) -> Transfer:
    return transfer(minute, "0xfriend", _SLEEPER, amount)


def test_a_holder_that_rested_and_moves_much_opens() -> None:
    ((time_ms, opening),) = amid_usual(got(), transfer(200, _SLEEPER, "0xnew", 19_000))

    assert time_ms == opening.onset_ms == at_ms(200)
    assert "3.0 hours" in opening.explanation
    assert opening.impact < 0.08
    (idle,) = [each.value for each in opening.evidence if each.feature == "idle_hours"]
    assert idle == pytest.approx(3.0)


def test_what_it_held_before_the_log_began_may_be_more() -> None:
    assert len(amid_usual(got(amount=900), transfer(200, _SLEEPER, "0xnew", 19_000))) == 1


def test_a_wallet_that_was_never_seen_is_not_known_to_rest() -> None:
    assert amid_usual(transfer(200, _SLEEPER, "0xnew", 19_000)) == []


def test_a_profile_tells_who_holds_and_since_when_it_is_watched() -> None:
    profile = Profile(
        id="profile",
        token="token",
        symbol="TOKEN",
        event_time=rfc3339(at_ms(30)),
        source="test",
        chain="test",
        contract="0x1",
        holders=[Holder(address=_SLEEPER, amount="20000")],
    )
    ((_, opening),) = amid_usual(profile, transfer(240, _SLEEPER, EXCHANGE, 15_000))

    assert "3.5 hours" in opening.explanation


def test_a_thousandth_of_all_tokens_is_much_whatever_others_hold() -> None:
    supply = Profile(
        id="profile",
        token="token",
        symbol="TOKEN",
        event_time=rfc3339(at_ms(-1)),
        source="test",
        chain="test",
        contract="0x1",
        total_supply="800000",
    )
    rich = transfer(-0.5, "0xtreasury", "0xrich", 200_000)
    _, *usual = usual_transfers(300)
    moved = transfer(200, _SLEEPER, "0xnew", 900)
    events = sorted([*usual, rich, got(amount=900), moved], key=event_time_ms)

    assert openings(DormantWallet(), events) == []
    assert len(openings(DormantWallet(), [supply, *events])) == 1


def test_who_moved_a_moment_ago_is_not_dormant() -> None:
    assert amid_usual(got(minute=150), transfer(200, _SLEEPER, "0xnew", 19_000)) == []


def test_dust_does_not_wake_it() -> None:
    dust = transfer(199, "0xspammer", _SLEEPER, 0.01)
    assert len(amid_usual(got(), dust, transfer(200, _SLEEPER, "0xnew", 19_000))) == 1


def test_a_test_transfer_and_slices_are_one_awakening() -> None:
    slices = [transfer(200 + n, _SLEEPER, "0xnew", 2_500) for n in range(1, 8)]
    ((_, opening),) = amid_usual(got(), transfer(200, _SLEEPER, "0xnew", 1), *slices)

    assert opening.onset_ms == at_ms(200)


def test_a_contract_that_pays_many_does_not_move_its_own() -> None:
    payouts = [transfer(200 + n / 9, _SLEEPER, f"0xstaker{n}", 400) for n in range(25)]
    assert amid_usual(got(), *payouts) == []


def test_who_moves_again_and_again_only_rests_in_between() -> None:
    def after(*moved: float) -> list[tuple[int, Opening]]:
        errands = [transfer(minute, _SLEEPER, "0xnew", 5) for minute in moved]
        return amid_usual(got(), *errands, transfer(250, _SLEEPER, "0xnew", 9_000))

    assert len(after()) == len(after(60, 70)) == 1
    assert after(60, 110) == []


def test_small_change_is_no_awakening() -> None:
    assert amid_usual(got(), transfer(200, _SLEEPER, "0xnew", 150)) == []


def test_burning_is_no_awakening() -> None:
    assert amid_usual(got(), transfer(200, _SLEEPER, "0x" + "0" * 40, 19_000)) == []


def test_a_longer_rest_scores_higher() -> None:
    scores = [
        amid_usual(got(minute=20), transfer(minute, _SLEEPER, "0xnew", 19_000))[0][1].score
        for minute in (130, 200, 290)
    ]
    assert scores == sorted(set(scores))


def test_a_falling_price_bears_it_out() -> None:
    ((time_ms, opening),) = amid_usual(got(), transfer(200, _SLEEPER, EXCHANGE, 19_000))
    watch = DormantWallet().follow(opening, time_ms)
    feed = ViewFeed()
    watch.review(feed.add(trading(201, 1.0)), at_ms(201))
    revision = watch.review(feed.add(trading(230, 0.9)), at_ms(230))

    assert revision is not None
    assert revision.phase == "price gives way"
    assert revision.score > opening.score


def test_holders_stay_known_in_bounded_memory_and_slices_too() -> None:
    book = HoardBook(limit=8, significant=0.05, rest_ms=1_000, receivers=3, movements=2)
    book.receive("0xlarge", 1_000.0, 0)
    book.send("0xlarge", "0xnew", 1_000.0, 100)
    for number in range(500):
        book.receive(f"0xsmall{number}", 1.0 + number / 500, 200)
    awakening = book.send("0xlarge", "0xnew", 500.0, 300)

    assert awakening is not None
    assert (awakening.parts, awakening.amount, awakening.idle_ms) == (2, 1_500.0, 100)
    assert len(book._hoards) == 8
