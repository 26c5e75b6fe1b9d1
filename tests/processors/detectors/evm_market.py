"""A coin that has long been traded on a real chain: an exchange, a pool, and a crowd with both."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from web3.contract import Contract

from schemas.alerts import Alert
from tests.evm.chain import ETHER, EVEN_PRICE, Chain
from tests.processors.detectors.evm_launch import SUPPLY, Launch, address_of, told

#: What one of the crowd has in the beginning, and a usual transfer or trade of theirs.
HOLDING = SUPPLY // 1000
_POOLED = SUPPLY * 35 // 100
_USUAL_TOKENS = SUPPLY // 20_000
_USUAL_ETHER = 0.025
#: Of usual amounts: the deviation of their logarithm.
_SPREAD = 0.7
_PEOPLE = 30


class Market:
    """``exchange`` holds 30 % of all tokens and the pool 35 %, ``whale`` 10 % and everybody of the
    crowd a tenth of one. The pool is one of Uniswap's ``version``. ``usual`` lets the crowd trade.
    """

    def __init__(self, chain: Chain, version: int = 2) -> None:
        self.chain = chain
        self.token = chain.deploy_token("COIN", supply=SUPPLY)
        self.launch = Launch(chain, self.token, _PEOPLE)
        self.people = self.launch.people
        self.exchange, self.whale = self.fresh(0xE0), self.fresh(0xA0)
        self._chance = random.Random(1)
        with self.block(12):
            for person in self.people:
                self.send(chain.deployer, person, HOLDING)
            self.send(chain.deployer, self.exchange, SUPPLY * 30 // 100)
            self.send(chain.deployer, self.whale, SUPPLY // 10)
        self._version = version
        self._is_first = int(self.token.address, 16) < int(chain.weth.address, 16)
        if version == 2:
            self.pool = self.launch.open_pool(_POOLED, 175)
        else:
            self.pool = self._open_pool_v3(_POOLED, 175 * ETHER)

    def fresh(self, number: int) -> str:
        """An address that nobody has used, able to pay for transactions."""
        address = address_of(0xF00D0000 + number)
        self.chain.node.rpc("anvil_setBalance", address, hex(10 * ETHER))
        return address

    @contextmanager
    def block(self, later_s: int = 30) -> Iterator[None]:
        """What is done within stands in one block, so much later than the one before; all of it
        must succeed."""
        self.launch.later(later_s)
        with self.chain.one_block():
            yield
        receipts = self.chain.node.rpc("eth_getBlockReceipts", hex(self.chain.head))
        assert all(receipt["status"] == "0x1" for receipt in receipts), receipts

    def usual(self, minutes: int, every: int = 1, trades: int = 1) -> None:
        """A block in every so many minutes: somebody deals with the exchange, and so many trade
        with the pool."""
        for _ in range(minutes // every):
            with self.block(60 * every):
                person, hub = self._somebody(), self.exchange
                pair = (person, hub) if self._chance.random() < 0.5 else (hub, person)
                self.send(*pair, int(_USUAL_TOKENS * self._size()))
                for _ in range(trades):
                    self.trade(_USUAL_ETHER * self._size())

    def trade(self, ether: float, person: str | None = None, buys: bool | None = None) -> None:
        """Somebody, or who is named, buys or sells for about so much."""
        person = person or self._somebody()
        if buys is None:
            buys = self._chance.random() < 0.5
        if buys:
            self._swap(person, self.chain.weth, int(ether * ETHER))
        else:
            self.sell(person, self.worth(ether))

    def worth(self, ether: float) -> int:
        """Tokens that cost about so much in the newest block."""
        pool = self.pool.functions
        if self._version == 2:
            first, second, _ = pool.getReserves().call()
        else:
            first, second = EVEN_PRICE**2, pool.slot0().call()[0] ** 2
        tokens, money = (first, second) if self._is_first else (second, first)
        return int(int(ether * ETHER) * tokens // money)

    def sell(self, person: str, tokens: int) -> None:
        """Sell to the pool; who is none of the crowd must have allowed the router to."""
        self._swap(person, self.token, tokens)

    def allow(self, trader: str, ether: int = 0) -> None:
        """Who is none of the crowd may trade from the next block on, with so much wrapped ether."""
        chain = self.chain
        with self.block():
            if ether:
                chain.node.rpc("anvil_setBalance", trader, hex((ether + 10) * ETHER))
                chain.do(chain.weth.functions.deposit(), trader, value=ether * ETHER)
            for spent in (chain.weth, self.token):
                chain.do(spent.functions.approve(chain.router.address, 2**256 - 1), trader)

    def send(self, sender: str, receiver: str, amount: int) -> None:
        self.chain.transfer(self.token, receiver, amount, sender)

    def send_in_a_block(self, sender: str, receiver: str, amount: int, later_s: int = 30) -> int:
        """The block's number."""
        with self.block(later_s):
            self.send(sender, receiver, amount)
        return self.chain.head

    def _open_pool_v3(self, tokens: int, money: int) -> Contract:
        """One that holds about so much of both over the whole range of prices."""
        first, second = (tokens, money) if self._is_first else (money, tokens)
        square_root = math.isqrt(second * EVEN_PRICE**2 // first)
        pool = self.chain.create_pool_v3(self.token, square_root=square_root)
        self.chain.add_liquidity_v3(pool, self.token, math.isqrt(tokens * money))
        return pool

    def _swap(self, trader: str, spent: Contract, amount: int) -> None:
        router, pool = self.chain.router.functions, self.pool.address
        if self._version == 2:
            swap = router.swapV2(pool, spent.address, amount)
        else:
            swap = router.swapV3(pool, (spent is self.token) == self._is_first, amount)
        self.chain.do(swap, trader)

    def _somebody(self) -> str:
        return self.people[self._chance.randrange(len(self.people))]

    def _size(self) -> float:
        """One is usual."""
        return self._chance.lognormvariate(0.0, _SPREAD)


@dataclass(frozen=True, slots=True)
class Word:
    """An alert as it opened and as it ended."""

    first: Alert
    last: Alert

    def evidence(self) -> dict[str, float]:
        """Of its opening."""
        return {item.feature: item.value for item in self.first.evidence}


async def words_of(act: Callable[[Market], int | None], version: int = 2) -> dict[str, Word]:
    """What is told of a market with a pool of that version, by pattern.

    The number that ``act`` gives is that of the block in which all of it must have been told;
    without one, nothing may be.
    """
    blocks: list[int | None] = []

    def all_of_it(chain: Chain) -> Contract:
        market = Market(chain, version)
        blocks.append(act(market))
        return market.token

    found = await told(all_of_it)
    times = {getattr(event, "block_number", None): event.event_time for event in found.events}
    words: dict[str, Word] = {}
    for last in found.last_words():
        first = next(one for one in found.revisions if one.id == last.id)
        assert first.pattern not in words, f"told twice: {first}"
        assert blocks[0] is not None, f"told, though nothing happened: {first.explanation}"
        assert first.event_time == times[blocks[0]]
        words[first.pattern] = Word(first, last)
    return words
