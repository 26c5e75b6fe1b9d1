"""What makers of coins do to their buyers, done on a real chain, read by its source, and told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from web3 import Web3
from web3.contract import Contract
from web3.utils import get_create_address

from memewatch.clock import SystemClock
from memewatch.settings import Settings
from processors.offline import replay
from producers.live.base import Surroundings
from producers.live.evm import Evm
from producers.registry import TokenRegistry
from producers.watch_list import WatchList
from schemas.alerts import Alert
from schemas.codec import event_time_ms
from schemas.events import Event
from schemas.watch import WatchEntry
from tests.evm.chain import DEAD, ETHER, Chain
from tests.producers.live.listening import Listening
from tests.producers.live.servers.evm import CHAIN, EvmServer

pytestmark = pytest.mark.timeout(120)

START_S = 1_700_000_000
SUPPLY = 10**9 * ETHER
_FIRST = 0xBEEF0000


class Launch:
    """A coin on a chain, its pool, and fresh people who have ether and may trade at once."""

    def __init__(self, chain: Chain, token: Contract, people: int) -> None:
        self.chain, self.token = chain, token
        self.people = [_address(_FIRST + number) for number in range(people)]
        chain.node.rpc("anvil_autoImpersonateAccount", True)
        with chain.one_block():
            for person in self.people:
                chain.node.rpc("anvil_setBalance", person, hex(100 * ETHER))
                chain.do(chain.weth.functions.deposit(), person, value=50 * ETHER)
                for spent in (chain.weth, token):
                    chain.do(spent.functions.approve(chain.router.address, 2**256 - 1), person)

    def open_pool(self, tokens: int, ether: int) -> Contract:
        pool = self.chain.create_pool(self.token)
        with self.chain.one_block():
            self.chain.add_liquidity(pool, self.token, tokens, ether * ETHER)
        return pool

    def buy(self, pool: Contract, person: str, ether: float) -> None:
        swap = self.chain.router.functions.swapV2(
            pool.address, self.chain.weth.address, int(ether * ETHER)
        )
        self.chain.do(swap, person)

    def sell(self, pool: Contract, person: str) -> bool:
        """Sell all; whether that was possible."""
        held = self.token.functions.balanceOf(person).call()
        swap = self.chain.router.functions.swapV2(pool.address, self.token.address, held)
        with self.chain.one_block():
            sent = self.chain.do(swap, person)
        return bool(self.chain.receipt(sent)["status"])

    def later(self, seconds: int) -> None:
        self.chain.set_next_time(int(self.chain.block()["timestamp"]) + seconds)


async def alerts(act: Callable[[Chain], Contract]) -> dict[str, Alert]:
    """The last word on each pattern about the coin that is deployed first."""
    async with EvmServer(block_s=12, timestamp=START_S) as server:
        chain = server.chain
        nonce = int(chain.node.rpc("eth_getTransactionCount", chain.deployer, "latest"), 16)
        address = get_create_address(chain.deployer, nonce).lower()  # type: ignore[arg-type]
        entry = WatchEntry(kind="token", chain=CHAIN, value=address)
        surroundings = Surroundings(
            settings=Settings(_env_file=None, **server.settings()),
            clock=SystemClock(),
            watch_list=WatchList([entry]),
            tokens=TokenRegistry(),
        )
        async with Listening(Evm(surroundings)) as listening:
            await listening.caught_up()
            token = await asyncio.to_thread(act, chain)
            # The last thing that happens: somebody burns a little.
            burned = await asyncio.to_thread(chain.transfer, token, DEAD, 1, _address(_FIRST))
            await listening.until(lambda: any(_is_in(e, burned) for e in listening.events))
            events = sorted(listening.events, key=event_time_ms)
    told = replay(events).alerts
    return {alert.pattern: alert for alert in told if alert.token.endswith(address)}


def _is_in(event: Event, transaction: str) -> bool:
    return getattr(event, "transaction", None) == transaction


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
        launch = Launch(chain, coin, 60)
        for friend in range(5):
            chain.transfer(coin, _address(0xF00D0000 + friend), SUPPLY // 10)
        pool = launch.open_pool(SUPPLY // 2, 20)
        for person in launch.people:
            launch.later(30)
            launch.buy(pool, person, 0.05)
        return launch.token

    found = await alerts(act)
    assert set(found) == {"holder_concentration"}
    assert _evidence(found["holder_concentration"])["top_10_share"] > 0.8


def _address(number: int) -> str:
    return str(Web3.to_checksum_address(f"0x{number:040x}"))


def _evidence(alert: Alert) -> dict[str, float]:
    return {item.feature: item.value for item in alert.evidence}
