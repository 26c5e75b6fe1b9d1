"""Coins whose makers can, or cannot, drain the pool; times go on as told."""

from __future__ import annotations

import random
from typing import Any

from schemas.events import Liquidity
from tests.contracts.launches import MAKER, Coin, crowd

START_MS = 1_765_000_000_000
LOCK = "0x663a5c229c09b049e36dcc11a9b0d4a8eb9db214"
DEAD = "0x000000000000000000000000000000000000dEaD"


class SharedCoin(Coin):
    """A coin whose pool tells of its shares too; there are as many as the quote it was opened with,
    and the maker has them all."""

    shares = 0.0

    def open_pool(self, tokens: float, quote: float, who: str = MAKER) -> None:
        self.shares = quote
        super().open_pool(tokens, quote, who)

    def pass_shares(self, part: float, sender: str, receiver: str) -> None:
        """That part of all shares changes hands."""
        self._liquidity(
            self.transaction(),
            "shares_moved",
            from_address=sender,
            to_address=receiver,
            liquidity=f"{self.shares * part:.18f}",
            total_liquidity=f"{self.shares:.18f}",
        )

    def changes(self) -> list[Liquidity]:
        return [event for event in self.events if isinstance(event, Liquidity)]


def traded_coin(
    seed: int = 1, buyers: int = 60, typical: float = 0.006, **fields: Any
) -> SharedCoin:
    """Launched, and bought and sold by a crowd for half an hour; the maker keeps a fifth."""
    coin = SharedCoin("coin", START_MS, **fields)
    coin.mint()
    coin.open_pool(8e8, 20.0)
    coin.wait(60_000)
    crowd(coin, random.Random(seed), buyers, 30_000, sells=0.3, typical=typical)
    coin.next_block()
    return coin
