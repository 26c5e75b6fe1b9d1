"""Every kind of scenario with how often it comes, on the two sides that are kept in balance."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from producers.simulated.hoards import RESTED_MS
from producers.simulated.plan import Plan
from producers.simulated.scenarios.chain import (
    rug_pull,
    treasury_transfer,
    whale_dump,
)
from producers.simulated.scenarios.divergence import sentiment_price_divergence
from producers.simulated.scenarios.pump import pump_and_dump
from producers.simulated.scenarios.social import (
    quarrel,
    sentiment_burst,
    shared_news,
    shilling_ring,
    shilling_wave,
    viral_post,
)
from producers.simulated.scenarios.stage import Stage
from producers.simulated.scenarios.trading import (
    exchange_listing,
    market_maker,
    news_rally,
    pullback,
    wash_trading,
)
from producers.simulated.scenarios.wallets import (
    cold_reshuffle,
    dormant_wallet,
    staking_payouts,
    whale_accumulation,
)

Maker = Callable[[Stage], Plan]

#: Kinds that ought to raise an alert, with their weights. A pulled pool is rare: it leaves a
#: crater in every baseline.
CHEATS: Mapping[Maker, int] = {
    pump_and_dump: 6,
    whale_dump: 6,
    sentiment_burst: 4,
    shilling_wave: 2,
    shilling_ring: 2,
    sentiment_price_divergence: 6,
    wash_trading: 4,
    whale_accumulation: 3,
    dormant_wallet: 3,
    rug_pull: 1,
}
#: Kinds that ought not to, although they look like it.
LOOK_ALIKES: Mapping[Maker, int] = {
    exchange_listing: 2,
    news_rally: 2,
    viral_post: 2,
    shared_news: 2,
    quarrel: 1,
    treasury_transfer: 2,
    market_maker: 2,
    cold_reshuffle: 1,
    staking_payouts: 2,
    pullback: 2,
}
#: Kinds that need something to have been there for so long since the market's start.
EARLIEST_MS: Mapping[Maker, int] = {dormant_wallet: RESTED_MS, staking_payouts: RESTED_MS}
