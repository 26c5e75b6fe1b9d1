"""People speak one way and the price goes the other: talk that the market does not believe."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from processors.detectors.base import FollowUp, JoinedDetector, Opening, Revision, TokenView
from processors.detectors.recent import last_price, since
from processors.detectors.statistics import squash
from processors.detectors.talk.divergence_gauge import (
    DivergenceGauge,
    GaugeParameters,
    Part,
    Reading,
)
from schemas.alerts import Evidence, Pattern, Signal


@dataclass(frozen=True, slots=True)
class DivergenceParameters:
    """Where the lines lie, and why there."""

    #: What is measured over which time.
    gauge: GaugeParameters = field(default_factory=GaugeParameters)
    #: Posts in the span at least, and in each third of it.
    posts: float = 10.0
    part_posts: float = 2.0
    #: The quietest third's part of the posts at least: a burst of feeling is no campaign.
    part_share: float = 0.15
    #: Times the usual number of posts: a few that go against the price are there every day.
    posts_ratio: float = 1.6
    #: Standard errors of the mean sentiment away from the token's usual one at least.
    feeling_z: float = 1.6
    #: The part of the way from the usual mood to the utmost one, in the span and in each third,
    #: none of which may turn back. A usually happy crowd has not far to go.
    shift: float = 0.2
    part_shift: float = 0.0
    #: The mean sentiment itself, in its direction: a happy crowd that turns mixed is no fear.
    feeling: float = 0.1
    #: Standard deviations of the price trend at least.
    trend_z: float = 0.5
    #: What a standard error of the buyers' share counts beside a deviation of the trend, and how
    #: many are counted: trades come in bunches, so many errors say little more than a few.
    buying_weight: float = 0.5
    buying_most: float = 3.0
    #: Both together, against the talk, at least: where those who talk also buy, they mean it.
    against_z: float = 1.8
    #: Geometric mean of this and of the feeling's: where one is weak the other must be stronger.
    both_z: float = 2.5
    #: Log return of the price over the span at least: what a trader would notice.
    trend: float = 0.012
    #: Share of the trend that each third must have gone: a jump is no trend.
    part_trend: float = 0.06
    #: Milliseconds between two moments at which all of it holds before an alert, and how long it
    #: may be interrupted: prices jitter at the edges of the thirds.
    persistence_ms: int = 60_000
    lapse_ms: int = 300_000
    #: Milliseconds after an alert in which no other is opened: it would be the same event.
    cool_down_ms: int = 1_200_000


PARAMETERS = DivergenceParameters()


class SentimentPriceDivergence(JoinedDetector):
    """Flag sentiment and price trend that pull in opposite directions for some minutes.

    Use: tokens with posts and trades. Weakness: a trend of some minutes says little about the
    next; irony reads as joy; talk that is no louder than usual is taken for none, and a campaign
    that has its buyers too is hardly told. Both sides are measured against the token's own history,
    posts by the standard error of their mean, returns by the volatility of a random walk (field
    practice: no labelled benchmark is published). Parameters: ``DivergenceParameters``.
    """

    pattern: ClassVar[Pattern] = "sentiment_price_divergence"
    version: ClassVar[str] = "3"

    def __init__(self, parameters: DivergenceParameters = PARAMETERS) -> None:
        self._parameters = parameters
        self._gauge = DivergenceGauge(parameters.gauge)
        #: The first and the last moment at which all held, without a long interruption.
        self._held_ms: tuple[int, int] | None = None
        self._quiet_until_ms = 0

    def observe(self, view: TokenView, signal: Signal, time_ms: int) -> Opening | None:
        del view
        if signal.kind == "flow":
            return None
        reading = self._gauge.read(signal, time_ms)
        if reading is None or not _diverges(reading, self._parameters):
            return None
        first_ms, last_ms = self._held_ms or (time_ms, time_ms)
        if time_ms - last_ms > self._parameters.lapse_ms:
            first_ms = time_ms
        self._held_ms = first_ms, time_ms
        if time_ms - first_ms < self._parameters.persistence_ms or time_ms < self._quiet_until_ms:
            return None
        self._quiet_until_ms = time_ms + self._parameters.cool_down_ms
        return _opening(self._parameters, reading, time_ms)

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        del time_ms
        return ConvergenceWatch(opening, self._parameters.gauge.span_ms, self._parameters.posts)


def _diverges(reading: Reading, parameters: DivergenceParameters) -> bool:
    way = reading.way
    return (
        reading.posts >= max(parameters.posts, reading.usual_posts * parameters.posts_ratio)
        and way * reading.feeling_z >= parameters.feeling_z
        and reading.shift(reading.feeling) >= parameters.shift
        and way * reading.feeling >= parameters.feeling
        and -way * reading.trend >= parameters.trend
        and -way * reading.trend_z >= parameters.trend_z
        and _against(reading, parameters) >= parameters.against_z
        and _strength(reading, parameters) >= parameters.both_z
        and all(_agrees(part, reading, parameters) for part in reading.parts)
    )


def _against(reading: Reading, parameters: DivergenceParameters) -> float:
    """How clearly price and buyers go against the talk, in deviations of the price trend."""
    most = parameters.buying_most
    buying = parameters.buying_weight * min(most, max(-most, reading.buying_z))
    return -reading.way * (reading.trend_z + buying)


def _strength(reading: Reading, parameters: DivergenceParameters) -> float:
    return math.sqrt(abs(reading.feeling_z) * max(0.0, _against(reading, parameters)))


def _agrees(part: Part, reading: Reading, parameters: DivergenceParameters) -> bool:
    return (
        part.posts >= max(parameters.part_posts, parameters.part_share * reading.posts)
        and reading.shift(part.feeling) >= parameters.part_shift
        and part.trend / reading.trend >= parameters.part_trend
    )


class ConvergenceWatch(FollowUp):
    """Ends when one side gives in: the price comes back, or the talk does."""

    horizon_ms: ClassVar[int] = 7_200_000
    #: Half of the gap closed is convergence; less is noise within the trend.
    closed_share: ClassVar[float] = 0.5

    def __init__(self, opening: Opening, span_ms: int, posts: float) -> None:
        feeling, trend, _posts = opening.evidence
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
            impact=opening.impact,
            phase=phase,
            status="resolved",
            explanation=f"{opening.explanation} {sequel}",
            evidence=opening.evidence,
            ended_ms=now_ms,
        )


def _opening(parameters: DivergenceParameters, reading: Reading, time_ms: int) -> Opening:
    rising = reading.trend > 0
    return Opening(
        score=squash(_strength(reading, parameters), parameters.both_z),
        # The gap that is left to close.
        impact=min(1.0, abs(math.expm1(reading.trend))),
        onset_ms=time_ms - parameters.gauge.span_ms,
        phase="price rises, talk sours" if rising else "price falls, talk cheers",
        explanation=(
            f"Posts have turned {'negative' if rising else 'positive'} (mean sentiment "
            f"{reading.feeling:+.2f}, usually {reading.usual_feeling:+.2f}) while the price went "
            f"{math.expm1(reading.trend):+.1%} in {parameters.gauge.span_ms // 60_000} minutes."
        ),
        evidence=(
            Evidence(
                feature="rolling_sentiment",
                value=reading.feeling,
                baseline=reading.usual_feeling,
                threshold=reading.usual_feeling
                + (reading.feeling - reading.usual_feeling)
                * min(1.0, parameters.feeling_z / abs(reading.feeling_z)),
                weight=0.45,
            ),
            Evidence(
                feature="price_trend",
                value=math.expm1(reading.trend),
                baseline=0.0,
                threshold=math.expm1(reading.trend * parameters.trend_z / abs(reading.trend_z)),
                weight=0.45,
            ),
            Evidence(
                feature="posts",
                value=reading.posts,
                baseline=reading.usual_posts,
                threshold=max(parameters.posts, parameters.posts_ratio * reading.usual_posts),
                weight=0.1,
            ),
        ),
    )
