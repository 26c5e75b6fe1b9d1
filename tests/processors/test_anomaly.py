"""How unusual a window's activity is: bursts are, the ordinary and the quiet are not."""

from __future__ import annotations

import copy
import pickle
import random

import pytest

from processors.anomaly import ActivityAnomaly

UNUSUAL = 0.95


def ordinary(count: int, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [chance.lognormvariate(3.0, 0.8) for _ in range(count)]


def told(activities: list[float]) -> tuple[list[float], ActivityAnomaly]:
    anomaly = ActivityAnomaly()
    scores = []
    for activity in activities:
        scores.append(anomaly.score(activity))
        anomaly.learn(activity)
    return scores, anomaly


@pytest.mark.parametrize("unit", [0.001, 1.0, 1_000_000.0])
def test_a_burst_is_unusual_in_any_unit(unit: float) -> None:
    scores, _ = told([unit * value for value in [*ordinary(600), 2_000.0]])
    assert scores[-1] >= UNUSUAL
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_ordinary_windows_are_hardly_ever_unusual() -> None:
    scores, _ = told(ordinary(5_000))
    assert sum(score >= UNUSUAL for score in scores) < 10


def test_nothing_is_unusual_before_anything_is_usual() -> None:
    scores, _ = told([1.0, 50.0, 1.0, 1e9, 1.0])
    assert scores == [0.0] * 5


def test_less_than_usual_is_no_unusual_activity() -> None:
    _, anomaly = told([*ordinary(300), 5_000.0])
    assert anomaly.score(0.0) == anomaly.score(1.0) == 0.0


def test_scoring_changes_nothing() -> None:
    _, anomaly = told(ordinary(300))
    before = pickle.dumps(anomaly)
    first = anomaly.score(400.0)
    assert anomaly.score(400.0) == first
    assert pickle.dumps(anomaly) == before


def test_a_copy_and_a_snapshot_go_on_alike_and_by_themselves() -> None:
    _, anomaly = told(ordinary(300))
    copies = (copy.deepcopy(anomaly), pickle.loads(pickle.dumps(anomaly)))
    expected = anomaly.score(400.0)
    for other in copies:
        other.learn(1e6)
    assert anomaly.score(400.0) == expected
    assert copies[0].score(400.0) == copies[1].score(400.0) != expected


def test_its_state_is_small_however_long_it_goes_on() -> None:
    _, young = told(ordinary(100))
    _, old = told(ordinary(5_000))
    assert len(pickle.dumps(old)) <= len(pickle.dumps(young)) + 16 < 1_200
