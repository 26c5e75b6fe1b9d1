"""Pump-and-dump at its ignition: a crowd that buys at any price, all in the same seconds.

Features after La Morgia, Mei, Sassi and Stefa, "Pump and Dumps in the Bitcoin Era" (2020) and
"The Doge of Wall Street" (2023): rush orders, i.e. taker orders that fill several makers and show
as several buys in one millisecond; and after Kamps and Kleinberg, "To the moon: defining and
detecting cryptocurrency pump-and-dumps" (2018): price and volume against the token's own recent
past. All three are judged at every trade, so that the first word comes within seconds, and all
are free of scale: counts against the expected count, volume against its mean, price against its
own spread as an online River scorer has learned it.

Weakness: a listing or a single whale who buys in many slices looks the same in trades alone; the
joined axis must tell them apart. A token that nobody trades gives no trades to see a pump in.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log10, sqrt
from typing import ClassVar

from river.anomaly import GaussianScorer

from processors.detectors.base import Detector, Opening
from processors.detectors.decay import DecayingSum, HeldMean
from processors.detectors.pump_follow_up import PumpFollowUp
from processors.detectors.statistics import DecayingRate
from schemas.alerts import Evidence, Pattern, Severity
from schemas.events import Tick
from schemas.topics import TICKS

_MINUTE_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class PumpSettings:
    """Every constant of the detector and why it has its value."""

    #: A crowd acts for tens of seconds; shorter misses the slow ones, longer comes late.
    crowd_half_life_ms: float = 21_000.0
    #: What was usual for rush orders: an hour, so a lively evening is its own baseline.
    crowd_baseline_half_life_ms: float = 2_500_000.0
    #: Rush orders above the expected number, in Poisson standard deviations. Recorded pumps pass
    #: 11, ordinary bursts stay below 10.
    crowd_threshold: float = 10.5
    #: What was usual for volume: a day, so that the echo of an earlier burst still counts.
    volume_baseline_half_life_ms: float = 60_000_000.0
    #: Buy volume against its mean. Pumps reach hundreds within seconds.
    volume_threshold: float = 80.0
    #: The level a rise is measured from; long enough to survive a slow climb of some seconds.
    price_half_life_ms: float = 210_000.0
    #: River's anomaly of the rise among the token's own: about 3.5 standard deviations.
    price_anomaly_threshold: float = 0.9995
    #: Rises the scorer remembers; at least four hours, as one is learned every half minute.
    price_memory: int = 500
    price_sample_ms: int = 30_000
    #: Below this many rises the scorer stays silent.
    price_grace: int = 60
    #: No baseline deserves trust before this much history.
    warm_up_ms: int = 3 * 3_600_000
    #: One pump, one alert.
    cool_down_ms: int = 30 * 60_000
    #: A burst began when the orders of the last seconds last rose above this many.
    onset_orders: float = 4.0
    #: A token trades in few quote currencies; further ones do not move the price.
    quote_limit: int = 4


SETTINGS = PumpSettings()


class PumpAndDump(Detector[Tick]):
    """Opens at the trade at which crowd, volume and price are all beyond the token's own past."""

    pattern: ClassVar[Pattern] = "pump_and_dump"
    topic: ClassVar[str] = TICKS.name
    version: ClassVar[str] = "1"

    def __init__(self, settings: PumpSettings = SETTINGS) -> None:
        self._settings = settings
        self._scorer = GaussianScorer(
            window_size=settings.price_memory, grace_period=settings.price_grace
        )
        self._history: _History | None = None
        self._prices: dict[str | None, HeldMean] = {}
        self._learned_ms = 0
        self._silent_until_ms = 0
        self._alerted = (1.0, 0.0)

    def observe(self, event: Tick, time_ms: int) -> Opening | None:
        if event.kind != "trade" or event.amount is None:
            return None
        price = float(event.price)
        rise = self._rise(event.quote, price, time_ms)
        if event.side != "buy":
            return None
        history = self._history
        if history is None:
            history = self._history = _History(self._settings, time_ms)
        history.add(float(event.amount), time_ms)
        opening = self._judge(history, price, rise, time_ms)
        if time_ms - self._learned_ms >= self._settings.price_sample_ms:
            self._scorer.learn_one(None, rise)
            self._learned_ms = time_ms
        return opening

    def follow(self, opening: Opening, time_ms: int) -> PumpFollowUp:
        price, rise = self._alerted
        return PumpFollowUp(opening, time_ms, price=price, level=price / exp(rise))

    def _rise(self, quote: str | None, price: float, time_ms: int) -> float:
        """Log price above its mean of the past minutes, in its own quote currency."""
        level = log(price)
        mean = self._prices.get(quote)
        if mean is None:
            if len(self._prices) < self._settings.quote_limit:
                self._prices[quote] = HeldMean(self._settings.price_half_life_ms, level, time_ms)
            return 0.0
        return level - mean.move(level, time_ms)

    def _judge(self, history: _History, price: float, rise: float, time_ms: int) -> Opening | None:
        settings = self._settings
        if time_ms < max(self._silent_until_ms, history.since_ms + settings.warm_up_ms):
            return None
        crowd = history.crowd(time_ms)
        if rise <= 0.0 or crowd < settings.crowd_threshold:
            return None
        volume = history.volume_ratio(time_ms)
        if volume < settings.volume_threshold:
            return None
        anomaly = float(self._scorer.score_one(None, rise))
        if anomaly < settings.price_anomaly_threshold:
            return None
        self._silent_until_ms = time_ms + settings.cool_down_ms
        self._alerted = (price, rise)
        return _opening(settings, history, rise, crowd, volume, anomaly, time_ms)


class _History:
    """A token's buying: what the last seconds hold and what is usual."""

    __slots__ = (
        "_burst_ms",
        "_last_buy_ms",
        "_orders",
        "_repeats",
        "_rush_orders",
        "_settings",
        "_usual_rush_orders",
        "_usual_volume",
        "_volume",
        "since_ms",
    )

    def __init__(self, settings: PumpSettings, time_ms: int) -> None:
        self._settings = settings
        self.since_ms = time_ms
        self._burst_ms = time_ms
        self._last_buy_ms = -1
        self._repeats = False
        self._orders = DecayingSum(settings.crowd_half_life_ms)
        self._rush_orders = DecayingSum(settings.crowd_half_life_ms)
        self._volume = DecayingSum(settings.crowd_half_life_ms)
        self._usual_rush_orders = DecayingRate(settings.crowd_baseline_half_life_ms)
        self._usual_volume = DecayingRate(settings.volume_baseline_half_life_ms)
        # Both observe from the first trade on, also while there is nothing to count.
        self._usual_rush_orders.learn(time_ms, 0.0)
        self._usual_volume.learn(time_ms, 0.0)

    def add(self, amount: float, time_ms: int) -> None:
        self._volume.add(amount, time_ms)
        self._usual_volume.learn(time_ms, amount)
        if time_ms != self._last_buy_ms:
            self._last_buy_ms = time_ms
            self._repeats = False
            if self._orders.at(time_ms) < self._settings.onset_orders:
                self._burst_ms = time_ms
            self._orders.add(1.0, time_ms)
        elif not self._repeats:
            self._repeats = True
            self._rush_orders.add(1.0, time_ms)
            self._usual_rush_orders.learn(time_ms)

    @property
    def burst_ms(self) -> int:
        """When the burst that is going on began."""
        return self._burst_ms

    def rush_orders(self, time_ms: int) -> tuple[float, float]:
        """Rush orders of the last seconds, and how many were to be expected."""
        expected = (
            self._usual_rush_orders.per_minute(time_ms) * self._rush_orders.tau_ms / _MINUTE_MS
        )
        return self._rush_orders.at(time_ms), expected

    def crowd(self, time_ms: int) -> float:
        """Rush orders above what was to be expected, in standard deviations."""
        seen, expected = self.rush_orders(time_ms)
        return (seen - expected) / sqrt(expected + 1.0)

    def volume_ratio(self, time_ms: int) -> float:
        expected = self._usual_volume.per_minute(time_ms) * self._volume.tau_ms / _MINUTE_MS
        return self._volume.at(time_ms) / expected if expected > 0.0 else 0.0


def _opening(
    settings: PumpSettings,
    history: _History,
    rise: float,
    crowd: float,
    volume: float,
    anomaly: float,
    time_ms: int,
) -> Opening:
    seen, expected = history.rush_orders(time_ms)
    percent = exp(rise) - 1.0
    return Opening(
        score=_score(settings, crowd, volume, rise),
        severity=_severity(percent),
        onset_ms=min(history.burst_ms, time_ms),
        phase="ignition",
        explanation=(
            f"A crowd is buying at any price: {seen:.0f} orders swept several offers in the last "
            f"half minute where {expected:.1f} are usual, buying is {volume:,.0f} times the "
            f"usual, and the price is {percent:+.1%} against the last minutes."
        ),
        evidence=(
            Evidence(
                feature="rush_orders",
                value=seen,
                baseline=expected,
                threshold=expected + settings.crowd_threshold * sqrt(expected + 1.0),
                weight=0.5,
            ),
            Evidence(
                feature="buy_volume_ratio",
                value=volume,
                baseline=1.0,
                threshold=settings.volume_threshold,
                weight=0.25,
            ),
            Evidence(
                feature="price_rise_anomaly",
                value=anomaly,
                baseline=None,
                threshold=settings.price_anomaly_threshold,
                weight=0.15,
            ),
            Evidence(feature="price_rise", value=percent, baseline=0.0, threshold=None, weight=0.1),
        ),
    )


def _score(settings: PumpSettings, crowd: float, volume: float, rise: float) -> float:
    """0.5 at the thresholds, towards 1 the further beyond them."""
    beyond = (
        log(crowd / settings.crowd_threshold)
        + 0.5 * log10(volume / settings.volume_threshold)
        + 5.0 * rise
    )
    return 1.0 - 0.5 * exp(-beyond)


def _severity(rise: float) -> Severity:
    """By what a late buyer stands to lose when the rise is given back."""
    if rise >= 0.2:
        return "critical"
    return "high" if rise >= 0.05 else "medium"
