"""Coins launched in the market: each cheat is in what its chain tells, honest ones lack it."""

from __future__ import annotations

from collections import Counter, defaultdict

from producers.simulated.launches.catalogue import CHEATS, LOOK_ALIKES
from producers.simulated.launches.opening import DEAD, LONGEST_MS, SHARE_LOCKS, VESTING
from producers.simulated.truth import Truth
from schemas.events import Liquidity, Transfer
from tests.producers.simulated.recording import HOUR_MS, HOURS, MINUTE_MS, START_MS, recording

_NOBODY = "0x" + "0" * 40
_BLOCK_MS = 3_000
_KEPT = {DEAD, *SHARE_LOCKS, *VESTING, _NOBODY}


def _launches(kind: str | None = None) -> list[Truth]:
    found = [
        truth
        for truth in recording().truths
        if truth.born_ms is not None and kind in (None, truth.kind)
    ]
    assert found, kind
    return found


def _liquidity(truth: Truth, action: str) -> list[tuple[int, Liquidity]]:
    told = recording().liquidity[truth.token]
    return [(time_ms, event) for time_ms, event in told if event.action == action]


def _transfers(truth: Truth) -> list[Transfer]:
    return [event for _, event in recording().transfers[truth.token]]


def _pools(truth: Truth) -> set[str]:
    return {event.pool for _, event in recording().liquidity[truth.token]}


def _traders(truth: Truth, until_ms: int) -> tuple[set[str], set[str]]:
    """Who bought and who sold."""
    ticks = [tick for time_ms, tick in recording().ticks[truth.token] if time_ms <= until_ms]
    buyers = {tick.buyer for tick in ticks if tick.side == "buy" and tick.buyer}
    sellers = {tick.seller for tick in ticks if tick.side == "sell" and tick.seller}
    return buyers, sellers


def _balances(truth: Truth, until_ms: int) -> dict[str, float]:
    held: dict[str, float] = defaultdict(float)
    for time_ms, event in recording().transfers[truth.token]:
        if time_ms <= until_ms:
            held[event.from_address] -= float(event.amount)
            held[event.to_address] += float(event.amount)
    return held


def test_every_kind_of_launch_happens_and_a_third_is_weak() -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for truth in _launches():
        counts[truth.kind][truth.strength] += 1
    assert set(counts) == {launch.__name__ for launch in (*CHEATS, *LOOK_ALIKES)}
    for strengths in counts.values():
        assert abs(strengths["weak"] - sum(strengths.values()) / 3) < 1


def test_honest_launches_never_lag_behind_cheats() -> None:
    lead = 0
    for truth in _launches():
        lead += 1 if truth.honest else -1
        assert lead >= 0


def test_a_life_is_told_whole_within_the_market() -> None:
    for truth in _launches():
        assert truth.born_ms is not None
        assert truth.born_ms <= truth.onset_ms <= truth.ends_ms
        assert truth.ends_ms <= truth.born_ms + LONGEST_MS
        assert truth.born_ms + LONGEST_MS <= START_MS + HOURS * HOUR_MS
        first, *_ = _transfers(truth)
        assert first.from_address == _NOBODY


def test_logs_of_a_coin_come_in_the_order_of_its_chain() -> None:
    for truth in _launches():
        told = [
            event
            for event in recording().events
            if isinstance(event, Transfer | Liquidity) and event.token == truth.token
        ]
        places = [(event.block_number, event.log_index) for event in told]
        assert places == sorted(places)


def test_pools_hold_what_came_in_and_did_not_go_out() -> None:
    for truth in _launches():
        reserves = {event.pool: event for _, event in _liquidity(truth, "reserves")}
        held = _balances(truth, truth.ends_ms + HOUR_MS)
        for pool, last in reserves.items():
            assert last.token_amount is not None
            assert abs(float(last.token_amount) - held[pool]) < -1e-6 * held[_NOBODY]


def test_a_swap_is_a_trade_in_its_pool() -> None:
    for truth in _launches():
        pools = _pools(truth)
        ticks = [tick for _, tick in recording().ticks[truth.token]]
        assert len(ticks) >= 40
        assert {tick.contract for tick in ticks} <= pools


def test_a_drained_pool_loses_to_its_makers_what_was_planned() -> None:
    for truth in _launches("drained_launch"):
        removed = [
            event
            for time_ms, event in _liquidity(truth, "removed")
            if time_ms >= truth.onset_ms - _BLOCK_MS
        ]
        assert len(removed) >= truth.numbers["slices"]
        size = lowest = 1.0
        for event in removed:
            assert event.liquidity is not None
            assert event.total_liquidity is not None
            before = float(event.liquidity) + float(event.total_liquidity)
            size *= float(event.total_liquidity) / before
            lowest = min(lowest, size)
        # Small providers hold a part that the makers can't take.
        assert 1.0 - lowest >= 0.8 * truth.numbers["pool_share"] - 0.02


def test_a_bundle_is_bought_within_two_blocks() -> None:
    for truth in _launches("bundled_launch"):
        buyers, _ = _traders(truth, truth.onset_ms + _BLOCK_MS)
        assert len(buyers) >= truth.numbers["addresses"]


def test_hardly_anybody_gets_out_of_a_trap() -> None:
    for truth in _launches("trapped_launch"):
        buyers, sellers = _traders(truth, truth.ends_ms)
        assert len(buyers) >= 0.8 * truth.numbers["buyers"]
        assert len(buyers & sellers) <= truth.numbers["allowed"]


def test_of_a_patient_crowd_a_noticeable_part_sells() -> None:
    for truth in _launches("patient_launch"):
        buyers, sellers = _traders(truth, truth.ends_ms)
        assert len(buyers & sellers) >= 0.1 * len(buyers)


def test_ten_addresses_hold_what_circulates_of_a_hoarded_coin_and_of_no_vested_one() -> None:
    def largest(truth: Truth) -> float:
        apart = _KEPT | _pools(truth)
        held = _balances(truth, truth.onset_ms + 20 * MINUTE_MS)
        free = sorted((amount for name, amount in held.items() if name not in apart), reverse=True)
        return sum(free[:10]) / sum(free)

    assert all(largest(truth) > 0.75 for truth in _launches("hoarded_launch"))
    assert all(largest(truth) < 0.8 for truth in _launches("vested_launch"))


def test_a_project_that_moves_provides_elsewhere_before_it_leaves() -> None:
    for truth in _launches("migrating_launch"):
        (leaves_ms, left), *_ = _liquidity(truth, "removed")
        elsewhere = [
            event
            for time_ms, event in _liquidity(truth, "added")
            if time_ms <= leaves_ms and event.pool != left.pool
        ]
        assert len(elsewhere) == 1
        assert elsewhere[0].quote_amount is not None
        assert left.quote_amount is not None
        assert float(elsewhere[0].quote_amount) > 0.8 * float(left.quote_amount)
