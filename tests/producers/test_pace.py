"""How fast sources go."""

from __future__ import annotations

from memewatch.clock import ManualClock
from producers.pace import EventTimePace, TogetherPace


def test_event_time_passes_speed_times_as_fast_as_the_clock():
    clock = ManualClock(1_000_000)
    pace = EventTimePace(clock, 60.0, event_ms=5_000, wall_ms=1_000_000)
    assert pace.delay_s(5_000) == 0
    assert pace.delay_s(65_000) == 1.0
    clock.advance(0.5)
    assert pace.delay_s(65_000) == 0.5
    assert pace.reached_ms() == 35_000


def test_those_that_go_together_wait_for_the_slowest_until_it_ends():
    positions: dict[str, int] = {}
    fast = TogetherPace(positions, "fast", 0)
    slow = TogetherPace(positions, "slow", 0)
    assert fast.delay_s(60_000) == 0
    assert fast.delay_s(3_600_000) > 0
    assert slow.delay_s(3_590_000) == 0
    assert fast.delay_s(3_600_000) == 0
    assert fast.delay_s(9_000_000) > 0
    slow.end()
    assert fast.delay_s(9_000_000) == 0
