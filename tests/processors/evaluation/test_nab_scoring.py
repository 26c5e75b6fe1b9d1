"""The benchmark's scoring on small cases that can be worked out by hand."""

from __future__ import annotations

import math

import pytest

from processors.evaluation.nab_scoring import PROFILES, normalised, probation, score_file

STANDARD, LOW_FALSE_ALARMS, LOW_MISSES = PROFILES
ROWS = 1_000
#: 100 rows.
WINDOW = (500, 599)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def standard(anomalies: list[int], windows: list[tuple[int, int]] | None = None) -> float:
    windows = [WINDOW] if windows is None else windows
    return normalised([score_file(ROWS, windows, anomalies)], STANDARD)


def test_the_first_row_of_each_window_and_nothing_else_is_perfect() -> None:
    for profile in PROFILES:
        score = score_file(ROWS, [(300, 349), WINDOW], [300, 500])
        assert normalised([score], profile) == pytest.approx(100)


def test_silence_is_zero() -> None:
    for profile in PROFILES:
        assert normalised([score_file(ROWS, [WINDOW], [])], profile) == 0


def test_a_hit_in_the_middle_is_worth_less_than_an_early_one() -> None:
    # 50 of 100 rows are left, the hit's own among them.
    reward = (2 * sigmoid(2.5) - 1) / (2 * sigmoid(5) - 1)
    assert standard([550]) == pytest.approx(100 * (reward + 1) / 2)


def test_the_last_row_of_a_window_is_still_a_hit() -> None:
    reward = (2 * sigmoid(0.05) - 1) / (2 * sigmoid(5) - 1)
    assert standard([599]) == pytest.approx(100 * (reward + 1) / 2)


def test_a_window_counts_once_by_its_earliest_anomaly() -> None:
    assert standard([590, 550, 570]) == standard([550])


def test_a_false_alarm_before_any_window_costs_its_whole_weight() -> None:
    assert standard([200, 500]) == pytest.approx(100 - 100 * 0.11 / 2)
    score = score_file(ROWS, [WINDOW], [200, 500])
    assert normalised([score], LOW_FALSE_ALARMS) == pytest.approx(100 - 100 * 0.22 / 2)


def test_a_false_alarm_soon_after_a_window_costs_less() -> None:
    # 50 rows after the last, with 99 steps in the window.
    penalty = 2 * sigmoid(-5 * 50 / 99) - 1
    assert standard([500, 649]) == pytest.approx(100 + 100 * 0.11 * penalty / 2)


def test_three_widths_behind_a_window_it_is_forgotten() -> None:
    assert standard([500, 599 + 3 * 99]) == pytest.approx(100 - 100 * 0.11 / 2)


def test_a_false_alarm_is_measured_from_the_window_before_it() -> None:
    windows = [(200, 249), WINDOW]
    assert standard([200, 500, 250], windows) > standard([200, 500, 499], windows)


def test_a_miss_weighs_more_where_misses_are_dear() -> None:
    score = score_file(ROWS, [(300, 349), WINDOW], [500])
    assert score.misses == 1
    assert normalised([score], STANDARD) == pytest.approx(50)
    assert score.raw(LOW_MISSES) == pytest.approx(1 - 2)
    assert normalised([score], LOW_MISSES) == pytest.approx(50)


def test_nothing_counts_in_the_probation() -> None:
    assert probation(1_000) == 150
    assert probation(100_000) == 750
    assert probation(19) == 2
    assert standard([0, 149, 500]) == pytest.approx(100)
    assert standard([150, 500]) < 100


def test_a_window_within_the_probation_is_neither_hit_nor_missed() -> None:
    score = score_file(ROWS, [(10, 100)], [50])
    assert (score.rewards, score.misses, score.false_alarms) == ((), 0, 0)


def test_files_without_windows_only_cost() -> None:
    quiet = score_file(ROWS, [], [])
    loud = score_file(ROWS, [], [400, 600])
    hit = score_file(ROWS, [WINDOW], [500])
    assert math.isnan(normalised([quiet], STANDARD))
    assert normalised([hit, quiet], STANDARD) == pytest.approx(100)
    assert normalised([hit, loud], STANDARD) == pytest.approx(100 - 100 * 0.22 / 2)


def test_a_window_of_one_row_divides_by_nothing() -> None:
    assert standard([500, 501], [(500, 500)]) < 100
