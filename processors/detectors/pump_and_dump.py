"""Pump-and-dump at its ignition: a crowd that buys at any price, all in the same seconds.

Features after La Morgia, Mei, Sassi and Stefa, "Pump and Dumps in the Bitcoin Era" (2020) and
"The Doge of Wall Street" (2023): rush orders, i.e. taker orders that fill several makers and show
as several buys in one millisecond; and after Kamps and Kleinberg, "To the moon: defining and
detecting cryptocurrency pump-and-dumps" (2018): price and volume against the token's own recent
past. All three are judged at every trade, so that the first word comes within seconds, and all
are free of scale: counts against the expected count, volume against its mean, price against its
own spread as an online River scorer has learned it. What "at any price" means is measured, too: how
far the single orders climbed the offers, summed up.

Weakness: a listing or a single whale who buys in many slices looks the same in trades alone; the
joined axis must tell them apart. A token that nobody trades gives no trades to see a pump in.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import exp, expm1, log, log1p, log10, sqrt
from statistics import NormalDist
from typing import Any, ClassVar

from river.anomaly import GaussianScorer

from processors.detectors.base import Detector, Opening
from processors.detectors.decay import DecayingSum, HeldMean
from processors.detectors.statistics import DecayingRate
from processors.detectors.trades.pump_follow_up import PumpFollowUp
from schemas.alerts import Evidence, Pattern
from schemas.events import Tick
from schemas.topics import TICKS

_MINUTE_MS = 60_000.0
_NORMAL = NormalDist()
#: Nearer to 1 a float cannot tell deviations apart; about 8 of them.
_LARGEST_ANOMALY = 1.0 - 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """What the strengths must reach, none may be missing; see ``_Strengths`` for their units.

    Recorded pumps pass 10 standard deviations of rush orders within seconds, ordinary bursts
    rarely at all; their buy volume reaches 90 to 1,400 times the mean. ``lifts`` tells a crowd
    from one whale who sweeps the book, ``sweep`` a crowd from many who buy what is offered. All
    lie in the flat part of F1 on recorded pumps.
    """

    rush: float
    lifts: float
    volume: float
    total: float
    #: The rise as River's scorer sees it, in standard deviations of the token's own rises, ...
    deviation: float = 3.0
    #: ... and what a trader would call a rise at all (log price).
    rise: float = 0.03
    #: How far the orders climbed the offers, each for itself, together (log price).
    sweep: float = 0.0
    #: Part of the orders that buy, and part of the buying orders that lift the price.
    buy_share: float = 0.0
    lift_share: float = 0.0

    def passed_by(self, strengths: _Strengths) -> bool:
        """Whether all but the rise itself is reached."""
        return (
            strengths.deviation >= self.deviation
            and strengths.rush >= self.rush
            and strengths.lifts >= self.lifts
            and strengths.volume >= self.volume
            and strengths.sweep >= self.sweep
            and strengths.buy_share >= self.buy_share
            and strengths.lift_share >= self.lift_share
            and strengths.total() >= self.total
        )


@dataclass(frozen=True, slots=True)
class PumpSettings:
    """Every constant of the detector and why it has its value."""

    #: A crowd acts for tens of seconds; shorter misses the slow ones, longer comes late.
    crowd_half_life_ms: float = 21_000.0
    #: What was usual for rush orders: an hour, so a lively evening is its own baseline.
    crowd_baseline_half_life_ms: float = 2_500_000.0
    #: The same for orders of any kind; longer, since there are always some.
    order_baseline_half_life_ms: float = 15_000_000.0
    #: What was usual for volume: a day, so that the echo of an earlier burst still counts.
    volume_baseline_half_life_ms: float = 60_000_000.0
    #: The level a rise is measured from; long enough to survive a slow climb of some seconds.
    price_half_life_ms: float = 210_000.0
    #: Rises the scorer remembers; at least four hours, one is learned every 90 s.
    price_memory: int = 160
    price_sample_ms: int = 90_000
    #: Below this many rises the scorer stays silent.
    price_grace: int = 30
    #: A rise is learned as no more than this many deviations, so that one pump cannot hide the
    #: next behind a spread of its own making.
    price_clip: float = 3.0
    #: What opens an alert: a crowd that climbs the offers, whatever they cost. Bursts without a
    #: pump climb half as far as pumps with the same total; two of them had twice as many rush
    #: orders as is asked for, and passed every floor but this one.
    crowd: Floors = Floors(rush=5.0, lifts=11.0, volume=70.0, total=11.4, sweep=0.06)
    #: ... or one that is modest in everything, if few sell into it and most of its orders lift the
    #: price. Its other floors leave ``total`` little to do: it is where scores begin.
    unanimous: Floors = Floors(
        rush=4.5,
        lifts=7.0,
        volume=12.0,
        total=6.0,
        deviation=2.0,
        rise=0.025,
        buy_share=0.7,
        lift_share=0.6,
    )
    #: A burst of this age counts as it is, a younger one more: pumps are sudden.
    sudden_ms: float = 30_000.0
    youngest_ms: float = 10_000.0
    #: No baseline deserves trust before this much history.
    warm_up_ms: int = 2 * 3_600_000
    #: One pump, one alert.
    cool_down_ms: int = 30 * 60_000
    #: A burst began when the orders of the last seconds last rose above this many.
    onset_orders: float = 4.0
    #: A token trades in few quote currencies; further ones do not move the price.
    quote_limit: int = 4

    def ways(self) -> tuple[Floors, ...]:
        """What opens an alert, the most convincing first."""
        return self.crowd, self.unanimous

    def __reduce__(self) -> tuple[Any, ...]:
        """Settings are code, not state: a token's pickle holds what differs from the defaults."""
        values = ((field, getattr(self, field.name)) for field in fields(self))
        return _settings, ({field.name: v for field, v in values if v != field.default},)


def _settings(changed: dict[str, Any]) -> PumpSettings:
    return PumpSettings(**changed)


SETTINGS = PumpSettings()


class PumpAndDump(Detector[Tick]):
    """Opens at the trade at which crowd, volume and price are all beyond the token's own past."""

    pattern: ClassVar[Pattern] = "pump_and_dump"
    topic: ClassVar[str] = TICKS.name
    version: ClassVar[str] = "4"

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
        rise, lifted = self._move(event.quote, price, time_ms)
        history = self._history
        if event.side != "buy":
            if history is not None:
                history.add_sale(time_ms)
            return None
        if history is None:
            history = self._history = _History(self._settings, time_ms)
        history.add(float(event.amount), rise, lifted, time_ms)
        opening = self._judge(history, price, rise, time_ms)
        if time_ms - self._learned_ms >= self._settings.price_sample_ms:
            self._learned_ms = time_ms
            self._learn(rise)
        return opening

    def follow(self, opening: Opening, time_ms: int) -> PumpFollowUp:
        price, rise = self._alerted
        return PumpFollowUp(opening, time_ms, price=price, level=price / exp(rise))

    def _move(self, quote: str | None, price: float, time_ms: int) -> tuple[float, bool]:
        """Log price above its mean of the past minutes, in its own quote currency, and whether
        the price is above the last one."""
        level = log(price)
        mean = self._prices.get(quote)
        if mean is None:
            if len(self._prices) < self._settings.quote_limit:
                self._prices[quote] = HeldMean(self._settings.price_half_life_ms, level, time_ms)
            return 0.0, False
        lifted = level > mean.held
        return level - mean.move(level, time_ms), lifted

    def _judge(self, history: _History, price: float, rise: float, time_ms: int) -> Opening | None:
        settings = self._settings
        if time_ms < max(self._silent_until_ms, history.since_ms + settings.warm_up_ms):
            return None
        # Nearly every trade ends here, before anything costly is asked.
        risen = [floors for floors in settings.ways() if rise >= floors.rise]
        if not risen or history.rush(time_ms) < min(floors.rush for floors in risen):
            return None
        strengths = history.strengths(self._deviations(rise), time_ms)
        passed = [floors for floors in risen if floors.passed_by(strengths)]
        if not passed:
            return None
        self._silent_until_ms = time_ms + settings.cool_down_ms
        self._alerted = (price, rise)
        excess = strengths.total() - min(floors.total for floors in settings.ways())
        return _opening(passed[0], history, strengths, rise, excess, time_ms)

    def _learn(self, rise: float) -> None:
        gaussian: Any = self._scorer.gaussian
        if gaussian.n_samples >= self._settings.price_grace:
            widest = self._settings.price_clip * gaussian.sigma
            rise = min(max(rise, gaussian.mu - widest), gaussian.mu + widest)
        self._scorer.learn_one(None, rise)

    def _deviations(self, rise: float) -> float:
        """The rise in standard deviations, from River's anomaly score (0..1, two-sided)."""
        anomaly = float(self._scorer.score_one(None, rise))
        return _NORMAL.inv_cdf(0.5 + 0.5 * min(anomaly, _LARGEST_ANOMALY))


@dataclass(frozen=True, slots=True)
class _Strengths:
    """How far beyond usual the last seconds are; each would be near 0 or 1 in quiet times."""

    #: Rush orders and orders above what was to be expected, in Poisson standard deviations.
    rush: float
    orders: float
    #: Buy volume as a multiple of its mean.
    volume: float
    #: The rise in standard deviations of the token's own rises.
    deviation: float
    #: Orders that lifted the price, and their part of the buying orders (0..1).
    lifts: float
    lift_share: float
    #: How far the orders climbed the offers, each from its first fill to its highest, together.
    sweep: float
    #: The part of all orders that buy (0..1).
    buy_share: float
    #: How long the burst has been going on, and that as a strength: above 0 while it is young.
    age_ms: float
    suddenness: float

    def total(self) -> float:
        """Equal say for each, on a log scale; volume, whose tail is the longest, in decades."""
        return (
            log1p(max(self.rush, 0.0))
            + log1p(max(self.orders, 0.0))
            + log10(max(self.volume, 1e-9))
            + log(max(self.deviation, 1e-9))
            + log1p(self.lifts)
            + self.suddenness
        )


class _History:
    """A token's buying: what the last seconds hold, against how many sales, and what is usual."""

    __slots__ = (
        "_burst_ms",
        "_last_buy_ms",
        "_last_sale_ms",
        "_lifts",
        "_orders",
        "_repeats",
        "_rush_orders",
        "_sales",
        "_settings",
        "_sweep",
        "_top",
        "_usual_orders",
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
        self._last_sale_ms = -1
        self._repeats = False
        self._top = 0.0
        half_life = settings.crowd_half_life_ms
        self._orders = DecayingSum(half_life)
        self._rush_orders = DecayingSum(half_life)
        self._sales = DecayingSum(half_life)
        self._lifts = DecayingSum(half_life)
        self._sweep = DecayingSum(half_life)
        self._volume = DecayingSum(half_life)
        self._usual_orders = DecayingRate(settings.order_baseline_half_life_ms)
        self._usual_rush_orders = DecayingRate(settings.crowd_baseline_half_life_ms)
        self._usual_volume = DecayingRate(settings.volume_baseline_half_life_ms)
        # They observe from the first trade on, also while there is nothing to count.
        for rate in (self._usual_orders, self._usual_rush_orders, self._usual_volume):
            rate.learn(time_ms, 0.0)

    def add(self, amount: float, rise: float, lifted: bool, time_ms: int) -> None:
        """Count one buy; ``rise`` is its log price above the mean of its own quote currency, and
        ``lifted`` tells whether its price is above the last trade's."""
        self._volume.add(amount, time_ms)
        self._usual_volume.learn(time_ms, amount)
        if time_ms != self._last_buy_ms:
            self._last_buy_ms = time_ms
            self._repeats = False
            self._top = rise
            if self._orders.at(time_ms) < self._settings.onset_orders:
                self._burst_ms = time_ms
            self._orders.add(1.0, time_ms)
            self._usual_orders.learn(time_ms)
            if lifted:
                self._lifts.add(1.0, time_ms)
            return
        if not self._repeats:
            self._repeats = True
            self._rush_orders.add(1.0, time_ms)
            self._usual_rush_orders.learn(time_ms)
        if rise > self._top:
            self._sweep.add(rise - self._top, time_ms)
            self._top = rise

    def add_sale(self, time_ms: int) -> None:
        """Count one selling order, however many makers it fills."""
        if time_ms != self._last_sale_ms:
            self._last_sale_ms = time_ms
            self._sales.add(1.0, time_ms)

    @property
    def burst_ms(self) -> int:
        """When the burst that is going on began."""
        return self._burst_ms

    def rush_orders(self, time_ms: int) -> tuple[float, float]:
        """Rush orders of the last seconds, and how many were to be expected."""
        return self._rush_orders.at(time_ms), _expected(
            self._usual_rush_orders, self._rush_orders, time_ms
        )

    def rush(self, time_ms: int) -> float:
        return _beyond(*self.rush_orders(time_ms))

    def strengths(self, deviation: float, time_ms: int) -> _Strengths:
        """Everything about the last seconds, of which there must be a buy; ``deviation`` is the
        rise in standard deviations."""
        settings = self._settings
        usual_volume = _expected(self._usual_volume, self._volume, time_ms)
        usual_orders = _expected(self._usual_orders, self._orders, time_ms)
        age_ms = max(time_ms - self._burst_ms, settings.youngest_ms)
        orders, lifts = self._orders.at(time_ms), self._lifts.at(time_ms)
        return _Strengths(
            rush=self.rush(time_ms),
            orders=_beyond(orders, usual_orders),
            volume=self._volume.at(time_ms) / usual_volume if usual_volume > 0.0 else 0.0,
            deviation=deviation,
            lifts=lifts,
            lift_share=lifts / orders,
            sweep=self._sweep.at(time_ms),
            buy_share=orders / (orders + self._sales.at(time_ms)),
            age_ms=age_ms,
            suddenness=log(settings.sudden_ms / age_ms),
        )


def _expected(usual: DecayingRate, recent: DecayingSum, time_ms: int) -> float:
    """What a recent sum would hold in usual times."""
    return usual.per_minute(time_ms) * recent.tau_ms / _MINUTE_MS


def _beyond(seen: float, expected: float) -> float:
    """Above expectation in Poisson standard deviations; the 1 keeps rare events from exploding."""
    return (seen - expected) / sqrt(expected + 1.0)


def _opening(
    floors: Floors,
    history: _History,
    strengths: _Strengths,
    rise: float,
    excess: float,
    time_ms: int,
) -> Opening:
    seen, expected = history.rush_orders(time_ms)
    percent = expm1(rise)
    return Opening(
        score=_score(excess, rise),
        # What a late buyer loses when the rise is given back.
        impact=max(0.0, percent / (1.0 + percent)),
        onset_ms=min(history.burst_ms, time_ms),
        phase="ignition",
        explanation=(
            f"A crowd is buying at any price: {seen:.0f} orders swept several offers in the last "
            f"half minute where {expected:.1f} are usual, buying is {strengths.volume:,.0f} times "
            f"the usual, and the price is {percent:+.1%} against the last minutes."
        ),
        evidence=(
            _evidence("rush_orders", seen, expected, _count(floors.rush, expected), 0.2),
            _evidence("orders_deviation", strengths.orders, 0.0, None, 0.1),
            _evidence("price_swept", expm1(strengths.sweep), 0.0, _rate(floors.sweep), 0.1),
            _evidence("price_lifting_orders", strengths.lifts, None, floors.lifts, 0.1),
            _evidence("buy_volume_ratio", strengths.volume, 1.0, floors.volume, 0.2),
            _evidence("price_rise_deviation", strengths.deviation, 0.0, floors.deviation, 0.2),
            _evidence("price_rise", percent, 0.0, expm1(floors.rise), 0.0),
            _evidence("buy_share", strengths.buy_share, None, floors.buy_share or None, 0.0),
            _evidence(
                "price_lifting_share", strengths.lift_share, None, floors.lift_share or None, 0.0
            ),
            _evidence("burst_age_seconds", strengths.age_ms / 1000, None, None, 0.1),
            _evidence("strength", strengths.total(), None, floors.total, 0.0),
        ),
    )


def _count(deviations: float, expected: float) -> float:
    """The count that lies this many deviations above what is expected."""
    return expected + deviations * sqrt(expected + 1.0)


def _rate(log_price: float) -> float | None:
    """A floor as a part of the price; 0 asks for nothing."""
    return expm1(log_price) or None


def _evidence(
    feature: str, value: float, baseline: float | None, threshold: float | None, weight: float
) -> Evidence:
    return Evidence(
        feature=feature, value=value, baseline=baseline, threshold=threshold, weight=weight
    )


def _score(excess: float, rise: float) -> float:
    """0.5 at the lowest threshold, towards 1 the further beyond it and the higher the rise.

    A quarter of the excess, which adds up what four strengths are beyond theirs.
    """
    return 1.0 - 0.5 * exp(-excess / 4.0 - 5.0 * rise)
