from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from producers.simulated.scoring import AFTER_MS, BEFORE_MS
from producers.simulated.strength import (
    RECORDED_RISE,
    RECORDED_RUSH_ORDERS,
    RECORDED_VOLUME_RATIO,
)
from producers.simulated.truth import Truth
from tests.producers.simulated.recording import HOUR_MS, START_MS, Recording, recording


@pytest.fixture(scope="module")
def lively() -> list[Truth]:
    """The truth of a market as lively as the demonstration, but for coins launched in it."""
    truths = Recording(seed=12, scenarios_per_hour=56.0).truths
    return [truth for truth in truths if truth.born_ms is None]


def test_no_scenario_begins_in_the_warm_up(lively: list[Truth]) -> None:
    assert min(truth.starts_ms for truth in lively) >= START_MS + 2 * HOUR_MS


def test_look_alikes_never_lag_behind_cheats(lively: list[Truth]) -> None:
    lead = 0
    for truth in lively:
        lead += 1 if truth.pattern is None else -1
        assert lead >= 0


def test_every_kind_happens(lively: list[Truth]) -> None:
    assert {truth.kind for truth in lively} >= {
        "pump_and_dump",
        "whale_dump",
        "sentiment_burst",
        "shilling_wave",
        "shilling_ring",
        "sentiment_price_divergence",
        "wash_trading",
        "rug_pull",
        "exchange_listing",
        "news_rally",
        "viral_post",
        "shared_news",
        "quarrel",
        "treasury_transfer",
        "whale_accumulation",
        "dormant_wallet",
        "cold_reshuffle",
        "staking_payouts",
        "market_maker",
        "pullback",
    }


def test_a_third_of_each_kind_is_weak(lively: list[Truth]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for truth in lively:
        counts[truth.kind][truth.strength] += 1
    for strengths in counts.values():
        assert abs(strengths["weak"] - sum(strengths.values()) / 3) < 1


def test_weak_pumps_are_planned_below_the_weakest_quarter_of_recorded_ones(
    lively: list[Truth],
) -> None:
    pumps = [truth for truth in lively if truth.kind == "pump_and_dump"]
    for pump in pumps:
        below = (
            pump.numbers["rise"] < RECORDED_RISE[0],
            pump.numbers["volume_ratio"] < RECORDED_VOLUME_RATIO[0],
            pump.numbers["rush_orders"] < RECORDED_RUSH_ORDERS[0],
        )
        assert set(below) == {pump.strength == "weak"}


def test_alert_windows_of_one_token_never_overlap(lively: list[Truth]) -> None:
    for truths in _by_token(lively).values():
        for before, after in pairwise(truths):
            assert before.ends_ms + AFTER_MS < after.onset_ms - BEFORE_MS


def test_the_same_kind_rests_for_an_hour_on_a_token(lively: list[Truth]) -> None:
    for truths in _by_token(lively).values():
        last: dict[str, int] = {}
        for truth in truths:
            assert truth.starts_ms - last.get(truth.kind, 0) >= HOUR_MS
            last[truth.kind] = truth.starts_ms


def test_every_scenario_ends_before_the_market_does() -> None:
    market = recording()
    assert max(truth.ends_ms for truth in market.truths) < START_MS + 14 * HOUR_MS


def _by_token(truths: list[Truth]) -> dict[str, list[Truth]]:
    tokens: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        tokens[truth.token].append(truth)
    return tokens
