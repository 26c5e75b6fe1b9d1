"""Volume from nothing: wallets that trade with themselves, or trades that all look the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import Detector, FollowUp, Opening
from processors.detectors.trades.closed_sets import ClosedSet, PairBook
from processors.detectors.trades.equal_sizes import Band, SizeBook, SizedTrade
from processors.detectors.trades.wash_watch import WashWatch
from processors.detectors.wording import amount_text, times_text
from schemas.alerts import Evidence, Pattern
from schemas.events import Tick
from schemas.topics import TICKS


@dataclass(frozen=True, slots=True)
class WashTradingParameters:
    """Where the lines lie, and why there."""

    #: Milliseconds that are looked at together, and the newest trades of them at most.
    span_ms: int = 480_000
    trades: int = 256
    #: Where wallets are named: how often a pair must meet, how many trades a closed set must have,
    #: their share of all trades, and what it may keep of what it moved (the last round may be
    #: unfinished, and sizes vary).
    meetings: int = 3
    closed_trades: int = 10
    closed_share: float = 0.15
    net: float = 0.34
    #: Where none are named: trades that are judged at once, which costs less.
    block: int = 24
    #: Trades of one size at least, and times the usual number of that size.
    equal_trades: int = 24
    equal_ratio: float = 3.0
    #: Standard deviations by which more than half of the trades of about that size have just it.
    equal_z: float = 4.5
    #: Standard deviations of a Poisson count above the usual number.
    burst_z: float = 5.0
    #: The smaller of the two sides has at least this share: who only buys is no washer.
    smaller_side: float = 0.25
    #: A price that moved more than this (log return) over the span was moved by somebody.
    price_moved: float = 0.05
    #: Half-life of what is usual, and how long trades must have been seen.
    half_life_ms: float = 7_200_000.0
    warm_up_ms: int = 3_600_000
    #: Milliseconds without a sign of it after which it would be another event.
    cool_down_ms: int = 1_800_000


PARAMETERS = WashTradingParameters()


class WashTrading(Detector[Tick]):
    """Flag trades that move nothing: the same wallets in circles, or equal sizes on both sides.

    What can be seen where:

    * A venue that names both wallets of a trade: self trades, matched pairs and circles, by pairs
      that meet again and again in a set of wallets whose net position stays about 0 (see
      ``closed_sets``; Victor and Weintraud 2021). A market maker trades with many and is not told.
    * A venue that names none, and a pool, which is itself one side of each of its trades: sizes
      alone. Told is a burst of trades of one size, on both sides, at a price that does not move,
      where trades of about that size are usually rarer and of many sizes (see ``equal_sizes``;
      unnatural sizes as in Cong, Li, Tang and Yang 2023, "Crypto Wash Trading").

    Weakness: without names a wash with natural sizes is not seen, and an execution bot that trades
    one size both ways looks the same; washing that never stops becomes what is usual.
    Parameters: ``WashTradingParameters``.
    """

    pattern: ClassVar[Pattern] = "wash_trading"
    topic: ClassVar[str] = TICKS.name
    version: ClassVar[str] = "1"
    reads = (Tick,)

    def __init__(self, parameters: WashTradingParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._pairs = PairBook(parameters.trades, parameters.span_ms)
        self._sizes = SizeBook(
            parameters.trades // parameters.block, parameters.span_ms, parameters.half_life_ms
        )
        self._block = parameters.block
        #: Trades that wait for their block.
        self._waiting: list[SizedTrade] = []
        #: (time, price) at the end of each block within the span
        self._prices: list[tuple[int, float]] = []
        self._quiet_until_ms = 0

    def observe(self, event: Tick, time_ms: int) -> Opening | None:
        amount, buyer, seller = event.amount, event.buyer, event.seller
        if amount is None:
            return None
        if buyer is not None and seller is not None and event.contract not in (buyer, seller):
            return self._judge_names(time_ms, buyer, seller, float(amount))
        waiting = self._waiting
        waiting.append((time_ms, amount, event.side))
        if len(waiting) < self._block:
            return None
        self._waiting = []
        return self._judge_sizes(waiting, float(event.price))

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return WashWatch(opening, time_ms)

    def _judge_names(self, time_ms: int, buyer: str, seller: str, amount: float) -> Opening | None:
        parameters = self._parameters
        if self._pairs.add(time_ms, buyer, seller, amount) < parameters.meetings:
            return None
        found = self._pairs.closed(parameters.meetings, parameters.net)
        if (
            found is None
            or found.trades < parameters.closed_trades
            or found.share < parameters.closed_share
        ):
            return None
        return _by_names(parameters, found) if self._is_news(time_ms) else None

    def _judge_sizes(self, trades: list[SizedTrade], price: float) -> Opening | None:
        parameters, sizes = self._parameters, self._sizes
        time_ms = trades[-1][0]
        since_ms = time_ms - parameters.span_ms
        self._prices = [each for each in self._prices if each[0] >= since_ms]
        self._prices.append((time_ms, price))
        touched = sizes.add(trades, price)
        if sizes.observed_ms(time_ms) < parameters.warm_up_ms:
            return None
        candidates = [size for size in touched if sizes.count(size) >= parameters.equal_trades]
        best: Band | None = None
        for size in candidates:
            band = sizes.band(size, time_ms)
            if self._is_washed(band) and (best is None or band.trades > best.trades):
                best = band
        if best is None or self._price_change() > parameters.price_moved:
            return None
        return _by_sizes(parameters, best) if self._is_news(time_ms) else None

    def _is_washed(self, band: Band) -> bool:
        parameters, trades = self._parameters, band.trades
        return (
            trades >= parameters.equal_trades
            and trades >= parameters.equal_ratio * band.usual
            and trades - band.usual >= parameters.burst_z * math.sqrt(band.usual)
            and trades - 0.5 * band.around >= parameters.equal_z * 0.5 * math.sqrt(band.around)
            and min(band.buys, trades - band.buys) >= parameters.smaller_side * trades
        )

    def _price_change(self) -> float:
        return abs(math.log(self._prices[-1][1] / self._prices[0][1]))

    def _is_news(self, time_ms: int) -> bool:
        """Whether it is not what has been told already; as long as it goes on, it is not."""
        news = time_ms >= self._quiet_until_ms
        self._quiet_until_ms = max(self._quiet_until_ms, time_ms + self._parameters.cool_down_ms)
        return news


def _by_names(parameters: WashTradingParameters, found: ClosedSet) -> Opening:
    who = "One wallet traded" if found.wallets == 1 else f"{found.wallets} wallets traded"
    whom = "itself" if found.wallets == 1 else "each other"
    return Opening(
        score=min(1.0, 0.7 + 0.3 * found.share),
        impact=found.share,
        onset_ms=found.first_ms,
        phase="washing",
        explanation=(
            f"{who} {times_text(found.trades)} with {whom} ({found.share:.0%} of all trades) and "
            f"kept {found.net:.0%} of what was moved."
        ),
        evidence=(
            Evidence(
                feature="closed_trades",
                value=float(found.trades),
                baseline=0.0,
                threshold=float(parameters.closed_trades),
                weight=0.4,
            ),
            Evidence(
                feature="closed_share",
                value=found.share,
                baseline=0.0,
                threshold=parameters.closed_share,
                weight=0.3,
            ),
            Evidence(
                feature="net_position",
                value=found.net,
                baseline=None,
                threshold=parameters.net,
                weight=0.3,
            ),
        ),
    )


def _by_sizes(parameters: WashTradingParameters, band: Band) -> Opening:
    # Without names it stays a suspicion, the stronger the purer.
    return Opening(
        score=min(0.8, 0.3 + 0.4 * band.purity + 0.1 * (1.0 - band.usual / band.trades)),
        # What part of all volume it is cannot be told from sizes alone.
        impact=0.0,
        onset_ms=band.first_ms,
        phase="washing",
        explanation=(
            f"{band.trades} trades of about the same size ({amount_text(band.low)} to "
            f"{amount_text(band.high)} in quote units, usually {band.usual:.1f}), "
            f"{band.buys} of them buys, and the price did not move."
        ),
        evidence=(
            Evidence(
                feature="equal_trades",
                value=float(band.trades),
                baseline=band.usual,
                threshold=float(parameters.equal_trades),
                weight=0.5,
            ),
            Evidence(
                feature="equal_purity",
                value=band.purity,
                baseline=0.5,
                threshold=None,
                weight=0.3,
            ),
            Evidence(
                feature="buy_share",
                value=band.buys / band.trades,
                baseline=0.5,
                threshold=None,
                weight=0.2,
            ),
        ),
    )
