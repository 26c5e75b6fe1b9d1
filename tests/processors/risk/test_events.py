from __future__ import annotations

from typing import get_args

import pytest

from processors.risk.events import Event, Member
from processors.risk.relations import contradict, rank
from schemas.alerts import Pattern

MINUTE_MS = 60_000


def member(
    name: str, pattern: Pattern, minute: float = 0.0, phase: str = "", impact: float = 0.5
) -> Member:
    return Member(name, pattern, phase, round(minute * MINUTE_MS), 0.8, impact)


def test_every_pattern_has_a_rank_of_its_own():
    patterns = get_args(Pattern)
    assert len({rank(pattern) for pattern in patterns}) == len(patterns)


def test_what_opens_within_half_an_hour_is_one_event():
    event = Event(member("a", "pump_and_dump"))
    assert event.takes("shilling", 30 * MINUTE_MS)
    assert not event.takes("shilling", 31 * MINUTE_MS)


def test_an_event_goes_on_with_its_youngest_alert():
    event = Event(member("a", "pump_and_dump"))
    event.add(member("b", "shilling", 25))
    assert event.takes("mention_burst", 50 * MINUTE_MS)


def test_the_stages_of_a_launch_are_one_event_for_hours():
    event = Event(member("a", "sniper_bundle"))
    assert event.takes("rug_pull", 300 * MINUTE_MS)
    assert not event.takes("mention_burst", 300 * MINUTE_MS)


def test_the_stronger_pattern_leads_whenever_it_comes():
    event = Event(member("a", "mention_burst"))
    assert event.add(member("b", "pump_and_dump", 1))
    assert not event.add(member("c", "shilling", 2))
    assert event.leader.id == "b"


def test_of_the_same_pattern_the_one_with_more_at_risk_leads():
    event = Event(member("a", "rug_pull", impact=0.3))
    assert event.add(member("b", "rug_pull", 1, impact=0.9))
    assert not event.add(member("c", "rug_pull", 2, impact=0.9))


def test_when_the_leader_is_taken_back_the_strongest_open_one_leads():
    event = Event(member("a", "mention_burst"))
    event.add(member("b", "shilling", 1))
    event.add(member("c", "pump_and_dump", 2))
    assert event.drop("c", ["a", "b"])
    assert event.leader.id == "b"
    assert not event.drop("b", [])
    assert "b" not in event.members


def test_a_member_that_is_taken_back_corroborates_no_more():
    event = Event(member("a", "pump_and_dump"))
    event.add(member("b", "shilling", 1))
    assert event.seen() == {"shilling": 0.8}
    assert not event.drop("b", ["a"])
    assert event.seen() == {}


@pytest.mark.parametrize("turned", [False, True])
def test_a_panic_contradicts_a_pump_and_hype_does_not(turned: bool):
    def against(phase: str) -> bool:
        pair: list[tuple[Pattern, str]] = [
            ("pump_and_dump", "ignition"),
            ("sentiment_spike", phase),
        ]
        if turned:
            pair.reverse()
        return contradict(*pair)

    assert against("panic")
    assert not against("hype")


def test_what_contradicts_counts_against_the_leader():
    event = Event(member("a", "pump_and_dump", phase="ignition"))
    event.add(member("b", "sentiment_spike", 1, phase="panic"))
    assert event.seen() == {"sentiment_spike": -0.8}


def test_unusual_activity_counts_where_it_is_not_what_the_detector_saw_itself():
    leader = member("a", "pump_and_dump")
    event = Event(leader)
    leader.note("trading", 1.0)
    leader.note("sentiment", 0.99)
    leader.note("sentiment", 0.2)
    leader.note("flow", 0.9)
    assert event.seen() == {"sentiment_anomaly": pytest.approx(0.8)}


def test_an_event_remembers_so_many_alerts_and_no_more():
    event = Event(member("a", "pump_and_dump"))
    count = 0
    while event.takes("shilling", 0) and count < 100:
        event.add(member(str(count), "shilling"))
        count += 1
    assert len(event.members) == 32
