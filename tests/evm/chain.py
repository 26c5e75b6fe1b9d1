"""What people do on a chain, done on a real one: coins, pools, trades, drained pools, reorganised
blocks. Amounts are in the smallest unit (wei) unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from web3 import HTTPProvider, Web3
from web3.contract import Contract

from tests.evm.node import EvmNode, contracts

#: Where tokens go to be gone for ever.
DEAD = "0x000000000000000000000000000000000000dEaD"
ETHER = 10**18
_GAS = 8_000_000
_MOST = 2**256 - 1
_FULL_RANGE = 887_220
#: A price of one, as Uniswap V3 writes square roots of prices.
EVEN_PRICE = 2**96


class Chain:
    """A chain with wrapped ether, Uniswap V2 and V3 factories and a router on it.

    Every action is a transaction in a block of its own, ``block_s`` after the one before; actions
    within ``one_block()`` share one. ``block_s`` None leaves the time to the node's clock. All
    accounts of ``people`` have ether, wrapped too.
    """

    def __init__(self, node: EvmNode, *, block_s: int | None = 12, people: int = 5) -> None:
        self.node = node
        self._web3 = Web3(HTTPProvider(node.http_url))
        self._compiled = contracts()
        self._allowed: set[tuple[str, str]] = set()
        self._open_block = False
        self.people = [str(account) for account in self._web3.eth.accounts[:people]]
        self.deployer = self.people[0]
        if block_s is not None:
            node.rpc("anvil_setBlockTimestampInterval", block_s)
        with self.one_block():
            self.weth = self.deploy("WrappedEther")
            self.factory = self.deploy("UniswapV2Factory", self.deployer)
            self.factory_v3 = self.deploy("UniswapV3Factory")
            self.router = self.deploy("Router")
            for person in self.people:
                self.do(self.weth.functions.deposit(), person, value=1_000 * ETHER)

    @property
    def head(self) -> int:
        """The number of the newest block."""
        return int(self._web3.eth.block_number)

    def block(self, number: int | None = None) -> dict[str, Any]:
        """A block as web3 reads it, the newest unless a number is given."""
        return dict(self._web3.eth.get_block("latest" if number is None else number))

    def deploy(self, name: str, *arguments: Any, sender: str | None = None) -> Contract:
        """A new contract; its address is known at once, also within ``one_block()``."""
        compiled = self._compiled[name]
        sender = sender or self.deployer
        made = self._web3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
        nonce = self._web3.eth.get_transaction_count(sender, "pending")  # type: ignore[arg-type]
        self._send({"data": made.constructor(*arguments).data_in_transaction}, sender)
        return self._at(name, _address_of_new_contract(sender, nonce))

    def deploy_token(
        self,
        symbol: str,
        *,
        supply: int = 10**9 * ETHER,
        decimals: int = 18,
        sender: str | None = None,
    ) -> Contract:
        """A meme coin whose whole supply belongs to ``sender``."""
        return self.deploy("MemeCoin", f"{symbol} coin", symbol, decimals, supply, sender=sender)

    def create_pool(self, token: Contract, quote: Contract | None = None) -> Contract:
        """An empty Uniswap V2 pair of a token, with wrapped ether unless told otherwise."""
        with self.one_block(nested=True):
            pair = (token.address, (quote or self.weth).address)
            self.do(self.factory.functions.createPair(*pair))
        return self._at("UniswapV2Pair", self.factory.functions.getPair(*pair).call())

    def add_liquidity(
        self, pair: Contract, token: Contract, tokens: int, ether: int, sender: str | None = None
    ) -> str:
        """Feed a pair with tokens and wrapped ether; the sender gets the shares."""
        feed = self.router.functions.addV2(
            pair.address, token.address, tokens, self.weth.address, ether
        )
        return self._by_router(feed, sender, token, self.weth)

    def remove_liquidity(
        self, pair: Contract, sender: str | None = None, shares: int | None = None
    ) -> str:
        """Give shares (all of them) back to a pair and take out what they stand for."""
        held = pair.functions.balanceOf(sender or self.deployer).call()
        drain = self.router.functions.removeV2(pair.address, held if shares is None else shares)
        return self._by_router(drain, sender, pair)

    def buy(self, pair: Contract, ether: int, sender: str | None = None) -> str:
        """Swap wrapped ether for the token of a pair."""
        swap = self.router.functions.swapV2(pair.address, self.weth.address, ether)
        return self._by_router(swap, sender, self.weth)

    def sell(self, pair: Contract, token: Contract, tokens: int, sender: str | None = None) -> str:
        """Swap tokens of a pair for wrapped ether."""
        swap = self.router.functions.swapV2(pair.address, token.address, tokens)
        return self._by_router(swap, sender, token)

    def swap_twice(
        self, pairs: tuple[Contract, Contract], token: Contract, tokens: int, sender: str
    ) -> str:
        """Swap tokens for wrapped ether in one pair, and that for another token in the next."""
        path = (token.address, self.weth.address)
        swap = self.router.functions.swapTwiceV2(*(pair.address for pair in pairs), *path, tokens)
        return self._by_router(swap, sender, token)

    def transfer(self, token: Contract, to: str, amount: int, sender: str | None = None) -> str:
        """Move tokens; the shares of a pair are tokens too (to ``DEAD``: burned)."""
        return self.do(token.functions.transfer(to, amount), sender)

    def create_pool_v3(
        self, token: Contract, fee: int = 3000, square_root: int = EVEN_PRICE
    ) -> Contract:
        """A Uniswap V3 pool of a token and wrapped ether; of its price, the second token's for the
        first, the square root is given as such pools write it.
        """
        key = (token.address, self.weth.address, fee)
        self.do(self.factory_v3.functions.createPool(*key))
        pool = self._at("UniswapV3Pool", self.factory_v3.functions.getPool(*key).call())
        self.do(pool.functions.initialize(square_root))
        return pool

    def add_liquidity_v3(self, pool: Contract, token: Contract, liquidity: int) -> str:
        """Feed a V3 pool over its whole range; the position belongs to the router."""
        feed = self.router.functions.addV3(pool.address, -_FULL_RANGE, _FULL_RANGE, liquidity)
        return self._by_router(feed, None, token, self.weth)

    def remove_liquidity_v3(self, pool: Contract, liquidity: int) -> str:
        drain = self.router.functions.removeV3(pool.address, -_FULL_RANGE, _FULL_RANGE, liquidity)
        return self.do(drain)

    def swap_v3(self, pool: Contract, token_in: Contract, amount: int, sender: str) -> str:
        """Swap exactly ``amount`` of one token of a V3 pool for the other."""
        forward = pool.functions.token0().call() == token_in.address
        swap = self.router.functions.swapV3(pool.address, forward, amount)
        return self._by_router(swap, sender, token_in)

    def do(self, call: Any, sender: str | None = None, value: int = 0) -> str:
        """Send one call and return the transaction's hash; it must not fail."""
        transaction = {"to": call.address, "data": call._encode_transaction_data(), "value": value}
        return self._send(transaction, sender or self.deployer)

    @contextmanager
    def one_block(self, *, nested: bool = False) -> Iterator[None]:
        """Everything sent within stands in one block."""
        if self._open_block and not nested:
            raise AssertionError("one block is open already")
        self._open_block, outer = True, self._open_block
        try:
            yield
        finally:
            self._open_block = False
        self.mine()
        self._open_block = outer

    def mine(self, count: int = 1) -> None:
        """Mine what was sent, and empty blocks after it."""
        for _ in range(count):
            self.node.rpc("evm_mine")

    def set_next_time(self, seconds: int) -> None:
        """The next block is of this Unix time."""
        self.node.rpc("evm_setNextBlockTimestamp", seconds)

    def reorganise(self, depth: int) -> None:
        """Replace the newest blocks by as many empty ones."""
        self._allowed.clear()
        self.node.rpc("anvil_reorg", depth, [])

    def roll_back(self, depth: int, later_s: int = 1) -> None:
        """Take the newest blocks away; the next one is ``later_s`` later than the first was, so
        that it is another block whatever it holds.
        """
        self._allowed.clear()
        first = self.block(self.head - depth + 1)
        self.node.rpc("anvil_rollback", depth)
        self.set_next_time(int(first["timestamp"]) + later_s)

    def receipt(self, transaction: str) -> dict[str, Any]:
        return dict(self._web3.eth.get_transaction_receipt(transaction))  # type: ignore[arg-type]

    def _by_router(self, call: Any, sender: str | None, *spent: Contract) -> str:
        """Send a call to the router, which may spend these tokens of the sender from then on."""
        sender = sender or self.deployer
        for token in spent:
            if (token.address, sender) not in self._allowed:
                self._allowed.add((token.address, sender))
                self.do(token.functions.approve(self.router.address, _MOST), sender)
        return self.do(call, sender)

    def _send(self, transaction: dict[str, Any], sender: str) -> str:
        sent = self.node.rpc(
            "eth_sendTransaction",
            {
                "from": sender,
                "gas": hex(_GAS),
                **transaction,
                "value": hex(transaction.get("value", 0)),
            },
        )
        if not self._open_block:
            self.mine()
            receipt = self.node.rpc("eth_getTransactionReceipt", sent)
            assert receipt["status"] == "0x1", f"the transaction failed: {receipt}"
        return str(sent)

    def _at(self, name: str, address: str) -> Contract:
        checksummed = Web3.to_checksum_address(address)
        return self._web3.eth.contract(checksummed, abi=self._compiled[name]["abi"])


def _address_of_new_contract(sender: str, nonce: int) -> str:
    from web3.utils import get_create_address

    return str(get_create_address(sender, nonce))  # type: ignore[arg-type]
