"""Launching coins on a real chain, and what is told of them when its source has read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

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

START_S = 1_700_000_000
SUPPLY = 10**9 * ETHER
_FIRST = 0xBEEF0000


class Launch:
    """A coin on a chain, its pool, and fresh people who have ether and may trade at once."""

    def __init__(self, chain: Chain, token: Contract, people: int) -> None:
        self.chain, self.token = chain, token
        self.people = [address_of(_FIRST + number) for number in range(people)]
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


@dataclass(frozen=True, slots=True)
class Told:
    """The events about the coin that was deployed first, and every revision of its alerts."""

    events: list[Event]
    revisions: list[Alert]

    def last_words(self) -> list[Alert]:
        """Each alert as it ended, in the order in which they opened."""
        return list({alert.id: alert for alert in self.revisions}.values())


async def told(act: Callable[[Chain], Contract]) -> Told:
    """What is told of a coin; ``act`` deploys it before all else."""
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
            burned = await asyncio.to_thread(chain.transfer, token, DEAD, 1, address_of(_FIRST))
            await listening.until(lambda: any(_is_in(e, burned) for e in listening.events))
            events = sorted(listening.events, key=event_time_ms)
    return Told(events, [one for one in replay(events).alerts if one.token.endswith(address)])


def _is_in(event: Event, transaction: str) -> bool:
    return getattr(event, "transaction", None) == transaction


def address_of(number: int) -> str:
    """An address that nobody has used."""
    return str(Web3.to_checksum_address(f"0x{number:040x}"))
