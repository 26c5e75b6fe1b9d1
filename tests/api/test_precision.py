"""How sure a share is, and when a detector is below its floor."""

from __future__ import annotations

import logging

import pytest

from api.database import Database
from api.floor_watch import FloorWatch
from api.models import Detector, VerdictCounts
from api.precision import is_below, wilson
from memewatch.settings import Settings


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_the_interval_is_the_published_one(hits: int, trials: int, low: float, high: float) -> None:
    found = wilson(hits, trials)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize("trials", [1, 2, 7, 300])
def test_more_hits_are_never_a_lower_share(trials: int) -> None:
    found = [wilson(hits, trials) for hits in range(trials + 1)]
    assert found == sorted(found)
    assert all(0 <= each.low <= hits / trials <= each.high <= 1 for hits, each in enumerate(found))


@pytest.mark.parametrize(
    ("hits", "trials", "below"),
    [(0, 0, False), (0, 2, False), (0, 4, False), (0, 5, True), (3, 5, False), (70, 100, True)],
)
def test_a_few_wrong_ones_do_not_cry_wolf(hits: int, trials: int, below: bool) -> None:
    assert is_below(hits, trials, 0.8) is below


def detector(version: str, *, below: bool, current: bool = True) -> Detector:
    return Detector(
        pattern="whale_dump",
        detector_version=version,
        current=current,
        alerts=9,
        verdicts=VerdictCounts(right=1, wrong=8, unsure=0),
        judged=9,
        right=1,
        precision=1 / 9,
        precision_low=0.02,
        precision_high=0.44,
        floor=0.8,
        below_floor=below,
    )


def test_the_log_tells_once_that_a_detector_fell_and_once_that_it_rose(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    settings = Settings(_env_file=None)
    watch = FloorWatch(Database(settings), settings)
    for below in (False, True, True, False, False, True):
        watch.note([detector("2", below=below), detector("1", below=True, current=False)])
    fell = (
        "detector whale_dump, version 2, is below its floor of 0.80: "
        "1 of 9 judged alerts were right"
    )
    rose = "detector whale_dump, version 2, is no longer below its floor"
    assert caplog.messages == [fell, rose, fell]
