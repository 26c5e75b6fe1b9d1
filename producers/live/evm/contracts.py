"""What is watched on one chain: tokens, their pools, and what their contracts say of themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from itertools import product

from msgspec import Struct

from memewatch.settings import Settings
from producers.live.evm import abi
from producers.live.evm.bodies import SIDES, Coin, Log, Pool, Side, Version
from producers.live.evm.decoding import created_pool
from producers.live.evm.node import Node, all_of
from producers.registry import RegisteredToken, TokenRegistry
from producers.registry.tokens import normal_address
from producers.watch_list import WatchList
from schemas.watch import WatchEntry

_log = logging.getLogger(__name__)

#: Pools that were found by their creation; beyond that the oldest are forgotten.
MOST_FOUND_POOLS = 1_000
#: Of V3 pools, in hundredths of a basis point; 2,500 is PancakeSwap's.
_FEES = (100, 500, 2_500, 3_000, 10_000)


class _Known(Struct, frozen=True):
    """What does not change about a pool."""

    version: Version
    venue: str
    tokens: tuple[str, str]


class Contracts:
    """The addresses whose logs are asked for, and how to read them.

    What contracts say is asked once and kept. A token that is not there yet is asked again when it
    logs something.
    """

    def __init__(
        self, chain: str, settings: Settings, tokens: TokenRegistry, watch_list: WatchList
    ) -> None:
        self.chain = chain
        self.factories = {
            normal_address(address): venue
            for venue, address in settings.evm_factories.get(chain, {}).items()
        }
        self._quotes = frozenset(map(normal_address, settings.evm_quotes.get(chain, [])))
        self._tokens = tokens
        self._watch_list = watch_list
        self._taken_up: tuple[int, object] | None = None
        #: Registry's word on every watched token, by address.
        self._watched: dict[str, RegisteredToken] = {}
        #: What entries of the watch list want of a pool: the token's name, or None.
        self._listed: dict[str, str | None] = {}
        self._known: dict[str, _Known] = {}
        #: Pools that were found, in that order; True: only their creation tells of them, for they
        #: are none of those that are looked up.
        self._found: dict[str, bool] = {}
        self._looked_up: set[str] = set()
        self._pools: dict[str, Pool] = {}
        self._coins: dict[str, Coin] = {}

    @property
    def watched(self) -> list[str]:
        """Addresses of the tokens whose transfers are wanted."""
        return list(self._watched)

    @property
    def pools(self) -> dict[str, Pool]:
        """Every pool whose events are wanted, by address."""
        return self._pools

    @property
    def addresses(self) -> list[str]:
        """Everything whose logs are wanted; nothing where no token and no pool is watched."""
        if not self._watched and not self._pools:
            return []
        return sorted({*self._watched, *self._pools, *self.factories})

    @property
    def discovered(self) -> list[str]:
        """Pools that another process could not find again by asking."""
        return [pool for pool, by_creation in self._found.items() if by_creation]

    async def refresh(self, node: Node) -> None:
        """Take up what the watch list and the registry say now; quick when nothing changed."""
        state = (self._watch_list.version, self._tokens.tokens)
        if self._taken_up is not None and (
            state[0] == self._taken_up[0] and state[1] is self._taken_up[1]
        ):
            return
        entries = [entry for entry in self._watch_list.entries if entry.chain == self.chain]
        self._watched = dict(self._registered(entries))
        self._listed = {
            normal_address(entry.value): entry.token for entry in entries if entry.kind == "pool"
        }
        # Names may have changed; what contracts said has not, but is asked for again with them.
        self._coins = {}
        unknown = [address for address in self._watched if address not in self._looked_up]
        for address in unknown:
            await self._look_up_pools(node, address)
            self._looked_up.add(address)
        wanted = [*self._listed, *self._found]
        await all_of(self._learn(node, pool) for pool in wanted if pool not in self._known)
        self._choose_pools()
        self._taken_up = state

    def restore(self, pools: Iterable[str]) -> None:
        """Pools found before, by another process."""
        self._found.update(dict.fromkeys(pools, True))

    def discover(self, logs: Iterable[Log]) -> list[str]:
        """Take up pools of watched tokens that were created in these logs; return the new ones."""
        new = []
        for log in logs:
            if not log.topics or log.topics[0] not in (abi.PAIR_CREATED, abi.POOL_CREATED):
                continue
            venue = self.factories.get(log.address)
            if venue is None:
                continue
            try:
                tokens = tuple(abi.address(int(topic, 16)) for topic in log.topics[1:3])
                pool = created_pool(log)
            except (ValueError, IndexError):
                continue
            if len(tokens) == 2 and pool not in self._pools and self._watched.keys() & set(tokens):
                known = _Known(_version(venue), venue, (tokens[0], tokens[1]))
                self._find(pool, known, by_creation=True)
                new.append(pool)
        if new:
            self._choose_pools()
        return new

    def wants(self, log: Log) -> bool:
        """Whether a log becomes an event."""
        if not log.topics:
            return False
        if log.topics[0] in (abi.PAIR_CREATED, abi.POOL_CREATED):
            if log.address not in self.factories:
                return False
            try:
                return created_pool(log) in self._pools
            except (ValueError, IndexError):
                return False
        if log.address in self._pools:
            return True
        return log.address in self._watched and log.topics[0] == abi.TRANSFER

    async def coins(self, node: Node, logs: Iterable[Log]) -> dict[str, Coin]:
        """The tokens that these logs are about, by address."""
        needed: dict[str, None] = {}
        for log in logs:
            pool = self._pools.get(log.address)
            if pool is None and log.address in self.factories:
                pool = self._pools.get(created_pool(log))
            needed.update(dict.fromkeys(pool.tokens if pool else (log.address,)))
        unknown = [address for address in needed if address not in self._coins]
        for address, coin in zip(
            unknown, await all_of(self._coin(node, address) for address in unknown), strict=True
        ):
            self._coins[address] = coin
        return {address: self._coins[address] for address in needed}

    def _registered(self, entries: list[WatchEntry]) -> Iterable[tuple[str, RegisteredToken]]:
        for token in self._tokens.tokens:
            if token.chain == self.chain and token.address is not None:
                yield normal_address(token.address), token
        for entry in entries:
            if entry.kind == "token":
                address = normal_address(entry.value)
                if not self._tokens.by_address(address, self.chain):
                    token = self._tokens.of_contract(self.chain, address, entry.symbol)
                    yield address, token

    def _choose_pools(self) -> None:
        self._pools = {}
        for address in [*self._listed, *self._found]:
            if (known := self._known.get(address)) is None:
                continue
            quotes = [token in self._quotes for token in known.tokens]
            base: Side = 1 if quotes[0] and not quotes[1] else 0
            sides: set[Side] = {side for side in SIDES if known.tokens[side] in self._watched}
            if address in self._listed:
                sides.add(self._listed_side(self._listed[address], known, base))
            if sides:
                self._pools[address] = Pool(
                    version=known.version,
                    venue=known.venue,
                    tokens=known.tokens,
                    base=base,
                    sides=tuple(sorted(sides)),
                )

    def _listed_side(self, token: str | None, known: _Known, base: Side) -> Side:
        """Which of a pool's tokens an entry of the watch list means."""
        for side in SIDES:
            if self._tokens.of_contract(self.chain, known.tokens[side]).token == token:
                return side
        return base

    def _find(self, pool: str, known: _Known, *, by_creation: bool) -> None:
        self._known[pool] = known
        self._found[pool] = by_creation
        while len(self._found) > MOST_FOUND_POOLS:
            oldest = next(iter(self._found))
            del self._found[oldest]
            _log.warning(
                "%s: more than %d pools were found; pool %s is no longer followed",
                self.chain,
                MOST_FOUND_POOLS,
                oldest,
            )

    async def _look_up_pools(self, node: Node, token: str) -> None:
        """The pools that a token has with what is usually paid for it."""
        questions = []
        for (factory, venue), quote in product(self.factories.items(), sorted(self._quotes)):
            if quote == token:
                continue
            pair = abi.argument(token) + abi.argument(quote)
            if _version(venue) == 2:
                questions.append((venue, factory, quote, abi.GET_PAIR + pair))
            else:
                questions += [
                    (venue, factory, quote, abi.GET_POOL + pair + abi.argument(fee))
                    for fee in _FEES
                ]
        answers = await all_of(node.ask(factory, call) for _, factory, _, call in questions)
        for (venue, _, quote, _), answer in zip(questions, answers, strict=True):
            pool = _address(answer)
            if pool is not None:
                # Pools keep their tokens in this order.
                first, second = sorted((token, quote))
                known = _Known(_version(venue), venue, (first, second))
                self._find(pool, known, by_creation=False)

    async def _learn(self, node: Node, pool: str) -> None:
        """Ask a pool what it is; one that is none is left out, and said so."""
        calls = (abi.TOKEN0, abi.TOKEN1, abi.FACTORY, abi.GET_RESERVES)
        token0, token1, factory, reserves = await all_of(node.ask(pool, call) for call in calls)
        tokens = _address(token0), _address(token1)
        if tokens[0] is None or tokens[1] is None:
            _log.warning("%s: %s on the watch list is no pool", self.chain, pool)
            return
        version: Version = 2 if len(reserves or "") > 2 else 3
        made_by = _address(factory)
        venue = self.factories.get(made_by or "", f"v{version}@{made_by}")
        self._known[pool] = _Known(version, venue, (tokens[0], tokens[1]))

    async def _coin(self, node: Node, address: str) -> Coin:
        symbol, decimals = await all_of(
            (node.ask(address, abi.SYMBOL), node.ask(address, abi.DECIMALS))
        )
        said = abi.text(symbol) if symbol else None
        token = self._watched.get(address) or self._tokens.of_contract(self.chain, address, said)
        unnamed = token.symbol == token.token.upper()
        return Coin(
            token.token,
            said.upper() if said and unnamed else token.symbol,
            abi.decimals(decimals, token.decimals),
        )


def _address(answer: str | None) -> str | None:
    """The address a contract answered, None where it has none."""
    if not answer or len(answer) != 66:
        return None
    number = int(answer, 16)
    return f"0x{number:040x}" if 0 < number < 1 << 160 else None


def _version(venue: str) -> Version:
    return 3 if venue.endswith("v3") else 2
