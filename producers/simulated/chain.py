"""A token's transfers on chain: retail, pool, exchanges, treasury, and what a scenario adds."""

from __future__ import annotations

import math

from producers.simulated.batch import TRANSFER_RANK, Batch
from producers.simulated.blocks import BLOCK_MS, block_hash
from producers.simulated.dice import dice, digest
from producers.simulated.hoards import fillings
from producers.simulated.plan import Move, Plan
from producers.simulated.profiles import Profile
from producers.simulated.stamps import stamp
from schemas.events import Liquidity, Transfer
from schemas.events import Profile as ProfileEvent

_MINUTE_MS = 60_000
#: Ordinary transfers as shares of the supply: lognormal, drawn again above the largest.
_TYPICAL_SHARE = 4e-6
_SHARE_DEVIATION = 1.6
_LARGEST_SHARE = 5e-4
#: Exchanges empty a deposit address when this much has come in.
_SWEEP_SHARE = 2e-5
#: Shares of a token's old pool.
_POOL_SHARES = 1e6


class Chain:
    """One token's transfers. ``slice`` is called with adjoining slices of time."""

    def __init__(self, market: str, profile: Profile, start_ms: int) -> None:
        self._market = market
        self._profile = profile
        self._start_ms = start_ms
        self._dice = dice(market, start_ms, profile.token, "chain")
        self._count = 0
        self._log_index = self._dice.whole(3, 40)
        self._block = -1
        self._held: dict[str, float] = {}
        self._fillings = fillings(profile, start_ms)
        self._filling = next(self._fillings)
        self._digits = max(0, 8 - math.floor(math.log10(profile.supply)))

    def slice(self, start_ms: int, end_ms: int, plan: Plan | None, batch: Batch) -> None:
        """Add the transfers of ``[start_ms, end_ms)``."""
        profile, chance = self._profile, self._dice
        if start_ms == self._start_ms:
            self._tell(batch)
        rate = profile.transfers * profile.rhythm(start_ms)
        if plan is not None:
            # Chain activity follows the trades at a distance; a halted market moves little.
            rate *= math.exp(min(1.5, 0.4 * plan.trading.at(start_ms)))
        span = end_ms - start_ms
        moves: list[Move] = []
        for _ in range(chance.poisson(rate * span / _MINUTE_MS)):
            self._usual(start_ms + int(span * chance.random()), end_ms, moves)
        if plan is not None:
            moves += plan.moves_before(end_ms)
        while self._filling.at_ms < end_ms:
            moves.append(self._filling)
            self._filling = next(self._fillings)
        moves.sort()
        for move in moves:
            self._transfer(move, batch)

    def _tell(self, batch: Batch) -> None:
        """What an explorer tells of the token's contract."""
        profile = self._profile
        identity = f"{profile.chain}:{profile.contract}:{self._start_ms}"
        told = ProfileEvent(
            id=identity,
            token=profile.token,
            symbol=profile.symbol,
            event_time=stamp(self._start_ms),
            source="simulated",
            chain=profile.chain,
            contract=profile.contract,
            creator=profile.creator,
            source_verified=True,
            total_supply=f"{profile.supply:.0f}",
        )
        batch.append((self._start_ms, TRANSFER_RANK, identity, told))

    def _usual(self, at_ms: int, end_ms: int, moves: list[Move]) -> None:
        profile, chance = self._profile, self._dice
        share = self._usual_share()
        wallet, draw = chance.pick(profile.wallets), chance.random()
        if draw < 0.30:
            sides = (profile.pool, wallet) if chance.random() < 0.5 else (wallet, profile.pool)
        elif draw < 0.50:
            sides = (wallet, chance.pick(profile.wallets))
        elif draw < 0.72:
            exchange = chance.pick(profile.exchanges)
            address = chance.pick(exchange.deposits)
            sides = (wallet, address)
            self._note_deposit(address, share, exchange.hot[0], at_ms, end_ms, moves)
        elif draw < 0.92:
            sides = (chance.pick(profile.exchanges).hot[0], wallet)
        elif draw < 0.96:
            # The market maker moves stock between its wallet and an exchange.
            hot = chance.pick(profile.exchanges).hot[0]
            share = max(share, self._usual_share(), self._usual_share())
            sides = (profile.maker, hot) if chance.random() < 0.5 else (hot, profile.maker)
        elif draw < 0.98:
            sides = (profile.treasury, wallet)
        else:
            sides = (chance.pick(profile.holders)[0], wallet)
        moves.append(Move(at_ms, sides[0], sides[1], share))

    def _usual_share(self) -> float:
        while True:
            share = _TYPICAL_SHARE * math.exp(self._dice.gauss(0.0, _SHARE_DEVIATION))
            if share < _LARGEST_SHARE:
                return share

    def _note_deposit(
        self, address: str, share: float, hot: str, at_ms: int, end_ms: int, moves: list[Move]
    ) -> None:
        held = self._held.get(address, 0.0) + share
        if held > _SWEEP_SHARE and at_ms + BLOCK_MS < end_ms:
            sweep_ms = at_ms + BLOCK_MS + int((end_ms - at_ms - BLOCK_MS) * self._dice.random())
            moves.append(Move(sweep_ms, address, hot, held))
            held = 0.0
        self._held[address] = held

    def _transfer(self, move: Move, batch: Batch) -> None:
        profile, chance = self._profile, self._dice
        block = (move.at_ms - self._start_ms) // BLOCK_MS
        at_ms = self._start_ms + block * BLOCK_MS
        if block != self._block:
            self._block, self._log_index = block, chance.whole(3, 40)
        self._log_index += chance.whole(1, 9)
        self._count += 1
        transaction = (
            "0x" + digest(self._market, self._start_ms, profile.token, self._count, size=32).hex()
        )
        block_number = at_ms // BLOCK_MS
        hashed = block_hash(self._market, at_ms)
        identity = f"{profile.chain}:{hashed}:{transaction}:{self._log_index}"
        transfer = Transfer(
            id=identity,
            token=profile.token,
            symbol=profile.symbol,
            event_time=stamp(at_ms),
            source="simulated",
            chain=profile.chain,
            contract=profile.contract,
            transaction=transaction,
            log_index=self._log_index,
            from_address=move.sender,
            to_address=move.receiver,
            amount=f"{move.share * profile.supply:.{self._digits}f}",
            block_number=block_number,
            block_hash=hashed,
        )
        batch.append((at_ms, TRANSFER_RANK, identity, transfer))
        if move.withdrawn:
            self._withdraw(transfer, move, at_ms, batch)

    def _withdraw(self, transfer: Transfer, move: Move, at_ms: int, batch: Batch) -> None:
        """The log of the pool that lets the tokens go, after that of the transfer."""
        self._log_index += 1
        identity = f"{transfer.id.rpartition(':')[0]}:{self._log_index}"
        removed = Liquidity(
            id=identity,
            token=transfer.token,
            symbol=transfer.symbol,
            event_time=transfer.event_time,
            source="simulated",
            chain=transfer.chain,
            pool=move.sender,
            transaction=transfer.transaction,
            log_index=self._log_index,
            action="removed",
            quote=self._profile.quote,
            token_amount=transfer.amount,
            liquidity=f"{move.withdrawn * _POOL_SHARES:.6f}",
            total_liquidity=f"{(1.0 - move.withdrawn) * _POOL_SHARES:.6f}",
            from_address=move.receiver,
            to_address=move.receiver,
            block_number=transfer.block_number,
            block_hash=transfer.block_hash,
        )
        batch.append((at_ms, TRANSFER_RANK, identity, removed))
