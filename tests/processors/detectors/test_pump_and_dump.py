"""Pump-and-dump: opened at the ignition, followed to its end, silent about everything else."""

from __future__ import annotations

import math
import pickle
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from time import process_time

import pytest
from river.anomaly import GaussianScorer

from processors.detectors.base import Opening, Revision, TokenView
from processors.detectors.pump_and_dump import SETTINGS, PumpAndDump
from processors.detectors.trades.pump_follow_up import PumpFollowUp
from schemas.alerts import Signal, SignalKind, signal_id
from schemas.events import Tick
from schemas.times import rfc3339
from tests.processors.detectors.trades import (
    HOUR_MS,
    START_MS,
    Trade,
    price_at,
    pump,
    quiet,
    ticks,
)

PUMP_MS = 9 * HOUR_MS


def run(
    stream: Iterable[tuple[Tick, int]], detector: PumpAndDump | None = None
) -> list[tuple[int, Opening]]:
    detector = detector or PumpAndDump()
    found = []
    for tick, time_ms in stream:
        opening = detector.observe(tick, time_ms)
        if opening is not None:
            found.append((time_ms, opening))
    return found


def test_a_pump_is_told_within_seconds_and_by_its_reasons() -> None:
    [(time_ms, opening)] = run(ticks(quiet(10), pump(PUMP_MS)))
    assert 0 <= time_ms - START_MS - PUMP_MS <= 10_000
    assert abs(opening.onset_ms - START_MS - PUMP_MS) <= 5_000
    assert opening.phase == "ignition"
    assert 0.5 <= opening.score <= 1.0
    assert 0.0 < opening.impact < 1.0
    evidence = {item.feature: item for item in opening.evidence}
    assert evidence["rush_orders"].threshold is not None
    assert evidence["rush_orders"].value >= evidence["rush_orders"].threshold
    assert math.isclose(sum(item.weight for item in opening.evidence), 1.0)


def test_quiet_trading_raises_nothing() -> None:
    assert run(ticks(quiet(48, seed=3, per_minute=4))) == []


def test_a_whale_who_sweeps_the_book_once_is_no_crowd() -> None:
    sweep = [Trade(PUMP_MS, "buy", 1 + 0.002 * n, 20_000.0) for n in range(60)]
    assert run(ticks(quiet(10), sweep)) == []


def test_a_crowd_that_does_not_move_the_price_is_no_pump() -> None:
    assert run(ticks(quiet(10), pump(PUMP_MS, rise=0.002))) == []


def test_a_crowd_that_sells_is_no_pump() -> None:
    falling = [Trade(t.at_ms, "sell", 2 - t.price, t.amount) for t in pump(PUMP_MS)]
    assert run(ticks(quiet(10), falling)) == []


def large_crowd(climb: float) -> list[Trade]:
    """Each order climbs the offers so far, from its first fill to its third; many sell into it."""
    buys = [
        Trade(trade.at_ms, "buy", trade.price * (1 + climb / 2 * (fill % 3)), trade.amount)
        for fill, trade in enumerate(pump(PUMP_MS, rise=0.08))
    ]
    sales = [Trade(t.at_ms + 100, "sell", t.price * 0.999, t.amount) for t in buys[::3]]
    return buys + sales


def test_a_crowd_that_climbs_the_offers_is_a_pump_although_many_sell_into_it() -> None:
    [(time_ms, opening)] = run(ticks(quiet(10), large_crowd(climb=0.006)))
    assert 0 <= time_ms - START_MS - PUMP_MS <= 10_000
    evidence = {item.feature: item for item in opening.evidence}
    assert evidence["price_swept"].threshold == pytest.approx(math.expm1(SETTINGS.crowd.sweep))
    assert evidence["price_swept"].value >= evidence["price_swept"].threshold
    assert evidence["buy_share"].value < SETTINGS.unanimous.buy_share


def test_many_who_buy_what_is_offered_while_many_sell_are_no_pump() -> None:
    assert run(ticks(quiet(10), large_crowd(climb=0.0008))) == []


def test_prices_of_two_currencies_in_one_millisecond_are_no_climb() -> None:
    stream = []
    for number, (tick, time_ms) in enumerate(ticks(quiet(10), large_crowd(climb=0.0008))):
        if number % 2:
            in_bitcoin = {"quote": "BTC", "price": f"{float(tick.price) / 50_000:.12f}"}
            tick = Tick(**{f: getattr(tick, f) for f in tick.__struct_fields__} | in_bitcoin)
        stream.append((tick, time_ms))
    assert run(stream) == []


def small_crowd(rise: float = 0.05) -> list[Trade]:
    """It hardly climbs the offers."""
    start = price_at(quiet(10), PUMP_MS)
    return pump(PUMP_MS, rise=rise, orders=11, seconds=12, fills=2, start=start)


def test_a_small_crowd_that_nobody_sells_into_is_a_pump() -> None:
    [(time_ms, opening)] = run(ticks(quiet(10), small_crowd()))
    assert 0 <= time_ms - START_MS - PUMP_MS <= 12_000
    evidence = {item.feature: item for item in opening.evidence}
    assert evidence["rush_orders"].value < 11
    assert evidence["buy_share"].threshold == SETTINGS.unanimous.buy_share
    assert evidence["price_lifting_share"].threshold == SETTINGS.unanimous.lift_share
    assert opening.score >= 0.5


def test_a_small_crowd_that_others_sell_into_is_no_pump() -> None:
    crowd = small_crowd()
    sales = [Trade(t.at_ms + 300, "sell", t.price, t.amount / 10) for t in crowd[::3]]
    assert run(ticks(quiet(10), crowd, sales)) == []


def test_a_sale_that_fills_several_makers_counts_once() -> None:
    sale = [Trade(PUMP_MS + 100, "sell", 1.0, 5.0) for _ in range(30)]
    assert len(run(ticks(quiet(10), small_crowd(), sale))) == 1


def test_a_small_crowd_whose_orders_seldom_lift_the_price_is_no_pump() -> None:
    climb = pump(PUMP_MS, orders=24, seconds=12, fills=2)
    start = price_at(quiet(10), PUMP_MS)
    stairs = [
        # Every third order lifts the price.
        Trade(trade.at_ms, trade.side, start * (1.05 + 0.005 * (fill // 6)), trade.amount)
        for fill, trade in enumerate(climb)
    ]
    assert run(ticks(quiet(10), stairs)) == []


def test_a_small_crowd_that_hardly_moves_the_price_is_no_pump() -> None:
    assert run(ticks(quiet(10), small_crowd(rise=0.015))) == []


def test_trades_against_several_currencies_do_not_mix_their_prices() -> None:
    stream = []
    for number, (tick, time_ms) in enumerate(ticks(quiet(10, per_minute=4), pump(PUMP_MS))):
        if number % 2:
            in_bitcoin = {"quote": "BTC", "price": f"{float(tick.price) / 50_000:.12f}"}
            tick = Tick(**{f: getattr(tick, f) for f in tick.__struct_fields__} | in_bitcoin)
        stream.append((tick, time_ms))
    [(time_ms, _)] = run(stream)
    assert 0 <= time_ms - START_MS - PUMP_MS <= 15_000


def test_a_constant_in_place_of_rivers_scorer_changes_the_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calm = list(ticks(quiet(10), pump(PUMP_MS, rise=0.05)))
    # So restless that the same rise is nothing special.
    restless = quiet(10, seed=2, volatility=0.03)
    rise = pump(PUMP_MS, rise=0.05, start=price_at(restless, PUMP_MS))
    wild = list(ticks(restless, rise))
    assert len(run(calm)) == 1
    assert run(wild) == []
    monkeypatch.setattr(GaussianScorer, "score_one", lambda *_: 0.0)
    assert run(calm) == []
    monkeypatch.setattr(GaussianScorer, "score_one", lambda *_: 1.0)
    assert len(run(wild)) >= 1


def test_neither_the_clock_nor_what_lies_hours_back_decides() -> None:
    parts = (quiet(30, seed=5), pump(20 * HOUR_MS), pump(26 * HOUR_MS, rise=0.3))
    shift_ms = 37 * 60_000
    whole = [time_ms for time_ms, _ in run(ticks(*parts))]
    later = [time_ms - shift_ms for time_ms, _ in run(ticks(*parts, shift_ms=shift_ms))]
    shorter = [
        time_ms
        for time_ms, _ in run(
            (tick, time_ms) for tick, time_ms in ticks(*parts) if time_ms >= START_MS + 7 * HOUR_MS
        )
    ]
    assert len(whole) == 2
    assert later == whole
    assert shorter == whole


def test_amounts_and_prices_have_no_scale() -> None:
    parts = [*quiet(10), *pump(PUMP_MS)]
    tiny = [Trade(t.at_ms, t.side, t.price * 0.001, t.amount * 0.01) for t in parts]
    huge = [Trade(t.at_ms, t.side, t.price * 1e6, t.amount * 1e4) for t in parts]
    expected = [time_ms for time_ms, _ in run(ticks(parts))]
    assert [time_ms for time_ms, _ in run(ticks(tiny))] == expected
    assert [time_ms for time_ms, _ in run(ticks(huge))] == expected


def test_one_pump_is_one_alert_and_the_next_one_is_not_hidden_by_it() -> None:
    again = PUMP_MS + 10 * 60_000
    next_one = PUMP_MS + 2 * HOUR_MS
    found = run(ticks(quiet(12), pump(PUMP_MS), pump(again, orders=90), pump(next_one)))
    assert [round((t - START_MS) / HOUR_MS) for t, _ in found] == [9, 11]


def test_no_word_before_there_is_a_baseline() -> None:
    assert run(ticks(quiet(1), pump(HOUR_MS))) == []


def test_quotes_and_steps_back_in_time_do_no_harm() -> None:
    stream = list(ticks(quiet(10), pump(PUMP_MS)))
    tick, time_ms = stream[len(stream) // 2]
    quote = Tick(
        id="q",
        token="token",
        symbol="TOKEN",
        event_time=tick.event_time,
        source="test",
        price="9000",
        kind="quote",
        quote="USDT",
    )
    stream.insert(len(stream) // 2, (quote, time_ms - 1500))
    stream.insert(100, (stream[100][0], stream[100][1] - 1500))
    assert len(run(stream)) == 1


def test_state_is_small_and_goes_on_where_it_was_pickled() -> None:
    stream = list(ticks(quiet(40, per_minute=5), pump(39 * HOUR_MS)))
    detector = PumpAndDump()
    middle = len(stream) // 2
    assert run(stream[:middle], detector) == []
    frozen = pickle.dumps(detector)
    assert len(frozen) < 8_000
    assert run(stream[middle:], pickle.loads(frozen)) == run(stream[middle:], detector)


def test_settings_of_ones_own_survive_pickling() -> None:
    own = replace(SETTINGS, price_memory=40, unanimous=replace(SETTINGS.unanimous, rush=6.0))
    assert pickle.loads(pickle.dumps(own)) == own
    assert pickle.loads(pickle.dumps(SETTINGS)) == SETTINGS


def test_an_event_costs_microseconds() -> None:
    stream = list(ticks(quiet(100, per_minute=5)))
    started = process_time()
    run(stream)
    # Typically 3; the bound leaves room for a busy machine.
    assert (process_time() - started) / len(stream) < 50e-6


def test_the_score_rises_with_the_pump() -> None:
    [(_, weak)] = run(ticks(quiet(10), pump(PUMP_MS, rise=0.05)))
    [(_, strong)] = run(ticks(quiet(10), pump(PUMP_MS, rise=2.0)))
    assert weak.score < strong.score
    assert weak.impact < 0.1
    assert strong.impact > 0.165


class Axis:
    """A follow-up on a joined axis of 10-second windows."""

    def __init__(self) -> None:
        stream = list(ticks(quiet(10), pump(PUMP_MS)))
        detector = PumpAndDump()
        for tick, time_ms in stream:
            opening = detector.observe(tick, time_ms)
            if opening is not None:
                break
        assert opening is not None
        self.opening = opening
        self.opened_ms = time_ms
        self.follow_up: PumpFollowUp = detector.follow(opening, time_ms)
        self.view = TokenView("token", "TOKEN")
        self.revisions: list[Revision] = []
        self.take(self.follow_up.review(self.view, time_ms))

    def take(self, revision: Revision | None) -> None:
        if revision is not None:
            self.revisions.append(revision)

    def signal(self, kind: SignalKind, second: float, values: dict[str, float]) -> None:
        time_ms = self.opened_ms + round(second * 1000)
        signal = Signal(
            id=signal_id(kind, "token", time_ms, 10_000),
            token="token",
            symbol="TOKEN",
            kind=kind,
            event_time=rfc3339(time_ms),
            window_ms=10_000,
            values=values,
        )
        self.view.recent.setdefault(kind, deque(maxlen=360)).append(signal)
        self.take(self.follow_up.review(self.view, time_ms))

    def price(
        self, second: float, close: float, high: float | None = None, trades: int = 50
    ) -> None:
        high = close if high is None else high
        self.signal(
            "trading",
            second,
            {
                "open": close,
                "high": high,
                "low": close,
                "close": close,
                "trades": float(trades),
                "accumulation": 0.0,
            },
        )

    @property
    def phases(self) -> list[tuple[str, str]]:
        return [(revision.phase, revision.status) for revision in self.revisions]


def test_a_pump_goes_from_ignition_over_peak_and_dump_to_its_end() -> None:
    axis = Axis()
    for second, close in ((10, 1.2), (20, 1.3), (40, 1.28), (90, 1.27), (120, 1.1), (200, 1.01)):
        axis.price(second, close)
    assert axis.phases == [("peak", "open"), ("dump", "open"), ("dump", "resolved")]
    assert axis.revisions[-1].ended_ms == axis.opened_ms + 200_000
    assert "+3" in axis.revisions[-1].explanation


def test_only_material_changes_make_a_revision() -> None:
    axis = Axis()
    for second in range(10, 60, 10):
        axis.price(second, 1.2 + second / 1000)
    assert axis.phases == []


def test_windows_that_end_together_are_all_read() -> None:
    axis = Axis()
    axis.price(10, 1.2)
    axis.signal("sentiment", 90, {"mention_rate": 0.0, "anomaly": 0.0})
    axis.price(90, 1.05)
    assert axis.phases[-1] == ("dump", "open")


def test_a_burst_of_mentions_corroborates_once() -> None:
    axis = Axis()
    before = axis.opening.score
    for second in range(10, 60, 10):
        axis.signal("sentiment", second, {"mention_rate": 6.0, "anomaly": 0.9})
    [revision] = axis.revisions
    assert revision.status == "open"
    assert revision.score > before
    assert [item.feature for item in revision.evidence].count("mention_rate") == 1


def test_a_token_that_is_always_talked_about_is_not_corroborated() -> None:
    axis = Axis()
    for second in range(-500, -100, 10):
        axis.signal("sentiment", second, {"mention_rate": 6.0, "anomaly": 0.1})
    axis.signal("sentiment", 20, {"mention_rate": 7.0, "anomaly": 0.2})
    assert axis.revisions == []


def test_large_transfers_are_evidence() -> None:
    axis = Axis()
    axis.signal("flow", 20, {"transfers": 3, "volume": 1e6, "largest": 9e5, "anomaly": 0.999})
    [revision] = axis.revisions
    assert "transfer_flow" in [item.feature for item in revision.evidence]


@pytest.mark.parametrize(("quiet_buying", "told"), [(0.7, 1), (0.3, 0)])
def test_quiet_buying_before_the_onset_is_evidence(quiet_buying: float, told: int) -> None:
    axis = Axis()
    axis.follow_up = PumpFollowUp(axis.opening, axis.opened_ms, 1.0, 1.0)
    axis.signal("trading", -60, {"close": 1.0, "high": 1.0, "accumulation": quiet_buying})
    assert len(axis.revisions) == told
    for revision in axis.revisions:
        assert "accumulation" in [item.feature for item in revision.evidence]
        assert revision.score > axis.opening.score


def test_a_single_bad_print_is_taken_back() -> None:
    axis = Axis()
    axis.price(30, 0.9, trades=2)
    assert axis.phases == [("ignition", "retracted")]


def test_a_price_in_another_currency_is_not_the_dump() -> None:
    axis = Axis()
    axis.price(20, 0.00002)
    assert axis.revisions == []


def test_at_the_horizon_the_alert_is_resolved_as_it_stands() -> None:
    axis = Axis()
    axis.price(20, 1.2)
    axis.follow_up = pickle.loads(pickle.dumps(axis.follow_up))
    revision = axis.follow_up.expire(axis.opened_ms + PumpFollowUp.horizon_ms)
    assert (revision.status, revision.phase) == ("resolved", "ignition")
    assert revision.ended_ms == axis.opened_ms + SETTINGS.cool_down_ms
