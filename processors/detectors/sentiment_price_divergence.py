"""People speak one way and the price goes the other: talk that the market does not believe."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from processors.detectors.base import FollowUp, JoinedDetector, Opening, Revision, TokenView
from processors.detectors.recent import last_price, since
from processors.detectors.statistics import DecayingMoments, squash
from schemas.alerts import Evidence, Pattern, Severity, Signal


@dataclass(frozen=True, slots=True)
class DivergenceParameters:
    """Where the lines lie, and why there."""

    #: Milliseconds over which sentiment and price trend are taken.
    span_ms: int = 1_200_000
    #: Milliseconds after which a sample counts half in the baselines.
    half_life_ms: int = 10_800_000
    #: Milliseconds between two samples of the baselines.
    sample_ms: int = 60_000
    #: Samples (decayed) before anything may alert.
    grace_samples: int = 60
    #: Posts in the span at least.
    posts: int = 12
    #: Standard deviations of the sentiment and of the trend, of opposite sign.
    sentiment_z: float = 2.0
    trend_z: float = 2.0
    #: Shift of the sentiment at least, and log return of the price at least.
    shift: float = 0.2
    trend: float = 0.02
    #: Milliseconds for which both must hold before an alert.
    persistence_ms: int = 180_000
    #: Milliseconds after an alert in which no other is opened: it would be the same event.
    cool_down_ms: int = 1_800_000


PARAMETERS = DivergenceParameters()


class SentimentPriceDivergence(JoinedDetector):
    """Flag sentiment and price trend that pull in opposite directions for some minutes.

    Use: tokens with posts and trades. Weakness: a price that runs ahead of the talk looks the same
    at first. Parameters: ``DivergenceParameters``.
    """

    pattern: ClassVar[Pattern] = "sentiment_price_divergence"
    version: ClassVar[str] = "1"

    def __init__(self, parameters: DivergenceParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._gauge = DivergenceGauge(parameters)
        self._since_ms: int | None = None
        self._quiet_until_ms = 0

    def observe(self, view: TokenView, signal: Signal, time_ms: int) -> Opening | None:
        del view
        reading = self._gauge.read(signal, time_ms)
        if reading is None or not reading.diverges(self._parameters):
            self._since_ms = None
            return None
        if self._since_ms is None:
            self._since_ms = time_ms
        if time_ms - self._since_ms < self._parameters.persistence_ms:
            return None
        if time_ms < self._quiet_until_ms:
            return None
        self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
        return _opening(self._parameters, reading, self._since_ms)

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        del time_ms
        return ConvergenceWatch(opening, self._parameters.span_ms, self._parameters.posts)


@dataclass(frozen=True, slots=True)
class Reading:
    """Sentiment and trend of the last span, each with its usual value and z."""

    posts: int
    feeling: float
    usual_feeling: float
    feeling_z: float
    trend: float
    trend_z: float

    def diverges(self, parameters: DivergenceParameters) -> bool:
        shift = self.feeling - self.usual_feeling
        return (
            self.posts >= parameters.posts
            and shift * self.trend < 0
            and shift * self.feeling > 0
            and abs(shift) >= parameters.shift
            and abs(self.trend) >= parameters.trend
            and abs(self.feeling_z) >= parameters.sentiment_z
            and abs(self.trend_z) >= parameters.trend_z
        )


class DivergenceGauge:
    """Measures both sides over the span against the token's own history."""

    def __init__(self, parameters: DivergenceParameters) -> None:
        self._parameters = parameters
        self._posts: deque[tuple[int, float, float]] = deque()
        self._prices: deque[tuple[int, float]] = deque()
        self._feelings = DecayingMoments(parameters.half_life_ms)
        self._trends = DecayingMoments(parameters.half_life_ms)
        self._sampled_ms = 0

    def read(self, signal: Signal, time_ms: int) -> Reading | None:
        """Take in a signal; None while there is too little to judge by."""
        if signal.kind == "sentiment":
            mentions = signal.values["mentions"]
            self._posts.append((time_ms, mentions, mentions * signal.values["sentiment"]))
        elif signal.kind == "trading":
            self._prices.append((time_ms, math.log(signal.values["close"])))
        else:
            return None
        horizon = time_ms - self._parameters.span_ms
        while self._posts and self._posts[0][0] <= horizon:
            self._posts.popleft()
        # One price from before the span stays: the trend is measured from it.
        while len(self._prices) > 1 and self._prices[1][0] <= horizon:
            self._prices.popleft()
        posts = sum(mentions for _, mentions, _ in self._posts)
        if posts == 0 or len(self._prices) < 2:
            return None
        feeling = sum(total for _, _, total in self._posts) / posts
        trend = self._prices[-1][1] - self._prices[0][1]
        reading = None
        if self._feelings.weight >= self._parameters.grace_samples:
            reading = Reading(
                posts=int(posts),
                feeling=feeling,
                usual_feeling=self._feelings.mean,
                feeling_z=(feeling - self._feelings.mean) / self._feelings.deviation(0.05),
                trend=trend,
                trend_z=trend / math.hypot(self._trends.mean, self._trends.deviation(0.005)),
            )
        if time_ms - self._sampled_ms >= self._parameters.sample_ms:
            self._sampled_ms = time_ms
            self._feelings.learn(feeling, time_ms)
            self._trends.learn(trend, time_ms)
        return reading


class ConvergenceWatch(FollowUp):
    """Ends when one side gives in: the price comes back, or the talk does."""

    horizon_ms: ClassVar[int] = 7_200_000
    #: Half of the gap closed is convergence; less is noise within the trend.
    closed_share: ClassVar[float] = 0.5

    def __init__(self, opening: Opening, span_ms: int, posts: int) -> None:
        feeling, trend = opening.evidence
        self._opening = opening
        self._span_ms = span_ms
        self._posts = posts
        self._usual_feeling = feeling.baseline or 0.0
        self._shift = feeling.value - self._usual_feeling
        self._trend = math.log1p(trend.value)
        self._price: float | None = None

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        price = last_price(view)
        if price is None:
            return None
        if self._price is None:
            self._price = price
        back = -math.log(price / self._price) / self._trend
        if back >= self.closed_share:
            return self._resolution("The price has come back since.", "price converged", now_ms)
        feeling = self._feeling(view, now_ms)
        if feeling is None:
            return None
        left = (feeling - self._usual_feeling) / self._shift
        if left <= self.closed_share:
            return self._resolution("The talk has come round since.", "talk converged", now_ms)
        return None

    def expire(self, now_ms: int) -> Revision:
        return self._resolution("The two have not met since.", self._opening.phase, now_ms)

    def _feeling(self, view: TokenView, now_ms: int) -> float | None:
        """Mean sentiment of the last span; None with too few posts to tell."""
        posts = total = 0.0
        for _, signal in since(view, "sentiment", now_ms - self._span_ms):
            posts += signal.values["mentions"]
            total += signal.values["mentions"] * signal.values["sentiment"]
        return total / posts if posts >= self._posts else None

    def _resolution(self, sequel: str, phase: str, now_ms: int) -> Revision:
        opening = self._opening
        return Revision(
            score=opening.score,
            severity=opening.severity,
            phase=phase,
            status="resolved",
            explanation=f"{opening.explanation} {sequel}",
            evidence=opening.evidence,
            ended_ms=now_ms,
        )


def _opening(parameters: DivergenceParameters, reading: Reading, onset_ms: int) -> Opening:
    strength = math.sqrt(abs(reading.feeling_z * reading.trend_z))
    threshold = math.sqrt(parameters.sentiment_z * parameters.trend_z)
    severity: Severity = "medium" if strength >= 1.5 * threshold else "low"
    rising = reading.trend > 0
    return Opening(
        score=squash(strength, threshold),
        severity=severity,
        onset_ms=onset_ms,
        phase="price rises, talk sours" if rising else "price falls, talk cheers",
        explanation=(
            f"Posts have turned {'negative' if rising else 'positive'} (mean sentiment "
            f"{reading.feeling:+.2f}, usually {reading.usual_feeling:+.2f}) while the price went "
            f"{math.expm1(reading.trend):+.1%} in {parameters.span_ms // 60_000} minutes."
        ),
        evidence=(
            Evidence(
                feature="rolling_sentiment",
                value=reading.feeling,
                baseline=reading.usual_feeling,
                threshold=reading.usual_feeling
                + (reading.feeling - reading.usual_feeling)
                * min(1.0, parameters.sentiment_z / abs(reading.feeling_z)),
                weight=0.5,
            ),
            Evidence(
                feature="price_trend",
                value=math.expm1(reading.trend),
                baseline=0.0,
                threshold=math.expm1(reading.trend * parameters.trend_z / abs(reading.trend_z)),
                weight=0.5,
            ),
        ),
    )
