"""What large holders and washers do on a real chain, read by its source, and told in its block."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.processors.detectors.evm_launch import SUPPLY
from tests.processors.detectors.evm_market import HOLDING, Market, words_of

pytestmark = pytest.mark.timeout(120)

_PERCENT = SUPPLY // 100


def _deposits_at_once(market: Market) -> int:
    return market.send_in_a_block(market.whale, market.exchange, 4 * _PERCENT)


def _deposits_through_an_address_of_their_own(market: Market) -> int:
    on_the_way = market.fresh(1)
    market.send_in_a_block(market.whale, on_the_way, 4 * _PERCENT)
    return market.send_in_a_block(on_the_way, market.exchange, 4 * _PERCENT, 12)


def _sells_to_the_pool(market: Market) -> int:
    market.allow(market.whale)
    with market.block():
        market.sell(market.whale, 4 * _PERCENT)
    return market.chain.head


@pytest.mark.parametrize(
    ("act", "version"),
    [
        (_deposits_at_once, 2),
        (_deposits_through_an_address_of_their_own, 2),
        (_sells_to_the_pool, 2),
        (_sells_to_the_pool, 3),
    ],
)
async def test_a_whale_that_goes_where_it_can_sell_is_told(
    act: Callable[[Market], int], version: int
) -> None:
    def all_of_it(market: Market) -> int:
        market.usual(60)
        block = act(market)
        market.usual(20)
        return block

    found = await words_of(all_of_it, version)
    assert set(found) == {"whale_dump"}
    dump = found["whale_dump"]
    assert dump.evidence()["transfer_amount"] == pytest.approx(4 * _PERCENT / 1e18)
    assert dump.last.phase == ("sold" if act is _sells_to_the_pool else "unsold")


def _withdraw_in_slices(market: Market) -> int:
    taker, blocks = market.fresh(1), []
    for _ in range(3):
        blocks.append(market.send_in_a_block(market.exchange, taker, 2 * _PERCENT))
        market.usual(2)
    # One slice alone is as a rule somebody's custody; with two it is an accumulation.
    return blocks[1]


def _buy_with_three_wallets(market: Market) -> int:
    buyers = [market.fresh(number) for number in range(1, 4)]
    for buyer in buyers:
        market.allow(buyer, ether=50)
    for buyer in [*buyers, *buyers]:
        with market.block():
            market.trade(8, buyer, buys=True)
    # Of two who have bought twice, the purchase of the third is too much beside; of all, none is.
    return market.chain.head


@pytest.mark.parametrize("act", [_withdraw_in_slices, _buy_with_three_wallets])
async def test_who_takes_much_off_the_market_is_told(act: Callable[[Market], int]) -> None:
    def all_of_it(market: Market) -> int:
        market.usual(60)
        block = act(market)
        market.usual(10)
        return block

    found = await words_of(all_of_it)
    assert set(found) == {"whale_accumulation"}
    assert found["whale_accumulation"].evidence()["taken_share"] > 0.02


async def test_who_moves_much_and_neither_sells_nor_gathers_is_not() -> None:
    def all_of_it(market: Market) -> None:
        market.usual(60)
        # All that one of the crowd has.
        market.send_in_a_block(market.people[0], market.exchange, HOLDING // 2)
        market.usual(5)
        # A large holder goes to another wallet of theirs.
        market.send_in_a_block(market.whale, market.fresh(1), 9 * _PERCENT)
        market.usual(5)
        # An exchange fills a cold wallet, in one piece.
        market.send_in_a_block(market.exchange, market.fresh(2), 20 * _PERCENT)
        market.usual(5)
        # A market maker buys more than a hundredth of all tokens, and sells them again.
        maker = market.fresh(3)
        market.allow(maker, ether=50)
        for number in range(5):
            with market.block():
                market.trade(2, maker, buys=number % 2 == 0)
            market.usual(2)

    assert await words_of(all_of_it) == {}


async def test_a_wallet_that_has_rested_and_moves_is_told() -> None:
    def all_of_it(market: Market) -> int:
        market.usual(100, every=2)
        home = market.fresh(1)
        # A test, and then all of it in slices.
        market.send_in_a_block(market.whale, home, _PERCENT // 100)
        block = market.send_in_a_block(market.whale, home, 3 * _PERCENT)
        for _ in range(2):
            market.send_in_a_block(market.whale, home, 3 * _PERCENT)
        market.usual(10)
        return block

    found = await words_of(all_of_it)
    assert set(found) == {"dormant_wallet"}
    assert found["dormant_wallet"].evidence()["idle_hours"] == pytest.approx(1.7, abs=0.05)


def _move_little_and_often(market: Market) -> None:
    for _ in range(2):
        market.send_in_a_block(market.whale, market.fresh(1), _PERCENT // 100)
        market.usual(40, every=2)
    market.send_in_a_block(market.whale, market.fresh(1), 5 * _PERCENT)


def _pay_many(market: Market) -> None:
    """As those do who keep tokens for others."""
    for number in range(1, 6):
        market.send_in_a_block(market.whale, market.fresh(number), _PERCENT // 10)
    market.send_in_a_block(market.whale, market.fresh(6), 5 * _PERCENT)


@pytest.mark.parametrize("act", [_move_little_and_often, _pay_many])
async def test_who_moves_little_or_for_others_was_not_asleep(act: Callable[[Market], None]) -> None:
    def all_of_it(market: Market) -> None:
        market.usual(100, every=2)
        act(market)
        market.usual(10)

    assert await words_of(all_of_it) == {}


@pytest.mark.parametrize("version", [2, 3])
async def test_volume_of_one_size_that_moves_nothing_is_told(version: int) -> None:
    blocks: list[int] = []

    def all_of_it(market: Market) -> int:
        market.usual(70, trades=2)
        for number in range(48):
            with market.block(10):
                market.trade(0.4, market.people[number % 3], buys=number % 2 == 0)
            blocks.append(market.chain.head)
        market.usual(10)
        # Pools name no two wallets. Sizes are looked at 24 trades at a time, and 140 were usual:
        # four complete a block of them, and the next one is full of it.
        return blocks[27]

    found = await words_of(all_of_it, version)
    assert set(found) == {"wash_trading"}
    washing = found["wash_trading"]
    assert washing.evidence()["equal_trades"] >= 24
    assert washing.evidence()["buy_share"] == pytest.approx(0.5, abs=0.1)
    assert washing.last.phase == "stopped"


async def test_a_market_maker_of_many_sizes_and_a_buyer_of_one_wash_nothing() -> None:
    def all_of_it(market: Market) -> None:
        market.usual(70, trades=2)
        for number in range(48):
            ether = 0.01 * 1.3 ** (number % 10)
            with market.block(10):
                market.trade(ether, market.people[0], buys=number % 2 == 0)
        market.usual(20)
        for _ in range(48):
            with market.block(10):
                market.trade(0.02, market.people[1], buys=True)

    assert await words_of(all_of_it) == {}
