"""What a chain tells of one new coin: transfers, pools that keep a constant product, and swaps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from producers.simulated.batch import TICK_RANK, TRANSFER_RANK, Batch
from producers.simulated.blocks import BLOCK_MS, block_hash
from producers.simulated.dice import digest
from producers.simulated.profiles import Profile
from producers.simulated.stamps import stamp
from schemas.events import Event, Holder, Liquidity, Tick, Transfer
from schemas.events import Profile as ProfileEvent

Action = Literal["pool_created", "added", "removed", "reserves", "shares_moved"]

NOBODY = "0x" + "0" * 40
#: What a pool keeps of each trade.
_FEE = 0.003
#: The first log of a block; all have three digits, so that ids sort as logs do.
_FIRST_LOG = 100
_TOLD_HOLDERS = 40
#: Of a price, from the first that is not zero on.
_PRICE_DIGITS = 11


@dataclass(slots=True)
class Pool:
    """What a pool holds, and who holds its shares. ``fed`` is what it was first given in quote."""

    address: str
    tokens: float = 0.0
    quote: float = 0.0
    total: float = 0.0
    fed: float = 0.0
    shares: dict[str, float] = field(default_factory=dict)


class Coin:
    """One coin's record. ``begin`` starts a transaction; everything after belongs to it.

    Times never fall. ``record`` grows in the order in which things happen, and so do its ids, so
    that sorting it by time and id changes nothing. ``tax`` is what the coin's own contract keeps of
    each purchase.
    """

    def __init__(self, market: str, profile: Profile, opened_ms: int, tax: float) -> None:
        self.record: Batch = []
        self.held: dict[str, float] = {}
        self.now_ms = opened_ms
        self._market = market
        self._profile = profile
        self._opened_ms = opened_ms
        self._tax = tax
        self._count = 0
        self._log = _FIRST_LOG
        self._transaction = ""
        self._digits = max(4, 9 - math.floor(math.log10(profile.supply)))

    def begin(self, at_ms: int) -> None:
        """A new transaction in the block of that time."""
        block_ms = self._opened_ms + (at_ms - self._opened_ms) // BLOCK_MS * BLOCK_MS
        if block_ms > self.now_ms:
            self.now_ms, self._log = block_ms, _FIRST_LOG
        self._count += 1
        scattered = digest(self._market, self._profile.token, self._count, size=28).hex()
        self._transaction = f"0x{self._count:08x}{scattered}"

    def mint(self, receiver: str) -> None:
        self.move(NOBODY, receiver, self._profile.supply)

    def move(self, sender: str, receiver: str, amount: float) -> None:
        """One transfer."""
        self.held[sender] = max(0.0, self.held.get(sender, 0.0) - amount)
        self.held[receiver] = self.held.get(receiver, 0.0) + amount
        self._note(
            TRANSFER_RANK,
            Transfer(
                **self._common(),
                contract=self._profile.contract,
                from_address=sender,
                to_address=receiver,
                amount=self._tokens(amount),
            ),
        )

    def create(self, pool: Pool, creator: str) -> None:
        self._liquidity(pool, "pool_created", from_address=creator)

    def add(self, pool: Pool, provider: str, tokens: float, quote: float) -> None:
        """Somebody provides for a pool, and gets shares for it."""
        made = math.sqrt(tokens * quote) if not pool.total else pool.total * quote / pool.quote
        pool.fed = pool.fed or quote
        pool.tokens += tokens
        pool.quote += quote
        pool.total += made
        pool.shares[provider] = pool.shares.get(provider, 0.0) + made
        self.move(provider, pool.address, tokens)
        self._reserves(pool)
        self._changed(pool, "added", provider, tokens, quote, made)

    def remove(self, pool: Pool, provider: str, part: float) -> None:
        """Somebody takes out ``part`` of what their own shares stand for."""
        burned = pool.shares[provider] * part
        share = burned / pool.total
        tokens, quote = pool.tokens * share, pool.quote * share
        pool.shares[provider] -= burned
        pool.tokens -= tokens
        pool.quote -= quote
        pool.total -= burned
        self.move(pool.address, provider, tokens)
        self._reserves(pool)
        self._changed(pool, "removed", provider, tokens, quote, burned)

    def move_shares(self, pool: Pool, sender: str, receiver: str, part: float) -> None:
        """``part`` of the sender's shares change hands."""
        moved = pool.shares[sender] * part
        pool.shares[sender] -= moved
        pool.shares[receiver] = pool.shares.get(receiver, 0.0) + moved
        self._liquidity(
            pool,
            "shares_moved",
            from_address=sender,
            to_address=receiver,
            liquidity=_shares(moved),
            total_liquidity=_shares(pool.total),
        )

    def buy(self, pool: Pool, buyer: str, quote: float, router: str | None = None) -> float:
        """Pay that much; returns how many tokens it was. A router hands on what it gets."""
        paid = quote * (1 - _FEE)
        got = pool.tokens * paid / (pool.quote + paid)
        pool.tokens -= got
        pool.quote += quote
        tax = got * self._tax
        first = router or buyer
        if tax:
            self.move(pool.address, self._profile.contract, tax)
        self.move(pool.address, first, got - tax)
        if router is not None:
            self.move(router, buyer, got - tax)
        self._reserves(pool)
        self._swap(pool, "buy", got, quote, buyer)
        return got - tax

    def sell(self, pool: Pool, seller: str, tokens: float) -> None:
        given = tokens * (1 - _FEE)
        quote = pool.quote * given / (pool.tokens + given)
        pool.quote -= quote
        pool.tokens += tokens
        self.move(seller, pool.address, tokens)
        self._reserves(pool)
        self._swap(pool, "sell", tokens, quote, seller)

    def profile(self, verified: bool, with_holders: bool) -> None:
        """What an explorer tells of the contract by now."""
        profile = self._profile
        largest = sorted(
            ((amount, address) for address, amount in self.held.items() if amount > 0.0),
            reverse=True,
        )
        holders = [
            Holder(address=address, amount=self._tokens(amount))
            for amount, address in largest[:_TOLD_HOLDERS]
            if address != NOBODY
        ]
        identity = f"{profile.chain}:{profile.contract}:{self.now_ms}"
        told = ProfileEvent(
            id=identity,
            token=profile.token,
            symbol=profile.symbol,
            event_time=stamp(self.now_ms),
            source="simulated",
            chain=profile.chain,
            contract=profile.contract,
            creator=profile.creator,
            source_verified=verified,
            total_supply=self._tokens(profile.supply),
            holders=holders if with_holders else [],
        )
        self.record.append((self.now_ms, TRANSFER_RANK, identity, told))

    def _reserves(self, pool: Pool) -> None:
        self._liquidity(
            pool,
            "reserves",
            token_amount=self._tokens(pool.tokens),
            quote_amount=_quote(pool.quote),
        )

    def _changed(
        self,
        pool: Pool,
        action: Literal["added", "removed"],
        who: str,
        tokens: float,
        quote: float,
        shares: float,
    ) -> None:
        self._liquidity(
            pool,
            action,
            from_address=who,
            to_address=who,
            token_amount=self._tokens(tokens),
            quote_amount=_quote(quote),
            liquidity=_shares(shares),
            total_liquidity=_shares(pool.total),
        )

    def _liquidity(self, pool: Pool, action: Action, **values: Any) -> None:
        common: dict[str, Any] = {"pool": pool.address, "quote": self._profile.quote}
        self._note(TRANSFER_RANK, Liquidity(**self._common(), **common, action=action, **values))

    def _swap(
        self, pool: Pool, side: Literal["buy", "sell"], tokens: float, quote: float, trader: str
    ) -> None:
        buying = side == "buy"
        price = quote / tokens
        digits = max(2, _PRICE_DIGITS - math.floor(math.log10(price)))
        self._note(
            TICK_RANK,
            Tick(
                **self._common(),
                price=f"{price:.{digits}f}",
                amount=self._tokens(tokens),
                side=side,
                venue=self._profile.venue,
                quote=self._profile.quote,
                buyer=trader if buying else pool.address,
                seller=pool.address if buying else trader,
                contract=pool.address,
            ),
        )

    def _common(self) -> dict[str, Any]:
        self._log += 1
        profile, now_ms = self._profile, self.now_ms
        hashed = block_hash(self._market, now_ms)
        return {
            "id": f"{profile.chain}:{hashed}:{self._transaction}:{self._log}",
            "token": profile.token,
            "symbol": profile.symbol,
            "event_time": stamp(now_ms),
            "source": "simulated",
            "chain": profile.chain,
            "transaction": self._transaction,
            "log_index": self._log,
            "block_number": now_ms // BLOCK_MS,
            "block_hash": hashed,
        }

    def _note(self, rank: int, event: Event) -> None:
        self.record.append((self.now_ms, rank, event.id, event))

    def _tokens(self, amount: float) -> str:
        return f"{max(0.0, amount):.{self._digits}f}"


def _quote(amount: float) -> str:
    return f"{max(0.0, amount):.12f}"


def _shares(amount: float) -> str:
    return f"{max(0.0, amount):.12f}"
