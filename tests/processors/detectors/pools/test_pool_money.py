from __future__ import annotations

from typing import Any

from processors.detectors.pools.pool_money import PoolMoney
from schemas.events import Liquidity


def change(action: Any, quote: str | None = None, pool: str = "0xPool") -> Liquidity:
    return Liquidity(
        id=f"{action}:{quote}",
        token="token",
        symbol="TOKEN",
        event_time="2025-01-01T00:00:00.000Z",
        source="test",
        chain="test",
        pool=pool,
        transaction="0x1",
        log_index=0,
        action=action,
        quote_amount=quote,
    )


def test_a_pool_pays_when_it_holds_less_money_than_before() -> None:
    money = PoolMoney(4)
    assert money.pays(change("pool_created")) is None
    assert money.pays(change("reserves", "50")) is False
    assert money.pays(change("added", "50")) is None
    assert money.pays(change("reserves", "49.5")) is True
    assert money.pays(change("reserves", "60")) is False


def test_a_pool_that_never_told_what_it_holds_is_unknown() -> None:
    money = PoolMoney(4)
    assert not money.tells("0xpool")
    assert money.pays(change("added", "50")) is None
    assert not money.tells("0xpool")
    money.pays(change("reserves", "50"))
    assert money.tells("0xPOOL")


def test_the_pool_idle_longest_is_forgotten() -> None:
    money = PoolMoney(2)
    for pool in ("a", "b", "a", "c"):
        money.pays(change("reserves", "1", pool))
    assert [money.tells(pool) for pool in "abc"] == [True, False, True]


def test_a_pool_that_is_fed_without_telling_what_it_holds_will_not_tell() -> None:
    money = PoolMoney(4)
    money.pays(change("pool_created"))
    assert money.tells("0xpool")
    assert money.pays(change("added", "50")) is None
    assert not money.tells("0xpool")
