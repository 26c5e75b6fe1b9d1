"""Which market the demonstration publishes after a start."""

from __future__ import annotations

import msgspec
import pytest

from memewatch.clock import ManualClock
from memewatch.settings import Settings
from producers.main import LONGEST_GAP_MS, OLDEST_MARKET_MS, plan_demo
from producers.publishing import new_state
from producers.simulated.market import PAST_MS
from schemas.topics import EVENT_TOPICS

NOW_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
SETTINGS = Settings(_env_file=None, demo_tokens=3)


def start_ms(plan):
    return int(plan.identity.split(":")[2])


def last_state(ended_ms, is_open, settings=SETTINGS, began_ms=NOW_MS):
    """The state a market left that began six hours before ``began_ms``."""
    clock = ManualClock(began_ms)
    state = new_state(plan_demo(settings, clock, None), clock)
    return msgspec.structs.replace(
        state,
        open=is_open,
        cursors={"simulated": f"{began_ms - PAST_MS}:77"},
        watermarks={spec.name: ended_ms for spec in EVENT_TOPICS},
    )


def test_the_first_market_begins_with_six_hours_of_its_past():
    plan = plan_demo(SETTINGS, ManualClock(NOW_MS), None)
    assert start_ms(plan) == NOW_MS - 6 * HOUR_MS
    assert (plan.continues, plan.cursors) == (None, {})


def test_a_killed_market_goes_on_in_its_session():
    last = last_state(NOW_MS, is_open=True)
    plan = plan_demo(SETTINGS, ManualClock(NOW_MS + HOUR_MS), last)
    assert plan.continues == last
    assert (plan.identity, plan.cursors) == (last.identity, last.cursors)


def test_a_stopped_market_goes_on_in_a_new_session():
    last = last_state(NOW_MS, is_open=False)
    plan = plan_demo(SETTINGS, ManualClock(NOW_MS + HOUR_MS), last)
    assert plan.continues is None
    assert (plan.identity, plan.cursors) == (last.identity, last.cursors)


@pytest.mark.parametrize("is_open", [True, False])
def test_after_a_long_gap_a_new_market_begins(is_open):
    later_ms = NOW_MS + LONGEST_GAP_MS + 1
    plan = plan_demo(SETTINGS, ManualClock(later_ms), last_state(NOW_MS, is_open))
    assert start_ms(plan) == later_ms - PAST_MS
    assert (plan.continues, plan.cursors) == (None, {})


def test_a_market_that_took_too_long_to_make_again_gives_way_where_it_ended():
    later_ms = NOW_MS + OLDEST_MARKET_MS
    plan = plan_demo(SETTINGS, ManualClock(later_ms), last_state(later_ms - HOUR_MS, False))
    assert start_ms(plan) == later_ms - HOUR_MS
    assert plan.cursors == {}


def test_other_settings_make_another_market():
    other = SETTINGS.model_copy(update={"demo_seed": SETTINGS.demo_seed + 1})
    plan = plan_demo(other, ManualClock(NOW_MS + HOUR_MS), last_state(NOW_MS, True))
    assert start_ms(plan) == NOW_MS + HOUR_MS - PAST_MS
    assert (plan.continues, plan.cursors) == (None, {})
