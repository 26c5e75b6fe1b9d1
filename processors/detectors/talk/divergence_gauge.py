"""How far sentiment, price and buying have each gone from what is usual for the token."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from processors.detectors.statistics import DecayingMoments, DecayingRate
from schemas.alerts import Signal

_MINUTE_MS = 60_000
_PARTS = 3


@dataclass(frozen=True, slots=True)
class GaugeParameters:
    """What is measured, and why so."""

    #: Milliseconds over which sentiment and price trend are taken: long enough for a handful of
    #: posts and for a trend above the noise, short enough to speak while it goes on.
    span_ms: int = 900_000
    #: Milliseconds after which a sample counts half in the baselines: some hours of habit.
    half_life_ms: int = 14_400_000
    #: Posts beyond this many times the usual are not learned as usual, so that one campaign does
    #: not hide the next (winsorising): a quiet one has hardly more than twice the usual.
    learned_ratio: float = 1.5
    #: Milliseconds between the prices whose returns give the volatility; below that the spread
    #: between bid and ask passes for volatility.
    return_ms: int = 120_000
    #: Standard deviations at which returns are cut off for learning, for the same reason.
    learned_return: float = 2.5
    #: Samples (decayed) of each side before anything is measured.
    grace_samples: float = 12.0
    #: Least standard deviation of one post's sentiment; nobody feels the same in every post.
    feeling_floor: float = 0.25
    #: Least volatility, as log return a square root of a minute: what a stable coin has.
    volatility_floor: float = 0.0003


@dataclass(frozen=True, slots=True)
class Part:
    """One third of the span: posts, their mean sentiment (−1..1), log return."""

    posts: float
    feeling: float
    trend: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Both sides over the span, each with its z against the token's own history."""

    posts: float
    usual_posts: float
    feeling: float
    usual_feeling: float
    feeling_z: float
    #: Log return.
    trend: float
    trend_z: float
    #: Standard errors of the buyers' share of the trades above the usual one.
    buying_z: float
    #: The span's thirds, oldest first.
    parts: tuple[Part, ...]

    @property
    def way(self) -> float:
        """1 where people are in a better mood than usual, -1 where in a worse one."""
        return math.copysign(1.0, self.feeling - self.usual_feeling)

    def shift(self, feeling: float) -> float:
        """The part of the way from the usual mood to the utmost one (±1) that a mood has gone."""
        return (feeling - self.usual_feeling) / (self.way - self.usual_feeling)


class DivergenceGauge:
    """Measures the last span signal by signal; learns what has left it.

    State: the windows of one span (at most 91 each of posts, prices and trades) and four baselines.
    """

    def __init__(self, parameters: GaugeParameters) -> None:
        self._parameters = parameters
        self._posts: deque[tuple[int, float, float]] = deque()
        self._prices: deque[tuple[int, float]] = deque()
        self._trades: deque[tuple[int, float, float]] = deque()
        self._rate = DecayingRate(parameters.half_life_ms)
        self._feelings = DecayingMoments(parameters.half_life_ms)
        self._returns = DecayingMoments(parameters.half_life_ms)
        self._buying = DecayingMoments(parameters.half_life_ms)
        self._sampled: tuple[int, float] | None = None

    def read(self, signal: Signal, time_ms: int) -> Reading | None:
        """Take in a signal; None while there is too little to judge by."""
        if signal.kind == "sentiment":
            mentions = signal.values["mentions"]
            self._posts.append((time_ms, mentions, mentions * signal.values["sentiment"]))
        elif signal.kind == "trading" and signal.values["close"] > 0:
            price = math.log(signal.values["close"])
            self._prices.append((time_ms, price))
            self._learn_price(price, time_ms)
            if signal.values["trades"] > 0:
                self._trades.append((time_ms, signal.values["trades"], signal.values["buys"]))
        else:
            return None
        self._let_go(time_ms - self._parameters.span_ms)
        grace = self._parameters.grace_samples
        if self._feelings.weight < grace or self._returns.weight < grace or not self._posts:
            return None
        return self._reading(time_ms)

    def _reading(self, time_ms: int) -> Reading:
        parameters = self._parameters
        first, last = self._prices[0][1], self._prices[-1][1]
        posts = sum(post[1] for post in self._posts)
        feeling = sum(post[2] for post in self._posts) / posts
        usual = self._feelings.mean
        error = self._feelings.deviation(parameters.feeling_floor) / math.sqrt(posts)
        volatility = self._volatility() * math.sqrt(parameters.span_ms / _MINUTE_MS)
        return Reading(
            posts=posts,
            usual_posts=self._usual_posts(time_ms - parameters.span_ms),
            feeling=feeling,
            usual_feeling=usual,
            feeling_z=(feeling - usual) / error,
            trend=last - first,
            trend_z=(last - first) / volatility,
            buying_z=self._buying_z(),
            parts=tuple(self._parts(time_ms)),
        )

    def _parts(self, time_ms: int) -> Iterator[Part]:
        length_ms = self._parameters.span_ms // _PARTS
        before = self._prices[0][1]
        for number in range(_PARTS - 1, -1, -1):
            until_ms = time_ms - number * length_ms
            from_ms = until_ms - length_ms
            posts = [post for post in self._posts if from_ms < post[0] <= until_ms]
            count = sum(post[1] for post in posts)
            price = next((p for end, p in reversed(self._prices) if end <= until_ms), before)
            yield Part(
                count, sum(post[2] for post in posts) / count if count else 0.0, price - before
            )
            before = price

    def _buying_z(self) -> float:
        """0 where too little is known, or a venue does not tell who bought."""
        usual, trades = self._buying.mean, sum(window[1] for window in self._trades)
        spread = usual * (1.0 - usual) * trades
        if self._buying.weight < self._parameters.grace_samples or spread <= 0.0:
            return 0.0
        return (sum(window[2] for window in self._trades) - usual * trades) / math.sqrt(spread)

    def _usual_posts(self, time_ms: int) -> float:
        """Posts in a span, as it was usual at that time."""
        return self._rate.per_minute(time_ms) * self._parameters.span_ms / _MINUTE_MS

    def _volatility(self) -> float:
        """Log return a square root of a minute."""
        spread = math.hypot(self._returns.mean, math.sqrt(self._returns.variance))
        return max(spread, self._parameters.volatility_floor)

    def _learn_price(self, price: float, time_ms: int) -> None:
        if self._sampled is None:
            self._sampled = (time_ms, price)
            return
        since_ms = time_ms - self._sampled[0]
        if since_ms < self._parameters.return_ms:
            return
        change = (price - self._sampled[1]) / math.sqrt(since_ms / _MINUTE_MS)
        if self._returns.weight >= self._parameters.grace_samples:
            limit = self._parameters.learned_return * self._volatility()
            change = min(max(change, -limit), limit)
        self._returns.learn(change, time_ms)
        self._sampled = (time_ms, price)

    def _let_go(self, horizon_ms: int) -> None:
        # One price from before the span stays: the trend is measured from it.
        while len(self._prices) > 1 and self._prices[1][0] <= horizon_ms:
            self._prices.popleft()
        while self._posts and self._posts[0][0] <= horizon_ms:
            end_ms, mentions, total = self._posts.popleft()
            weight = mentions * self._accepted(horizon_ms, mentions)
            self._rate.learn(end_ms, weight)
            self._feelings.learn(total / mentions, end_ms, weight)
        while self._trades and self._trades[0][0] <= horizon_ms:
            end_ms, trades, buys = self._trades.popleft()
            self._buying.learn(buys / trades, end_ms, trades)

    def _accepted(self, horizon_ms: int, mentions: float) -> float:
        """How much of a post may count as usual, given how many came with it."""
        parameters = self._parameters
        if self._rate.observed_ms(horizon_ms) < parameters.span_ms:
            return 1.0
        together = mentions + sum(post[1] for post in self._posts)
        return min(1.0, parameters.learned_ratio * self._usual_posts(horizon_ms) / together)
