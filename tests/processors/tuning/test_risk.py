from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest

from memewatch.errors import OperatorError
from processors.patterns import SHIPPED
from processors.risk.calibration import Calibration
from processors.risk.model import ARTEFACT, Weights
from processors.tuning.outcomes import Outcome
from processors.tuning.risk import RECORD, calibrate, learn_fusion, main
from schemas.verdicts import Verdict


def outcomes(seed: int, count: int, *, chance: float = 0.7, shilled: float = 0.0) -> list[Outcome]:
    """Alerts whose score says little, right as often as ``chance``; shilling comes with the right
    ones that often, and never with the wrong ones."""
    dice = random.Random(seed)
    found = []
    for _ in range(count):
        right = dice.random() < chance
        score = 0.55 + 0.1 * right + 0.2 * dice.random()
        found.append(
            Outcome(
                group=str(seed),
                pattern="pump_and_dump",
                first=score,
                last=score,
                seen={"shilling": 0.9} if right and dice.random() < shilled else {},
                right=right,
            )
        )
    return found


def test_probabilities_are_as_often_right_as_they_say():
    calibration = calibrate(outcomes(1, 2_000), [])
    fresh = outcomes(2, 2_000)
    said = [calibration.probability(outcome.first) for outcome in fresh]
    assert sum(said) / len(said) == pytest.approx(0.7, abs=0.03)
    sure = [o.right for o, p in zip(fresh, said, strict=True) if p > 0.85]
    unsure = [o.right for o, p in zip(fresh, said, strict=True) if p < 0.6]
    assert sum(sure) / len(sure) > 0.85
    assert sum(unsure) / len(unsure) < 0.6


def test_what_was_always_right_is_not_certain():
    calibration = calibrate(outcomes(3, 20, chance=1.0), [])
    assert 0.8 < calibration.probability(0.7) < 0.97


def test_a_score_that_means_nothing_moves_little():
    dice = random.Random(4)
    noise = [msgspec.structs.replace(o, first=dice.random()) for o in outcomes(4, 1_000)]
    calibration = calibrate(noise, [])
    assert calibration.probability(0.9) - calibration.probability(0.1) < 0.2


def test_where_the_surest_were_wrong_as_many_are_said_right_as_there_are():
    told = [msgspec.structs.replace(o, first=0.95 - 0.3 * o.right) for o in outcomes(5, 1_000)]
    calibration = calibrate(told, [])
    said = [calibration.probability(o.first) for o in told]
    assert sum(said) / len(said) == pytest.approx(sum(o.right for o in told) / 1_000, abs=0.01)


def test_recorded_alerts_count_more_than_simulated_ones():
    wrong = [msgspec.structs.replace(o, right=False) for o in outcomes(5, 20)]
    simulated = outcomes(6, 40, chance=1.0)
    without, beside = calibrate(simulated, []), calibrate(simulated, wrong)
    assert beside.probability(0.7) < without.probability(0.7) - 0.3


def test_what_comes_with_right_alerts_gets_weight_and_nothing_gets_less_than_none():
    calm = {"pump_and_dump": Calibration()}
    helpful = learn_fusion(outcomes(7, 3_000, shilled=0.8), calm).weights["shilling"]
    misleading = learn_fusion(
        [msgspec.structs.replace(o, right=not o.right) for o in outcomes(7, 3_000, shilled=0.8)],
        calm,
    ).weights["shilling"]
    assert helpful > 0.8
    assert misleading == 0.0


def test_the_last_markets_are_only_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "outcomes"
    folder.mkdir()
    for seed in range(1, 11):
        lines = [msgspec.json.encode(outcome) for outcome in outcomes(seed, 60)]
        (folder / f"{seed}.ndjson").write_bytes(b"\n".join(lines))
    main(tmp_path, tmp_path / "one")
    record = json.loads((tmp_path / "one" / RECORD).read_text())
    assert record["markets_held_back"] == ["8", "9", "10"]
    assert record["held_back"]["all"]["alerts"] == 180
    held = record["held_back"]["pump_and_dump"]
    assert held["first_word"]["brier_score"] < held["detector"]["brier_score"] + 0.01
    for seed in (8, 9, 10):
        (folder / f"{seed}.ndjson").write_bytes(msgspec.json.encode(outcomes(99, 1)[0]))
    main(tmp_path, tmp_path / "other")
    capsys.readouterr()
    models = [(tmp_path / name / ARTEFACT).read_bytes() for name in ("one", "other")]
    assert models[0] == models[1]
    assert msgspec.json.decode(models[0], type=Weights).version > 1


def test_nothing_to_learn_from_is_said(tmp_path: Path):
    with pytest.raises(OperatorError, match="no labelled alerts"):
        main(tmp_path, tmp_path / "out")


def test_users_verdicts_are_labels_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "outcomes"
    folder.mkdir()
    for seed in range(1, 4):
        lines = [msgspec.json.encode(o) for o in outcomes(seed, 40, chance=1.0)]
        (folder / f"{seed}.ndjson").write_bytes(b"\n".join(lines))
    main(tmp_path, tmp_path / "without")
    versions = {each.pattern: each.version for each in SHIPPED.leading}
    verdicts = [
        Verdict(
            id=str(number),
            alert_id=str(number),
            pattern="pump_and_dump",
            detector_version=SHIPPED.risk.version(versions["pump_and_dump"]),
            token="T",
            score=0.7,
            opening_score=SHIPPED.risk.probability("pump_and_dump", 0.7),
            verdict="wrong",
            given_by="somebody",
            given_at=f"2026-01-01T00:00:{number:02}.000Z",
        )
        for number in range(20)
    ]
    (tmp_path / "verdicts.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, verdicts)))
    main(tmp_path, tmp_path / "beside")
    capsys.readouterr()
    without, beside = (
        msgspec.json.decode((tmp_path / name / ARTEFACT).read_bytes(), type=Weights).calibrations[
            "pump_and_dump"
        ]
        for name in ("without", "beside")
    )
    assert beside.probability(0.7) < without.probability(0.7) - 0.3
    record = json.loads((tmp_path / "beside" / RECORD).read_text())
    assert record["users_verdicts_later_30_percent"]["all"]["alerts"] == 6
