from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from processors.detectors import whale_dump
from processors.detectors.base import Opening
from processors.detectors.wallets.holders import HolderBook, HubBook
from processors.detectors.whale_dump import WhaleDump
from schemas.codec import event_time_ms
from schemas.events import Liquidity, Profile, Transfer
from schemas.times import rfc3339
from tests.processors.detectors.streams import (
    EXCHANGE,
    POOL,
    WHALE,
    ViewFeed,
    at_ms,
    openings,
    trading,
    transfer,
    usual_transfers,
)


def after_usual(*transfers: Transfer) -> list[tuple[int, Opening]]:
    """What the detector says about transfers that follow two usual hours."""
    return openings(WhaleDump(), chain(usual_transfers(120), transfers))


def test_a_huge_deposit_of_a_large_holder_at_an_exchange_opens() -> None:
    ((time_ms, opening),) = after_usual(transfer(121, WHALE, EXCHANGE, 20_000))

    assert time_ms == at_ms(121)
    assert opening.phase == "deposit"
    assert opening.impact >= 0.1
    assert "20,000 tokens" in opening.explanation
    assert {evidence.feature for evidence in opening.evidence} >= {"transfer_amount", "moved_share"}


def test_the_usual_crowd_opens_nothing() -> None:
    assert after_usual() == []


def test_a_transfer_to_a_fresh_wallet_is_no_deposit() -> None:
    assert after_usual(transfer(121, WHALE, "0xvesting", 20_000)) == []


def test_a_withdrawal_is_no_deposit() -> None:
    assert after_usual(transfer(121, EXCHANGE, WHALE, 20_000)) == []


def test_exchanges_that_settle_with_each_other_are_no_whales() -> None:
    assert after_usual(transfer(121, POOL, EXCHANGE, 20_000)) == []


def test_a_mint_to_an_exchange_is_no_dump() -> None:
    assert after_usual(transfer(121, "0x" + "0" * 40, EXCHANGE, 20_000)) == []


def test_a_deposit_in_slices_is_seen_as_one() -> None:
    slices = [transfer(121 + n, WHALE, EXCHANGE, 1_200) for n in range(10)]

    ((_, opening),) = after_usual(*slices)

    assert opening.onset_ms == at_ms(121)


def reserves(minutes: float, quote: float, within: Transfer | None = None) -> Liquidity:
    """What the pool says it holds after a transaction."""
    return Liquidity(
        id=f"reserves:{minutes}:{quote}",
        token="dog",
        symbol="DOG",
        event_time=rfc3339(at_ms(minutes)),
        source="test",
        chain="test",
        pool=POOL,
        transaction=within.transaction if within else f"0x{minutes}",
        log_index=1,
        action="reserves",
        token_amount="1000000",
        quote_amount=str(quote),
    )


@pytest.mark.parametrize(("quote", "told"), [(60.0, 0), (40.0, 1)])
def test_what_is_provided_for_a_pool_is_no_deposit_and_what_is_sold_is(
    quote: float, told: int
) -> None:
    moved = transfer(121, WHALE, POOL, 20_000)
    feed = [*usual_transfers(120), reserves(120.5, 50.0), moved, reserves(121, quote, moved)]
    assert len(openings(WhaleDump(), feed)) == told


def test_a_part_of_all_tokens_is_large_sooner_where_the_supply_is_known() -> None:
    def told(supply: str) -> int:
        profile = Profile(
            id="profile",
            token="dog",
            symbol="DOG",
            event_time=rfc3339(at_ms(0)),
            source="test",
            chain="test",
            contract="0xdog",
            total_supply=supply,
        )
        moved = transfer(121, WHALE, EXCHANGE, 900)
        return len(openings(WhaleDump(), [profile, *usual_transfers(120), moved]))

    assert told("900000") == 1
    assert told("900001") == 0


def test_nothing_opens_before_there_is_a_history() -> None:
    few = list(usual_transfers(8))
    assert openings(WhaleDump(), [*few, transfer(9, WHALE, EXCHANGE, 20_000)]) == []


def test_one_dump_opens_one_alert_until_the_cool_down_is_over() -> None:
    found = after_usual(
        transfer(121, WHALE, EXCHANGE, 10_000),
        transfer(131, WHALE, EXCHANGE, 10_000),
        transfer(200, WHALE, EXCHANGE, 25_000),
    )

    assert [time_ms for time_ms, _ in found] == [at_ms(121), at_ms(200)]


def test_another_whale_meanwhile_is_told_too() -> None:
    def got(who: str) -> Transfer:
        return transfer(100, "0xfriend", who, 20_000)

    both = [
        transfer(121, WHALE, EXCHANGE, 20_000),
        transfer(124, "0xotherwhale", EXCHANGE, 20_000),
        transfer(127, "0xthirdwhale", EXCHANGE, 20_000),
        transfer(128, WHALE, EXCHANGE, 20_000),
    ]
    received = [got("0xotherwhale"), got("0xthirdwhale")]
    usual = [*usual_transfers(120), *received]
    told = openings(WhaleDump(), sorted([*usual, *both], key=event_time_ms))
    # Who comes at once is the same run for the exit; who was told of is so for half an hour.
    assert [time_ms for time_ms, _ in told] == [at_ms(121), at_ms(127)]


def test_equal_amounts_of_a_large_airdrop_make_nobody_a_whale_but_whales() -> None:
    # So many equal ones that rounding takes their variance below zero.
    drops = [transfer(n / 100, "0xmaker", f"0xdrop{n}", 1e6) for n in range(300)]
    pool = [transfer(3 + n / 100, f"0xdrop{n}", POOL, 1e6) for n in range(20)]
    sold = transfer(4, "0xdrop40", POOL, 1.5e6)
    dumped = transfer(10, "0xdrop41", POOL, 30e6)

    told = openings(WhaleDump(), [*drops, *pool, sold, dumped])
    assert [time_ms for time_ms, _ in told] == [at_ms(10)]


def test_a_larger_share_scores_higher() -> None:
    scores = [
        after_usual(transfer(121, WHALE, EXCHANGE, amount))[0][1].score
        for amount in (4_000, 10_000, 40_000)
    ]

    assert scores == sorted(scores)
    assert scores[0] < scores[-1] <= 1.0


class ConstantScorer:
    """Stands where River's scorer stood and says always the same."""

    def __init__(self, scorer: Any, constant: float) -> None:
        self._scorer = scorer
        self._constant = constant
        self.gaussian = scorer.gaussian

    def learn_one(self, x: None, y: float) -> None:
        self._scorer.learn_one(x, y)

    def score_one(self, x: None, y: float) -> float:
        return self._constant


@pytest.mark.parametrize("constant", [0.0, 0.5, 1.0])
def test_without_river_the_detector_no_longer_tells_whales_from_the_crowd(
    constant: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each constant either misses the whale or takes an ordinary deposit for one."""
    ordinary = transfer(60.3, "0xsaver", EXCHANGE, 600)
    stream = [*usual_transfers(60), ordinary]
    whale = transfer(61, WHALE, EXCHANGE, 20_000)
    assert len(openings(WhaleDump(), [*stream, whale])) == 1

    river = whale_dump.GaussianScorer
    monkeypatch.setattr(
        whale_dump, "GaussianScorer", lambda **settings: ConstantScorer(river(**settings), constant)
    )
    found = [time_ms for time_ms, _ in openings(WhaleDump(), [*stream, whale])]

    assert found != [at_ms(61)]


def follow_up(feed: ViewFeed) -> tuple[Any, list[Any]]:
    ((time_ms, opening),) = after_usual(transfer(121, WHALE, EXCHANGE, 20_000))
    for step in range(360):
        feed.add(trading(61 + step / 6, 1.0 + 0.001 * (step % 3)))
    watch = WhaleDump().follow(opening, time_ms)
    return watch, [watch.review(feed.view, time_ms)]


def test_a_sale_that_the_price_feels_corroborates_and_its_end_resolves() -> None:
    feed = ViewFeed()
    watch, revisions = follow_up(feed)
    for step in range(30):
        minute = 122 + step / 6
        view = feed.add(trading(minute, 1.0 - 0.003 * step, volume=1_500.0, buy_share=0.2))
        revisions.append(watch.review(view, at_ms(minute)))
    for step in range(90):
        minute = 127 + step / 6
        view = feed.add(trading(minute, 0.93))
        revisions.append(watch.review(view, at_ms(minute)))
        if revisions[-1] is not None and revisions[-1].status == "resolved":
            break

    selling, sold = [revision for revision in revisions if revision is not None]
    assert (selling.status, selling.phase) == ("open", "selling")
    assert {"price_change", "sell_share"} <= {evidence.feature for evidence in selling.evidence}
    assert (sold.status, sold.phase) == ("resolved", "sold")
    assert sold.score == selling.score > watch._opening.score


def test_a_deposit_that_nobody_sells_is_resolved_with_less_weight() -> None:
    feed = ViewFeed()
    watch, _ = follow_up(feed)

    end = watch.expire(at_ms(121) + watch.horizon_ms)

    assert (end.status, end.phase) == ("resolved", "unsold")
    assert end.score < watch._opening.score
    assert end.impact < watch._opening.impact


def test_a_strong_rise_after_the_deposit_retracts() -> None:
    feed = ViewFeed()
    watch, _ = follow_up(feed)
    minute = 160.0
    view = feed.add(trading(minute, 1.3, volume=500.0, buy_share=0.8))

    revision = watch.review(view, at_ms(minute))

    assert revision is not None
    assert revision.status == "retracted"


def test_hubs_are_found_among_many_passers_by() -> None:
    hubs = HubBook(addresses=16, counterparties=8)
    for number in range(2_000):
        hubs.learn(f"0xpasser{number}", "0xhub")

    assert hubs.degree("0xhub") == 8
    assert hubs.degree("0xpasser1999") == 1


def test_the_largest_holders_stay_known_in_bounded_memory() -> None:
    holders = HolderBook(limit=8)
    holders.learn("0xmint", "0xlarge", 1_000.0)
    for number in range(500):
        holders.learn("0xmint", f"0xsmall{number}", 1.0 + number / 500)

    assert holders.balance("0xlarge") == 1_000.0
    assert len(holders._amounts) == 8
    holders.learn("0xlarge", "0xsmall499", 400.0)
    assert holders.balance("0xlarge") == 600.0
