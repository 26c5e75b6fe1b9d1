"""What every shipped detector promises: a new one is held to it by being registered."""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from schemas.events import Profile
from tests.contracts.detector_feeds import (
    HOUR_MS,
    START_MS,
    AnyDetector,
    Opened,
    Runner,
    all_shipped,
    digest,
    endless,
    feed_of,
    name_of,
    openings_of,
    shifted,
)

pytestmark = pytest.mark.parametrize("detector", all_shipped(), ids=name_of)

_SHIFT_MS = 37 * 60_000
#: A prime, so that samples fall on all phases of a feed that repeats.
_SAMPLED_EVERY = 307
#: A token's state stays below this, whatever it has seen.
_STATE_BYTES = 48_000


def test_openings_are_complete(detector: AnyDetector) -> None:
    opened = openings_of(detector)

    assert len(opened) >= 5
    for _, time_ms, opening in opened:
        assert 0.0 < opening.score <= 1.0
        assert opening.onset_ms <= time_ms
        assert opening.phase
        assert opening.explanation.endswith(".")
        assert opening.evidence
        for evidence in opening.evidence:
            assert math.isfinite(evidence.value)
            assert 0.0 <= evidence.weight <= 1.0


def test_follow_ups_pickle_and_end(detector: AnyDetector) -> None:
    runner = Runner(detector)
    for opened in runner.run(feed_of(detector)):
        follow_up = pickle.loads(pickle.dumps(runner.follow(opened)))
        end = follow_up.expire(opened.time_ms + follow_up.horizon_ms)
        assert end.status == "resolved"
        assert end.ended_ms is not None
        assert 0.0 <= end.score <= 1.0
        assert end.evidence


def test_a_snapshot_at_any_place_changes_nothing(detector: AnyDetector) -> None:
    feed = feed_of(detector)
    runner = Runner(detector)
    found: list[Opened] = []
    step = len(feed) // 7
    for start in range(0, len(feed), step):
        found += runner.run(feed[start : start + step])
        runner.reload()

    assert found == openings_of(detector)


def test_the_future_changes_nothing(detector: AnyDetector) -> None:
    whole = openings_of(detector)
    for hours in (6, 17):
        until = START_MS + hours * HOUR_MS
        past = [item for item in feed_of(detector) if item.time_ms < until]
        expected = [opened for opened in whole if opened.time_ms < until]
        assert Runner(detector).run(past) == expected


def test_the_time_of_day_does_not_matter(detector: AnyDetector) -> None:
    later = Runner(detector).run(shifted(feed_of(detector), _SHIFT_MS))

    assert [(o.token, o.time_ms - _SHIFT_MS, o.opening.score) for o in later] == [
        (o.token, o.time_ms, o.opening.score) for o in openings_of(detector)
    ]


def test_a_later_beginning_gives_the_same_alerts_once_warm(detector: AnyDetector) -> None:
    """Not one of them may rest on the time since the stream began. Baselines remember what was
    dropped a little, so a borderline case may fall to either side: a fifth, and one of a few.
    Whenever it begins, it is told what is known of a token's contract."""
    warm_ms = START_MS + 18 * HOUR_MS
    late = [
        item
        for item in feed_of(detector)
        if item.time_ms >= START_MS + 7 * HOUR_MS or isinstance(item.record, Profile)
    ]
    found = [opened for opened in Runner(detector).run(late) if opened.time_ms >= warm_ms]
    expected = [opened for opened in openings_of(detector) if opened.time_ms >= warm_ms]

    assert len(expected) >= 3
    assert _not_met(expected, found) <= 0.2 * len(expected) + 1
    assert _not_met(found, expected) <= 0.2 * len(found) + 1


def test_state_stays_bounded(detector: AnyDetector) -> None:
    runner = Runner(detector)
    sizes = []
    for number, item in enumerate(endless(detector, 100_000), start=1):
        runner.run((item,))
        if number % _SAMPLED_EVERY == 0:
            sizes.append(runner.state_bytes())

    assert max(sizes) <= _STATE_BYTES
    half = len(sizes) // 2
    assert median(sizes[half:]) <= 1.2 * median(sizes[:half])


def test_no_wall_clock_is_read(detector: AnyDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = feed_of(detector)
    expected = openings_of(detector)

    def refuse() -> float:
        raise AssertionError("a detector read the wall clock")

    with monkeypatch.context() as patched:
        for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"):
            patched.setattr(time, name, refuse)
        found = Runner(detector).run(feed)
    assert found == expected


def test_another_hash_seed_changes_nothing(detector: AnyDetector) -> None:
    assert _digest_elsewhere() == digest()


_elsewhere: list[str] = []


def _digest_elsewhere() -> str:
    """The digest of all detectors in a process with another hash seed, made once."""
    if not _elsewhere:
        code = "from tests.contracts.detector_feeds import digest; print(digest())"
        result = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": "12345"},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        )
        _elsewhere.append(result.stdout.strip())
    return _elsewhere[0]


def _not_met(these: list[Opened], those: list[Opened]) -> int:
    """How many of these have none of those on their token within five minutes."""
    return sum(
        not any(
            other.token == one.token and abs(other.time_ms - one.time_ms) <= 300_000
            for other in those
        )
        for one in these
    )
