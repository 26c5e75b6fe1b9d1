"""Payloads of this source into events: a pure function of their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from producers.live.evm import abi
from producers.live.evm.bodies import Coin, Decision, Log, Logs, Pool
from producers.source import Rejected
from schemas.events import Event, Finality, Liquidity, Tick, Transfer
from schemas.times import rfc3339

SOURCE = "evm"
#: The decimals of every V2 pool's shares; V3's liquidity is of the same unit, a square root.
SHARE_DECIMALS = 18


def read_logs(body: bytes) -> Iterator[Event | Rejected]:
    """The events of a payload of ``LOGS``."""
    try:
        payload = msgspec.json.decode(body, type=Logs)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Rejected(reason=f"no logs of a chain: {error}", value=body)
        return
    logs = []
    for raw in payload.logs:
        try:
            logs.append(msgspec.json.decode(raw, type=Log))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Rejected(reason=f"no log of a chain: {error}", value=bytes(raw))
    reader = _Reader(payload, _Shares(payload, logs))
    for log in logs:
        try:
            yield from reader.read(log)
        except (ValueError, LookupError) as error:
            yield Rejected(
                reason=f"a log of {log.address} cannot be read: {error!r}",
                value=msgspec.json.encode(log),
            )


def read_decision(body: bytes) -> Iterator[Event | Rejected]:
    """The events of a payload of ``FINALITY``."""
    try:
        payload = msgspec.json.decode(body, type=Decision)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Rejected(reason=f"no decision of a chain: {error}", value=body)
        return
    for event in payload.events:
        yield Finality(
            id=f"{event.id}:{payload.status}:{payload.hash}",
            token=event.token,
            symbol=event.symbol,
            event_time=rfc3339(max(payload.time_s * 1000, event.event_ms)),
            source=SOURCE,
            chain=payload.chain,
            topic=event.topic,
            of=event.id,
            status=payload.status,
            block_number=payload.number,
            block_hash=payload.hash,
        )


def log_id(chain: str, block_hash: str, transaction: str, log_index: int) -> str:
    """The identity of what happened on a chain."""
    return f"{chain}:{block_hash}:{transaction}:{log_index}"


def transfer_of(log: Log) -> tuple[str, str, int]:
    """Sender, receiver and amount of a ``Transfer``, indexed or not as the token's author liked.

    Raises:
        ValueError: it is one of another kind, as of tokens that cannot be divided.
    """
    values = [*(int(topic, 16) for topic in log.topics[1:]), *abi.words(log.data)]
    if len(values) != 3 or len(log.topics) > 3:
        raise ValueError("this Transfer is not that of an ERC-20 token")
    return abi.address(values[0]), abi.address(values[1]), values[2]


@dataclass(slots=True)
class _Shares:
    """Shares of V2 pools: what a ``Mint`` or ``Burn`` made or took, and all there are after it.

    A pair first moves shares, from or to nobody, and then says ``Mint`` or ``Burn``.
    """

    #: Amount, receiver and supply after it, by (block, pool, index of the log that moves shares).
    moves: dict[tuple[str, str, int], tuple[str, str, int, int | None]] = field(init=False)
    _last: dict[tuple[str, str], list[int]] = field(init=False)

    def __init__(self, payload: Logs, logs: list[Log]) -> None:
        self.moves = {}
        self._last = {}
        supplies: dict[tuple[str, str], int | None] = {}
        # Backwards, for what is known is the supply at the end of the block.
        for log in reversed(logs):
            if log.topics[:1] != [abi.TRANSFER] or log.address not in payload.pools:
                continue
            try:
                sender, receiver, amount = transfer_of(log)
            except ValueError:
                continue
            key = (log.block_hash, log.address)
            known = payload.shares.get(f"{log.address} {log.block_hash}")
            supply = supplies.setdefault(key, known)
            index = int(log.log_index, 16)
            self.moves[(*key, index)] = (sender, receiver, amount, supply)
            if is_mint(sender) or is_burn(log.address, sender, receiver):
                self._last.setdefault((log.address, log.transaction_hash), []).append(index)
                if supply is not None:
                    supplies[key] = supply - amount if is_mint(sender) else supply + amount

    def before(self, log: Log) -> tuple[str, str, int, int | None] | None:
        """The shares that were made or taken just before this ``Mint`` or ``Burn``."""
        index = int(log.log_index, 16)
        # They stand from the highest index down.
        for found in self._last.get((log.address, log.transaction_hash), ()):
            if found < index:
                return self.moves[(log.block_hash, log.address, found)]
        return None


def is_mint(sender: str) -> bool:
    """Whether moved shares are new ones."""
    return sender == abi.ZERO_ADDRESS


def is_burn(pool: str, sender: str, receiver: str) -> bool:
    """Whether moved shares are taken back by their pool."""
    return sender == pool and receiver == abi.ZERO_ADDRESS


class _Reader:
    """Reads one payload's logs, one after the other."""

    def __init__(self, payload: Logs, shares: _Shares) -> None:
        self._payload = payload
        self._shares = shares
        self._watched = frozenset(payload.watched)

    def read(self, log: Log) -> Iterator[Event | Rejected]:
        """The events of one log: none when it concerns nobody.

        Raises:
            ValueError, KeyError, IndexError: it is not what its first topic says.
        """
        topic = log.topics[0] if log.topics else None
        if topic in (abi.PAIR_CREATED, abi.POOL_CREATED):
            yield from self._created(log)
        elif (pool := self._payload.pools.get(log.address)) is not None:
            read = _OF_POOLS[pool.version].get(topic or "")
            if read is not None:
                yield from read(self, log, pool)
        elif topic == abi.TRANSFER and log.address in self._watched:
            yield self._transfer(log)

    def _transfer(self, log: Log) -> Event:
        coin = self._payload.coins[log.address]
        sender, receiver, amount = transfer_of(log)
        return Transfer(
            **self._common(log, coin),
            contract=log.address,
            from_address=sender,
            to_address=receiver,
            amount=abi.whole(amount, coin.decimals),
        )

    def _created(self, log: Log) -> Iterator[Event]:
        address = created_pool(log)
        if (pool := self._payload.pools.get(address)) is not None:
            yield from self._liquidity(log, address, pool, "pool_created")

    def _swap_v2(self, log: Log, pool: Pool) -> Iterator[Event | Rejected]:
        in0, in1, out0, out1 = abi.words(log.data)
        receiver = abi.address(int(log.topics[2], 16))
        yield from self._swap(log, pool, (in0 - out0, in1 - out1), receiver)

    def _swap_v3(self, log: Log, pool: Pool) -> Iterator[Event | Rejected]:
        in0, in1, *_ = (abi.signed(word) for word in abi.words(log.data))
        receiver = abi.address(int(log.topics[2], 16))
        yield from self._swap(log, pool, (in0, in1), receiver)

    def _swap(
        self, log: Log, pool: Pool, paid: tuple[int, int], receiver: str
    ) -> Iterator[Event | Rejected]:
        """``paid`` is what the pool got of each token, less what it gave away."""
        if paid[0] * paid[1] >= 0:
            # Dust, or a loan that was paid back in kind: nothing was bought at any price.
            yield Rejected(
                reason="a swap without an amount on one side has no price",
                value=msgspec.json.encode(log),
            )
            return
        trader = self._payload.senders.get(log.transaction_hash)
        for side in pool.sides:
            coin, quote = self._coins(pool, side)
            buy = paid[side] < 0
            tokens, money = abs(paid[side]), abs(paid[1 - side])
            yield Tick(
                **self._common(log, coin, pool, side),
                price=abi.price(money, quote.decimals, tokens, coin.decimals),
                amount=abi.whole(tokens, coin.decimals),
                side="buy" if buy else "sell",
                venue=pool.venue,
                quote=quote.symbol,
                buyer=(trader or receiver) if buy else log.address,
                seller=log.address if buy else trader,
                contract=log.address,
            )

    def _mint_v2(self, log: Log, pool: Pool) -> Iterator[Event]:
        amounts = abi.words(log.data)
        move = self._shares.before(log)
        yield from self._liquidity(
            log,
            log.address,
            pool,
            "added",
            amounts=amounts,
            liquidity=move[2] if move else None,
            total=move[3] if move else None,
            receiver=move[1] if move else None,
        )

    def _burn_v2(self, log: Log, pool: Pool) -> Iterator[Event]:
        amounts = abi.words(log.data)
        move = self._shares.before(log)
        yield from self._liquidity(
            log,
            log.address,
            pool,
            "removed",
            amounts=amounts,
            liquidity=move[2] if move else None,
            total=move[3] if move else None,
            receiver=abi.address(int(log.topics[2], 16)),
        )

    def _sync_v2(self, log: Log, pool: Pool) -> Iterator[Event]:
        yield from self._liquidity(
            log, log.address, pool, "reserves", amounts=abi.words(log.data), acted=False
        )

    def _shares_moved(self, log: Log, pool: Pool) -> Iterator[Event]:
        move = self._shares.moves.get((log.block_hash, log.address, int(log.log_index, 16)))
        if move is None:
            raise ValueError("this Transfer is not that of a pool's shares")
        sender, receiver, amount, total = move
        # New shares and those taken back are part of `added` and `removed`.
        if is_mint(sender) or is_burn(log.address, sender, receiver):
            return
        yield from self._liquidity(
            log,
            log.address,
            pool,
            "shares_moved",
            liquidity=amount,
            total=total,
            sender=sender,
            receiver=receiver,
        )

    def _mint_v3(self, log: Log, pool: Pool) -> Iterator[Event]:
        _, liquidity, *amounts = abi.words(log.data)
        yield from self._liquidity(
            log,
            log.address,
            pool,
            "added",
            amounts=amounts,
            liquidity=liquidity,
            receiver=abi.address(int(log.topics[1], 16)),
        )

    def _burn_v3(self, log: Log, pool: Pool) -> Iterator[Event]:
        liquidity, *amounts = abi.words(log.data)
        # Burning nothing is how a position is asked to count its fees.
        if liquidity:
            yield from self._liquidity(
                log, log.address, pool, "removed", amounts=amounts, liquidity=liquidity
            )

    def _liquidity(
        self,
        log: Log,
        address: str,
        pool: Pool,
        action: Any,
        *,
        amounts: list[int] | None = None,
        liquidity: int | None = None,
        total: int | None = None,
        sender: str | None = None,
        receiver: str | None = None,
        acted: bool = True,
    ) -> Iterator[Event]:
        """One event for each wanted side; ``amounts`` are of the pool's two tokens, in order."""
        if acted and sender is None:
            sender = self._payload.senders.get(log.transaction_hash)
        for side in pool.sides:
            coin, quote = self._coins(pool, side)
            yield Liquidity(
                **self._common(log, coin, pool, side),
                pool=address,
                action=action,
                quote=quote.symbol,
                token_amount=abi.whole(amounts[side], coin.decimals) if amounts else None,
                quote_amount=abi.whole(amounts[1 - side], quote.decimals) if amounts else None,
                liquidity=None if liquidity is None else abi.whole(liquidity, SHARE_DECIMALS),
                total_liquidity=None if total is None else abi.whole(total, SHARE_DECIMALS),
                from_address=sender,
                to_address=receiver,
            )

    def _coins(self, pool: Pool, side: int) -> tuple[Coin, Coin]:
        """The token of that side, and what is paid for it."""
        coins = self._payload.coins
        return coins[pool.tokens[side]], coins[pool.tokens[1 - side]]

    def _common(
        self, log: Log, coin: Coin, pool: Pool | None = None, side: int = 0
    ) -> dict[str, Any]:
        """What every event of a log has.

        Where both tokens of a pool are wanted, one log is two events. Which of them has the log's
        own id depends on the pool alone, so it stays when the watch list changes.
        """
        index = int(log.log_index, 16)
        identity = log_id(self._payload.chain, log.block_hash, log.transaction_hash, index)
        if pool is not None and side != pool.base:
            identity = f"{identity}:{coin.token}"
        return {
            "id": identity,
            "token": coin.token,
            "symbol": coin.symbol,
            "event_time": rfc3339(self._payload.times[log.block_hash] * 1000),
            "source": SOURCE,
            "chain": self._payload.chain,
            "transaction": log.transaction_hash,
            "log_index": index,
            "block_number": int(log.block_number, 16),
            "block_hash": log.block_hash,
            "confirmation": self._payload.confirmation,
        }


def created_pool(log: Log) -> str:
    """The address of the pool that a factory made. Raises ``ValueError`` or ``IndexError``."""
    values = abi.words(log.data)
    return abi.address(values[0] if log.topics[0] == abi.PAIR_CREATED else values[1])


_Read = Callable[[_Reader, Log, Pool], Iterator[Event | Rejected]]
_OF_POOLS: dict[int, dict[str, _Read]] = {
    2: {
        abi.SWAP_V2: _Reader._swap_v2,
        abi.MINT_V2: _Reader._mint_v2,
        abi.BURN_V2: _Reader._burn_v2,
        abi.SYNC_V2: _Reader._sync_v2,
        abi.TRANSFER: _Reader._shares_moved,
    },
    3: {
        abi.SWAP_V3: _Reader._swap_v3,
        abi.SWAP_V3_FEES: _Reader._swap_v3,
        abi.MINT_V3: _Reader._mint_v3,
        abi.BURN_V3: _Reader._burn_v3,
    },
}
