from __future__ import annotations

from itertools import chain

import pytest

from processors.detectors.base import Opening
from processors.detectors.whale_accumulation import WhaleAccumulation
from schemas.events import Profile, Transfer
from schemas.times import rfc3339
from tests.processors.detectors.streams import (
    EXCHANGE,
    POOL,
    ViewFeed,
    at_ms,
    openings,
    trading,
    transfer,
    usual_transfers,
)


def after_usual(*transfers: Transfer) -> list[tuple[int, Opening]]:
    """What the detector says about transfers that follow two usual hours."""
    return openings(WhaleAccumulation(), chain(usual_transfers(120), transfers))


def withdrawals(wallets: int, parts: int, amount: float) -> list[Transfer]:
    return [
        transfer(121 + n, (EXCHANGE, POOL)[n % 2], f"0xbuyer{n % wallets}", amount / parts)
        for n in range(parts)
    ]


@pytest.mark.parametrize(("wallets", "parts"), [(1, 2), (1, 9), (2, 5), (3, 9)])
def test_few_wallets_that_take_much_in_parts_open(wallets: int, parts: int) -> None:
    ((time_ms, opening),) = after_usual(*withdrawals(wallets, parts, 20_000))

    assert at_ms(121) == opening.onset_ms < time_ms <= at_ms(121 + parts)
    assert opening.phase == "accumulating"
    assert {"taken_share", "withdrawn_share"} <= {each.feature for each in opening.evidence}


def test_the_usual_crowd_opens_nothing() -> None:
    assert after_usual() == []


def test_a_single_withdrawal_is_somebodys_custody() -> None:
    assert after_usual(transfer(121, EXCHANGE, "0xcold", 20_000)) == []


def test_a_test_amount_beside_one_withdrawal_is_no_second_part() -> None:
    assert (
        after_usual(
            transfer(121, EXCHANGE, "0xcold", 20), transfer(123, EXCHANGE, "0xcold", 20_000)
        )
        == []
    )


def test_a_wallet_that_proves_its_keys_to_the_exchange_belongs_to_it() -> None:
    assert (
        after_usual(
            transfer(121, EXCHANGE, "0xcold", 20),
            transfer(122, "0xcold", EXCHANGE, 10),
            transfer(125, EXCHANGE, "0xcold", 9_000),
            transfer(126, EXCHANGE, "0xcold", 11_000),
        )
        == []
    )


def test_exchanges_that_settle_with_each_other_take_nothing_off_the_market() -> None:
    assert after_usual(*[transfer(121 + n, EXCHANGE, POOL, 9_000) for n in range(3)]) == []


def test_payouts_to_many_concentrate_nothing() -> None:
    stakers = [f"0xstaker{n}" for n in range(20)]
    twice = [transfer(121 + n / 9, EXCHANGE, who, 1_500) for n, who in enumerate(stakers * 2)]

    assert after_usual(*twice) == []


def test_what_a_treasury_pays_is_no_withdrawal() -> None:
    paid = [transfer(121 + n, "0xtreasury", f"0xpaid{n}", 90) for n in range(6)]
    vested = [transfer(130 + n, "0xtreasury", "0xvault", 10_000) for n in range(3)]

    assert after_usual(*paid, *vested) == []


def test_an_exchange_that_is_known_for_one_only_by_the_last_withdrawals_counts_from_the_first() -> (
    None
):
    # It has paid only a few until then, and nothing else of it was seen.
    before = [transfer(100 + n, "0xnewexchange", f"0xfirst{n}", 90) for n in range(3)]
    usual = [*usual_transfers(12), *before]
    bought = [transfer(121 + n, "0xnewexchange", "0xbuyer", 9_000) for n in range(2)]
    told = openings(WhaleAccumulation(), [*usual, *bought])
    assert [opening.onset_ms for _, opening in told] == [at_ms(121)]


def test_what_is_passed_on_is_not_kept() -> None:
    parts = [
        (
            transfer(121 + n, EXCHANGE, "0xbuyer", 9_000),
            transfer(121.5 + n, "0xbuyer", f"0xelse{n}", 8_990),
        )
        for n in range(4)
    ]

    assert after_usual(*chain.from_iterable(parts)) == []


def test_nothing_opens_before_there_is_a_history() -> None:
    few = list(usual_transfers(8))
    assert openings(WhaleAccumulation(), [*few, *withdrawals(1, 3, 20_000)]) == []


def test_one_accumulation_opens_one_alert() -> None:
    assert len(after_usual(*withdrawals(1, 12, 60_000))) == 1


def test_what_was_told_is_not_told_again_when_the_cool_down_is_over() -> None:
    # The last part that was told lies within the same half hour as the next small purchase.
    told = [transfer(121 + n, EXCHANGE, "0xbuyer", 10_000) for n in range(2)]
    rest = [transfer(140 + n, EXCHANGE, "0xbuyer", 10_000) for n in range(2)]
    later = [transfer(152.2 + n, EXCHANGE, "0xother", 90) for n in range(2)]
    assert len(after_usual(*told, *rest, *later)) == 1

    again = [transfer(153 + n, EXCHANGE, "0xbuyer", 10_000) for n in range(2)]
    assert len(after_usual(*told, *rest, *again)) == 2


def test_a_thousandth_of_all_tokens_is_a_whales_whatever_others_hold() -> None:
    told = Profile(
        id="profile",
        token="token",
        symbol="TOKEN",
        event_time=rfc3339(at_ms(0)),
        source="test",
        chain="test",
        contract="0x1",
        total_supply="1500000",
    )
    usual = list(usual_transfers(120))
    # Somebody who holds so much that all others are small beside it.
    usual[0] = transfer(0.0, "0xtreasury", "0xwhale", 5_000_000.0)
    bought = withdrawals(1, 4, 2_000)

    assert openings(WhaleAccumulation(), [*usual, *bought]) == []
    assert len(openings(WhaleAccumulation(), [told, *usual, *bought])) == 1


@pytest.mark.parametrize(
    ("price", "phase", "rises"),
    [(1.1, "price follows", True), (1.01, "accumulated", None), (0.9, "sold again", False)],
)
def test_the_price_bears_it_out_or_speaks_against_it(
    price: float, phase: str, rises: bool | None
) -> None:
    ((time_ms, opening),) = after_usual(*withdrawals(1, 3, 20_000))
    watch = WhaleAccumulation().follow(opening, time_ms)
    feed = ViewFeed()
    revisions = [
        watch.review(feed.add(trading(minute, close)), at_ms(minute))
        for minute, close in ((124.0, 1.0), (150.0, price), (151.0, price))
    ]
    end = watch.expire(time_ms + watch.horizon_ms)

    assert (end.phase, end.status) == (phase, "resolved")
    assert any(each is not None for each in revisions) == bool(rises)
    difference = end.score - opening.score
    assert (difference > 0) == bool(rises)
    assert (difference < 0) == (rises is False)
