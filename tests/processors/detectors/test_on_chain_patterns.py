"""What makers of coins do to their buyers, done on a real chain, read by its source, and told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from web3.contract import Contract

from schemas.alerts import Alert
from tests.evm.chain import Chain
from tests.processors.detectors.evm_launch import SUPPLY, Launch, address_of, told

pytestmark = pytest.mark.timeout(120)


async def alerts(act: Callable[[Chain], Contract]) -> dict[str, Alert]:
    """The last word on each pattern about the coin that is deployed first."""
    return {alert.pattern: alert for alert in (await told(act)).last_words()}


async def test_a_bundle_in_the_first_block_is_told() -> None:
    def act(chain: Chain) -> Contract:
        launch = Launch(chain, chain.deploy_token("BUNDLE", supply=SUPPLY), 12)
        pool = launch.open_pool(SUPPLY, 20)
        with chain.one_block():
            for person in launch.people:
                launch.buy(pool, person, 0.5)
        return launch.token

    found = await alerts(act)
    assert set(found) == {"sniper_bundle"}
    evidence = _evidence(found["sniper_bundle"])
    assert evidence["bundle_share_of_pool"] > 0.1
    assert evidence["bundle_share_of_supply"] == pytest.approx(evidence["bundle_share_of_pool"])


async def test_a_crowd_in_the_first_block_that_sells_again_is_not() -> None:
    def act(chain: Chain) -> Contract:
        launch = Launch(chain, chain.deploy_token("FAIR", supply=SUPPLY), 70)
        pool = launch.open_pool(SUPPLY, 20)
        with chain.one_block():
            for number, person in enumerate(launch.people[:14]):
                launch.buy(pool, person, 0.1 * 1.5 ** (number % 7))
        for number, person in enumerate(launch.people[14:]):
            launch.later(60)
            launch.buy(pool, person, 0.2 + 0.05 * (number % 7))
            if number % 3 == 0:
                assert launch.sell(pool, person)
        return launch.token

    assert await alerts(act) == {}


async def test_a_coin_that_nobody_can_sell_is_told() -> None:
    def act(chain: Chain) -> Contract:
        trap = chain.deploy("Honeypot", "TRAP", SUPPLY)
        launch = Launch(chain, trap, 110)
        pool = launch.open_pool(SUPPLY, 20)
        chain.do(trap.functions.shut(pool.address))
        for person in launch.people:
            launch.later(45)
            launch.buy(pool, person, 0.05)
        assert not launch.sell(pool, launch.people[0])
        return launch.token

    found = await alerts(act)
    assert set(found) == {"honeypot"}
    assert _evidence(found["honeypot"])["sellers_share"] == 0


async def test_a_coin_that_its_maker_keeps_is_told() -> None:
    def act(chain: Chain) -> Contract:
        coin = chain.deploy_token("KEPT", supply=SUPPLY)
        launch = Launch(chain, coin, 65)
        for friend in range(5):
            chain.transfer(coin, address_of(0xF00D0000 + friend), SUPPLY // 10)
        pool = launch.open_pool(SUPPLY // 2, 20)
        for person in launch.people:
            launch.later(30)
            launch.buy(pool, person, 0.05)
        return launch.token

    found = await alerts(act)
    assert set(found) == {"holder_concentration"}
    assert _evidence(found["holder_concentration"])["top_10_share"] > 0.8


def _evidence(alert: Alert) -> dict[str, float]:
    return {item.feature: item.value for item in alert.evidence}
