"""`memewatch tune` on generated data, and on none."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from memewatch.cli.main import app
from processors.tuning.steps import STEPS, Step
from schemas.times import rfc3339
from tests.processors.detectors.trades import HOUR_MS, START_MS, price_at, pump, quiet, ticks

DAY_MS = 24 * HOUR_MS
ONSET_MS = 3 * HOUR_MS


def tune(*options: str) -> str:
    answer = CliRunner().invoke(app, ["tune", *options])
    assert answer.exit_code == 0, answer.output
    return " ".join(answer.stderr.split())


def test_what_is_not_there_is_skipped_with_a_sentence(tmp_path: Path) -> None:
    told = tune("--data", str(tmp_path / "none"), "--out", str(tmp_path / "out"), "--markets", "0")
    for step in STEPS:
        assert f"there is no {tmp_path / 'none' / step.needs}, so that step is skipped" in told


def test_an_unknown_step_is_wrong_use(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path), "--out", str(tmp_path), "--only", "luck"]
    assert CliRunner().invoke(app, ["tune", *options]).exit_code == 2


def test_the_floors_of_the_pump_are_searched_and_the_record_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.tuning.pump.TOGETHER", (1.0,))
    monkeypatch.setattr("processors.tuning.pump.ALONE", (1.25,))
    data, out = tmp_path / "data", tmp_path / "out"
    write_recordings(data / "pump")
    before = sorted(tmp_path.rglob("data/*"))
    told = tune("--data", str(data), "--out", str(out), "--only", "pump", "--write")
    assert "pump (1 of 1): " in told
    record = json.loads((out / "pump.json").read_text())
    assert record["chosen"] == "shipped", "what all candidates do alike changes nothing"
    assert record["shipped_is_within_noise_of_the_best"]
    earlier = record["earlier_70_percent"]["shipped"]
    later = record["later_30_percent"]["shipped"]
    assert (earlier["recordings"], later["recordings"]) == (7, 3)
    assert earlier["f1"] == later["f1"] == 1.0
    assert record["data_hash"]
    assert sorted(tmp_path.rglob("data/*"))[: len(before)] == before, "data is only read"


def test_what_scores_live_windows_is_compared_with_others(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    write_recordings(data / "pump")
    tune("--data", str(data), "--out", str(out), "--only", "windows")
    record = json.loads((out / "windows.json").read_text())
    for part in ("earlier_70_percent", "later_30_percent"):
        assert set(record[part]) == {"live", "all_experts", "gaussian"}
        live = record[part]["live"]["90%_of_onsets"]
        assert live["threshold"] >= 0.95
        assert live["alarms_per_coin_day"] < 1.0


def test_artefacts_are_put_in_their_place_as_a_whole(tmp_path: Path) -> None:
    out, package = tmp_path / "out", tmp_path / "package"
    out.mkdir()
    (package / "home").mkdir(parents=True)
    (package / "home" / "model.json").write_text("old")
    (out / "model.json").write_text("new")
    step = Step("pump", "pump", "pump.json", ("model.json",), "home")
    assert step.write(out, package) == [package / "home" / "model.json"]
    assert [file.name for file in (package / "home").iterdir()] == ["model.json"]
    assert (package / "home" / "model.json").read_text() == "new"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.module)
def test_every_step_can_be_done_and_its_artefacts_have_a_place(step: Step) -> None:
    assert callable(step.main())
    shipped = Path(__file__).parents[2] / "processors" / step.home
    for name in step.artefacts:
        assert (shipped / name).parent.is_dir()


def write_recordings(folder: Path) -> None:
    """Ten coins, each pumped after three quiet hours, one a day."""
    (folder / "trades").mkdir(parents=True)
    with (folder / "events.csv").open("w", newline="") as labels:
        label = csv.writer(labels)
        label.writerow(("file", "announced_at", "onset_at"))
        for number in range(10):
            shift_ms = number * DAY_MS
            before = quiet(3.5, seed=number)
            crowd = pump(ONSET_MS, start=price_at(before, ONSET_MS))
            onset = rfc3339(START_MS + ONSET_MS + shift_ms)
            label.writerow((f"{number}.csv", onset, onset))
            with (folder / "trades" / f"{number}.csv").open("w", newline="") as rows:
                row = csv.writer(rows)
                row.writerow(("symbol", "timestamp", "datetime", "side", "price", "amount"))
                for tick, time_ms in ticks(before, crowd, shift_ms=shift_ms):
                    price = (tick.event_time, tick.side, tick.price, tick.amount)
                    row.writerow(("COIN/BTC", time_ms, *price))
