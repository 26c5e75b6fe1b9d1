"""The choice of the anomaly score's settings can be made again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processors.series_anomaly import EXPERTS
from processors.tuning import nab
from processors.tuning.generated_series import generate


def test_generated_series_are_labelled_where_they_are_scored() -> None:
    made = generate(2)
    assert len({one.name for one in made}) == len(made) == 20
    assert made == generate(2)
    for one in made:
        rows = len(one.values)
        assert list(one.times_ms) == sorted(one.times_ms)
        assert 1 <= len(one.windows) <= 3
        assert all(rows * 0.15 < first <= last < rows for first, last in one.windows)


def test_the_part_to_choose_on_is_told_by_content_alone(tmp_path: Path) -> None:
    parts = []
    for number in range(200):
        first, second = tmp_path / f"a{number}", tmp_path / f"b{number}"
        first.write_text(f"series {number}")
        second.write_text(f"series {number}")
        assert nab.is_development(first) == nab.is_development(second)
        parts.append(nab.is_development(first))
    assert 0.6 < sum(parts) / len(parts) < 0.8


def test_the_choice_is_recorded_and_comes_out_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nab, "STRENGTHS", (0.7, 0.8, 0.9))
    monkeypatch.setattr(nab, "HALF_LIVES", (6_000,))
    monkeypatch.setattr(nab, "GROWTHS", (2.0,))
    monkeypatch.setattr(nab, "generate", lambda _: generate(1)[:1])
    write_corpus(tmp_path / "data" / "nab")
    records = []
    for out in (tmp_path / "first", tmp_path / "second"):
        nab.main(tmp_path / "data", out)
        records.append((out / "nab.json").read_bytes())
    assert records[0] == records[1]
    record = json.loads(records[0])
    assert record["chosen"]["strength"] == 0.8
    assert len(record["tried"]) == 3
    assert set(record["without"]) == set(EXPERTS)
    assert len(record["data"]) == 64
    assert record["standard_profile"]["development"] <= 100


def write_corpus(folder: Path) -> None:
    windows = {}
    for number, one in enumerate(generate(1)[-3:]):
        name = f"kind{number}/series.csv"
        times = [
            datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
            for time_ms in one.times_ms
        ]
        path = folder / "data" / name
        path.parent.mkdir(parents=True)
        lines = [f"{time},{value!r}" for time, value in zip(times, one.values, strict=True)]
        path.write_text("\n".join(("timestamp,value", *lines)) + "\n")
        windows[name] = [[times[first], times[last]] for first, last in one.windows]
    (folder / "labels").mkdir()
    (folder / "labels" / "combined_windows.json").write_text(json.dumps(windows))
