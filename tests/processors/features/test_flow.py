"""What a window of transfers says, also of the token's pools."""

from __future__ import annotations

import pickle

import pytest
from msgspec.structs import replace

from processors.features.flow import FlowHistory, FlowWindow
from schemas.codec import event_time_ms
from schemas.events import Event
from tests.contracts.pools import PoolLife
from tests.processors.detectors.streams import at_ms, transfer

LOCK = "0x663A5C229c09b049E36dCc11a9B0d4a8Eb9db214"


def filled(*events: Event) -> FlowWindow:
    window = FlowHistory().window()
    for event in events:
        window.add(event, event_time_ms(event))  # type: ignore[arg-type]
        window = pickle.loads(pickle.dumps(window))
    return window


def pool(tells_total: bool = True) -> PoolLife:
    life = PoolLife("T", tells_total=tells_total)
    list(life.add(at_ms(0), "0xmaker", 1e6, 100.0))
    return life


@pytest.mark.parametrize("tells_total", [True, False])
def test_removals_of_one_window_add_up_and_the_pool_that_lost_most_is_told(tells_total):
    life, other = pool(tells_total), PoolLife("T", "0xother", tells_total)
    list(other.add(at_ms(0), "0xmaker", 1e6, 100.0))
    removals = [
        *life.remove(at_ms(1), "0xmaker", 0.5),
        *other.remove(at_ms(1), "0xmaker", 0.1),
        *life.remove(at_ms(1), "0xmaker", 0.5),
    ]
    assert filled(*removals).removed == pytest.approx(0.75)


def test_a_removal_of_unknown_size_is_none():
    life = pool(tells_total=False)
    _, removal = life.remove(at_ms(1), "0xmaker", 0.5)
    assert filled(removal).removed == 0.0
    assert filled(replace(removal, quote_amount=None, liquidity=None)).removed == 0.0


def test_shares_that_went_to_a_lock_are_told_and_others_not():
    life = pool()
    moves = [
        *life.move(at_ms(1), "0xmaker", LOCK, 0.4),
        *life.move(at_ms(1), "0xmaker", "0xfriend", 0.5),
    ]
    assert filled(*moves).locked == pytest.approx(0.4)
    assert filled(replace(moves[0], total_liquidity=None)).locked == 0.0


def test_what_happens_to_pools_alone_is_no_quiet_window_of_transfers():
    history, quiet = FlowHistory(), FlowHistory()
    for minute in range(60):
        window = filled(transfer(minute, "0xa", "0xb", 100.0 + minute))
        history.learn(window)
        quiet.learn(window)
        history.learn(filled(*pool().trade(at_ms(minute), 1.1)))
    large = filled(transfer(99, "0xa", "0xb", 1e5))
    said = history.score(large, at_ms(100))
    assert said == quiet.score(large, at_ms(100))
    assert said["anomaly"] > 0.9
    assert (said["transfers"], said["pool_removed"], said["pool_locked"]) == (1.0, 0.0, 0.0)
    assert history.score(filled(*pool().trade(at_ms(0), 1.1)), at_ms(1))["anomaly"] == 0.0
