from __future__ import annotations

from dataclasses import replace

import pytest

from processors.offline import replay
from processors.risk.fusion import OWN, Fusion
from processors.risk.model import RiskModel, Weights, shipped
from schemas.alerts import Alert
from schemas.events import Event, Post, Tick, Transfer
from schemas.times import rfc3339
from tests.processors.chain import decision, pending
from tests.processors.engine import PATTERNS, START_MS

RISK = RiskModel(Weights(1, {}, Fusion({"whale_dump": 1.0})), shipped().rules)


def at(second: float) -> int:
    return START_MS + round(1000 * second)


def swap(name: str, time_ms: int, price: float) -> Tick:
    return Tick(
        id=name,
        token="T",
        symbol="T",
        source="evm",
        event_time=rfc3339(time_ms),
        price=str(price),
        amount="1",
        side="buy",
    )


def transfer(name: str, time_ms: int, amount: float, token: str = "T") -> Transfer:
    return Transfer(
        id=name,
        token=token,
        symbol=token,
        source="evm",
        event_time=rfc3339(time_ms),
        chain="test",
        contract="0xtoken",
        transaction=name,
        log_index=0,
        from_address="0xa",
        to_address="0xb",
        amount=str(amount),
    )


def post(name: str, time_ms: int) -> Post:
    return Post(
        id=name,
        token="T",
        symbol="T",
        source="test",
        event_time=rfc3339(time_ms),
        post_id=name,
        author="somebody",
        text="hm",
    )


QUIET = [post(f"q{second}", at(second)) for second in (100, 200)]


def told(*events: Event) -> dict[str, list[Alert]]:
    """All revisions by pattern, in their order; each pattern has one alert."""
    out = replay(events, replace(PATTERNS, risk=RISK), watermark_every=1)
    assert not out.dead_letters
    by_pattern: dict[str, list[Alert]] = {}
    for alert in out.alerts:
        by_pattern.setdefault(alert.pattern, []).append(alert)
    return by_pattern


JUMP = (swap("a", at(0), 1.0), swap("b", at(5), 3.0))


def test_two_patterns_at_once_are_one_event_that_the_stronger_leads():
    said = told(*JUMP, transfer("w", at(20), 1_000), *QUIET)
    pump, whale = said["pump_and_dump"], said["whale_dump"]
    assert whale[0].part_of is None
    assert [alert.part_of for alert in whale[1:]] == [pump[0].id] * (len(whale) - 1)
    assert len(whale) > 1
    assert "belongs to a stronger alert: pump and dump" in whale[1].explanation
    assert {alert.part_of for alert in pump} == {None}
    assert max(alert.score for alert in pump) > pump[0].score
    evidence = {item.feature: item for item in pump[1].evidence}
    assert evidence["also_whale_dump"].value == pytest.approx(0.7)
    assert evidence["also_whale_dump"].weight == pytest.approx(0.7)
    assert evidence[OWN].value == pytest.approx(pump[0].score)
    assert "Also seen: whale dump." in pump[1].explanation


def test_a_stronger_one_that_comes_later_takes_over():
    said = told(transfer("w", at(0), 1_000), swap("a", at(20), 1.0), swap("b", at(25), 3.0), *QUIET)
    pump, whale = said["pump_and_dump"], said["whale_dump"]
    assert whale[0].part_of is None
    assert whale[-1].part_of == pump[0].id
    assert any("also_whale_dump" in {e.feature for e in alert.evidence} for alert in pump)


def test_what_comes_after_the_leader_has_ended_stands_for_itself():
    said = told(*JUMP, transfer("w", at(90), 1_000), *QUIET)
    assert {alert.part_of for alert in said["whale_dump"]} == {None}


def test_another_tokens_alert_is_no_part_of_it():
    said = told(*JUMP, transfer("w", at(20), 1_000, token="OTHER"), *QUIET)
    assert {alert.part_of for alert in said["whale_dump"]} == {None}
    assert {alert.score for alert in said["pump_and_dump"]} == {0.9}


def test_when_the_leaders_block_is_orphaned_the_next_one_leads():
    jump = pending(swap("b", at(5), 3.0))
    said = told(
        JUMP[0],
        jump,
        transfer("w", at(20), 1_000),
        post("p", at(25)),
        decision(jump, "retracted", at(30)),
        *QUIET,
    )
    assert said["pump_and_dump"][-1].status == "retracted"
    parts = [alert.part_of for alert in said["whale_dump"]]
    assert said["pump_and_dump"][0].id in parts
    assert parts[-1] is None


def test_a_member_whose_block_is_orphaned_corroborates_no_more():
    large = pending(transfer("w", at(20), 1_000))
    said = told(*JUMP, large, post("p", at(25)), decision(large, "retracted", at(30)), *QUIET)
    scores = [alert.score for alert in said["pump_and_dump"]]
    assert max(scores) > scores[0]
    assert scores[-1] == scores[0]
