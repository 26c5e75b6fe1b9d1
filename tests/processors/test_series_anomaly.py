"""The anomaly score of a series: what it finds, and what it must never do."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Iterator
from itertools import pairwise
from time import process_time

import pytest

from processors.series_anomaly import EXPERTS, THRESHOLD, SeriesAnomaly, Settings
from processors.series_anomaly.precedents import Precedents
from processors.series_anomaly.records import FadingRecord

Sample = tuple[float, int]

FIVE_MINUTES_MS = 300_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAY = DAY_MS // FIVE_MINUTES_MS
START_MS = 1_700_000_123_456


def mentions(days: float, seed: int = 7) -> list[Sample]:
    """Counts with a daily rhythm."""
    generator = random.Random(seed)
    samples = []
    for row in range(round(days * DAY)):
        rate = 40 + 30 * math.sin(2 * math.pi * row / DAY)
        samples.append((float(round(max(0.0, generator.gauss(rate, math.sqrt(rate))))), at(row)))
    return samples


def at(row: int) -> int:
    return START_MS + row * FIVE_MINUTES_MS


def scores(samples: list[Sample]) -> list[float]:
    anomaly = SeriesAnomaly()
    return [anomaly.score_and_learn(value, time_ms) for value, time_ms in samples]


def anomalies(samples: list[Sample]) -> list[int]:
    return [row for row, score in enumerate(scores(samples)) if score >= THRESHOLD]


def lifted(samples: list[Sample], first: int, rows: int, by: float) -> list[Sample]:
    return [
        (max(0.0, value + by) if first <= row < first + rows else value, time_ms)
        for row, (value, time_ms) in enumerate(samples)
    ]


def test_a_burst_of_mentions_is_an_anomaly_at_once() -> None:
    first = 6 * DAY
    found = anomalies(lifted(mentions(7), first, 12, by=150))
    assert any(first <= row <= first + 1 for row in found)


def test_a_value_that_is_usual_at_another_time_of_the_day_is_an_anomaly() -> None:
    # The night's lowest hours, with as many mentions as a day's highest ones have.
    night = 6 * DAY + DAY * 3 // 4
    found = anomalies(lifted(mentions(8), night, 24, by=60))
    assert any(night <= row < night + 24 for row in found)


def test_silence_at_the_busiest_time_is_an_anomaly() -> None:
    noon = 6 * DAY + DAY // 4
    found = anomalies(lifted(mentions(8), noon, 24, by=-100))
    assert any(noon <= row < noon + 36 for row in found)


def test_a_new_level_is_told_once_and_then_learned() -> None:
    first = 5 * DAY
    found = anomalies(lifted(mentions(9), first, 9 * DAY, by=200))
    assert any(first <= row < first + 12 for row in found)
    assert [row for row in found if row > first + 2 * DAY] == []


def test_the_ordinary_is_seldom_an_anomaly() -> None:
    days = 0
    told = 0
    for seed in range(5):
        found = anomalies(mentions(10, seed))
        told += sum(row >= 3 * DAY for row in found)
        days += 7
    assert told / days < 0.2


def test_a_constant_is_never_an_anomaly_but_its_first_change_is() -> None:
    samples = [(5.0, at(row)) for row in range(3 * DAY)]
    assert max(scores(samples)) == 0.0
    samples[-1] = (6.0, samples[-1][1])
    assert anomalies(samples) == [3 * DAY - 1]


def test_after_an_anomaly_there_is_a_rest() -> None:
    samples = mentions(7)
    for row in range(6 * DAY, 6 * DAY + 60, 3):
        samples[row] = (1_000.0 + 300 * row, samples[row][1])
    rest = Settings().rest
    found = anomalies(samples)
    assert len(found) >= 2
    assert all(later - earlier > rest for earlier, later in pairwise(found))


def test_cutting_off_the_future_changes_no_score() -> None:
    samples = lifted(mentions(6), 4 * DAY, 20, by=100)
    whole = scores(samples)
    for rows in (1, 77, DAY, 4 * DAY + 3):
        assert scores(samples[:rows]) == whole[:rows]


def test_the_same_series_scores_the_same() -> None:
    samples = lifted(mentions(6), 4 * DAY, 20, by=100)
    assert scores(samples) == scores(samples)


@pytest.mark.parametrize("shift_ms", [37 * 60_000, -DAY_MS * 365])
def test_a_shifted_clock_changes_nothing(shift_ms: int) -> None:
    samples = lifted(mentions(6), 4 * DAY, 20, by=100)
    assert scores([(value, time_ms + shift_ms) for value, time_ms in samples]) == scores(samples)


def test_a_series_that_begins_seven_hours_later_has_the_same_anomaly() -> None:
    first = 6 * DAY
    samples = lifted(mentions(7), first, 12, by=150)
    dropped = 7 * HOUR_MS // FIVE_MINUTES_MS
    found = {row + dropped for row in anomalies(samples[dropped:])}
    assert {row for row in anomalies(samples) if row >= first} <= found


def test_another_unit_changes_nothing() -> None:
    samples = lifted(mentions(6), 4 * DAY, 20, by=100)
    # A power of four, so that its root is exact too.
    large = scores([(value * 4.0**20, time_ms) for value, time_ms in samples])
    assert large == pytest.approx(scores(samples))


def test_a_pickle_in_the_middle_changes_nothing() -> None:
    samples = lifted(mentions(5), 4 * DAY, 20, by=100)
    anomaly = SeriesAnomaly()
    found = []
    for row, (value, time_ms) in enumerate(samples):
        if row % 401 == 0:
            anomaly = pickle.loads(pickle.dumps(anomaly))
        found.append(anomaly.score_and_learn(value, time_ms))
    assert found == scores(samples)


def endless() -> Iterator[Sample]:
    generator = random.Random(3)
    time_ms = START_MS
    while True:
        yield generator.lognormvariate(3, 2), time_ms
        time_ms += generator.choice((1, 10_000, 300_000, 7_200_000, -5_000))


def test_the_state_stays_small_and_the_score_in_bounds() -> None:
    anomaly = SeriesAnomaly()
    for (value, time_ms), _ in zip(endless(), range(20_000), strict=False):
        assert 0.0 <= anomaly.score_and_learn(value, time_ms) < 1.0
    assert len(pickle.dumps(anomaly)) < 20_000


def test_what_is_no_number_is_left_out() -> None:
    samples = mentions(3)
    anomaly = SeriesAnomaly()
    found = []
    for value, time_ms in samples:
        assert anomaly.score_and_learn(math.nan, time_ms) == 0.0
        assert anomaly.score_and_learn(math.inf, time_ms) == 0.0
        found.append(anomaly.score_and_learn(value, time_ms))
    assert found == scores(samples)


def test_a_value_costs_little() -> None:
    samples = mentions(10)
    started = process_time()
    scores(samples)
    assert (process_time() - started) / len(samples) < 300e-6


def test_an_expert_can_be_left_out() -> None:
    samples = lifted(mentions(5), 4 * DAY, 20, by=100)
    for place in range(len(EXPERTS)):
        weights = tuple(0.0 if i == place else 1.0 for i in range(len(EXPERTS)))
        anomaly = SeriesAnomaly(Settings(weights=weights))
        found = [anomaly.score_and_learn(value, time_ms) for value, time_ms in samples]
        assert max(found) >= THRESHOLD


def test_a_gap_is_measured_from_the_nearest_half_hour_of_the_days_before() -> None:
    precedents = Precedents()
    assert precedents.gap(5.0, 0) is None
    precedents.learn(10.0, 0)
    precedents.learn(20.0, HOUR_MS // 4)
    assert precedents.gap(15.0, DAY_MS) == 0.0
    assert precedents.gap(26.0, 2 * DAY_MS) == 6.0
    assert precedents.gap(7.0, 3 * DAY_MS + HOUR_MS // 2) == -3.0
    assert precedents.gap(7.0, DAY_MS + 2 * HOUR_MS) is None
    assert precedents.gap(7.0, 5 * DAY_MS) is None


def test_a_value_that_comes_days_too_late_is_no_precedent() -> None:
    precedents = Precedents()
    precedents.learn(10.0, 10 * DAY_MS)
    size_ms = 146 * HOUR_MS // 2
    precedents.learn(99.0, 10 * DAY_MS - size_ms)
    assert precedents.gap(99.0, 11 * DAY_MS) == 89.0


def test_a_record_fades_and_one_surprise_lifts_it_by_its_growth_only() -> None:
    record = FadingRecord(keep=0.5, growth=2.0, ceiling=5.0, warm_up=1)
    assert record.ratio(8.0) == 0.0
    assert record.ratio(2.0) == 0.5
    assert record.ratio(100.0) == 5.0
    # 100 lifted the faded record of 2 to no more than 4.
    assert record.ratio(2.0) == 1.0


def test_the_first_surprise_after_none_at_all_is_the_largest() -> None:
    record = FadingRecord(keep=0.9, growth=2.0, ceiling=5.0, warm_up=2)
    assert [record.ratio(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert record.ratio(0.1) == 5.0
