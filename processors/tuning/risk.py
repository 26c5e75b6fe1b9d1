"""Learn what scores mean and what corroborates: ``python -m processors.tuning.risk``.

From alerts about simulated markets (``outcomes/*.ndjson``, written by `memewatch tune`), about the
recorded pumps, and from users' verdicts (``verdicts.ndjson``, written by `memewatch verdicts
--json`). The last 30 % of each, by seed or date, are never learned from; the figures about them are
in the record. Calibration is logistic regression with two numbers
a pattern (Platt 1999, section 2, with a prior of two right and two wrong alerts, so that a pattern
that was always right is not certain). Fusion is River's online ``LogisticRegression`` over what
else was seen, with the detector's own log odds as its intercept; its weights are never below zero,
because corroboration must not lower a score.
"""

from __future__ import annotations

import json
import math
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from river.linear_model import LogisticRegression
from river.optim import SGD
from river.optim.initializers import Constant

from memewatch.errors import OperatorError
from processors.evaluation.pump import (
    LEARNED_SHARE,
    detect,
    judged,
    read_onsets,
    read_trades,
)
from processors.evaluation.report import data_hash
from processors.evaluation.statistics import Floats, area_under_roc, brier_score, calibration_error
from processors.patterns import SHIPPED
from processors.risk.calibration import Calibration, log_odds
from processors.risk.fusion import Fusion
from processors.risk.model import ARTEFACT, Weights, shipped
from processors.tuning.outcomes import Outcome, read_outcomes
from processors.tuning.verdict_labels import read_verdict_labels
from schemas.alerts import Pattern

RECORD = "risk_record.json"
_VERDICTS = "verdicts.ndjson"
#: Alerts of each kind, right and wrong, that are presumed besides those seen, at a middling score.
_PRIOR = 2.0
_NEWTON_STEPS = 50
#: A slope of nothing would hide which of two scores was higher.
_LEAST_SLOPE = 0.05
_RIDGE = 0.5
#: What a thing that is seen for sure is presumed to add to the log odds before anything is learned.
_PRESUMED = 0.5
_RATE = 0.05


@dataclass(frozen=True, slots=True)
class _Part:
    learned: list[Outcome]
    held: list[Outcome]


def main(data: Path, out: Path) -> None:
    """Learn from ``data/outcomes/*.ndjson`` and ``data/pump``; write model and record to ``out``.

    Raises:
        OperatorError: there is nothing to learn from.
    """
    files = sorted((data / "outcomes").glob("*.ndjson"), key=lambda file: (len(file.stem), file))
    if not files:
        raise OperatorError(f"there are no labelled alerts in {data / 'outcomes'}")
    cut = math.ceil(LEARNED_SHARE * len(files))
    simulated = _Part(read_outcomes(files[:cut]), read_outcomes(files[cut:]))
    recorded = _recorded(data / "pump")
    users = _judged_by_users(data / _VERDICTS)
    real = [*recorded.learned, *users.learned]
    calibrations = {
        pattern: calibrate(
            [o for o in simulated.learned if o.pattern == pattern],
            [o for o in real if o.pattern == pattern],
        )
        for pattern in dict.fromkeys(o.pattern for o in (*simulated.learned, *real))
    }
    fusion = learn_fusion(simulated.learned, calibrations)
    weights = Weights(shipped().weights.version, calibrations, fusion)
    if weights != shipped().weights:
        weights = msgspec.structs.replace(weights, version=weights.version + 1)
    out.mkdir(parents=True, exist_ok=True)
    artefact = msgspec.json.format(msgspec.json.encode(weights, order="sorted"), indent=2)
    (out / ARTEFACT).write_bytes(artefact + b"\n")
    record = {
        "made_by": "processors.tuning.risk",
        "version": weights.version,
        "data_hash": data_hash([*files, *_recordings(data / "pump"), *data.glob(_VERDICTS)]),
        "markets_learned_from": [file.stem for file in files[:cut]],
        "markets_held_back": [file.stem for file in files[cut:]],
        "learned": figures(simulated.learned, weights),
        "held_back": figures(simulated.held, weights),
        "recorded_pumps_earlier_70_percent": figures(recorded.learned, weights),
        "recorded_pumps_later_30_percent": figures(recorded.held, weights),
        "users_verdicts_earlier_70_percent": figures(users.learned, weights),
        "users_verdicts_later_30_percent": figures(users.held, weights),
    }
    text = json.dumps(record, indent=2, allow_nan=True) + "\n"
    (out / RECORD).write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def calibrate(simulated: Sequence[Outcome], recorded: Sequence[Outcome]) -> Calibration:
    """Two numbers by Newton's method on the weighted likelihood; the slope stays above 0.

    The slope is drawn towards 1 (a ridge), so that few alerts do not make a cliff of it.
    """
    outcomes = [*simulated, *recorded]
    odds = np.array([*(log_odds(o.first) for o in outcomes), 0.0, 0.0])
    centre = float(odds[:-2].mean()) if outcomes else 0.0
    odds[-2:] = centre
    right = np.array([*(float(o.right) for o in outcomes), 1.0, 0.0])
    weights = np.array(
        [1.0] * len(simulated) + [_weight(simulated, recorded)] * len(recorded) + [_PRIOR, _PRIOR]
    )
    features = np.stack([np.ones_like(odds), odds - centre], axis=1)
    found, presumed, ridge = np.zeros(2), np.array([0.0, 1.0]), np.array([0.0, _RIDGE])
    for _ in range(_NEWTON_STEPS):
        chances = 1.0 / (1.0 + np.exp(-features @ found))
        slope = features.T @ (weights * (right - chances)) - ridge * (found - presumed)
        bend = (features * (weights * chances * (1.0 - chances))[:, None]).T @ features
        step = np.linalg.solve(bend + np.diag(ridge + 1e-9), slope)
        found = found + step
        if np.abs(step).max() < 1e-9:
            break
    level, steepness = float(found[0]), float(found[1])
    if steepness < _LEAST_SLOPE:
        steepness = _LEAST_SLOPE
        level = _level(right, weights, steepness * (odds - centre))
    return Calibration(intercept=round(level - steepness * centre, 4), slope=round(steepness, 4))


def _level(right: Floats, weights: Floats, slopes: Floats) -> float:
    """The intercept that makes as many right as there are, with a slope that is given."""
    level = 0.0
    for _ in range(_NEWTON_STEPS):
        chances = 1.0 / (1.0 + np.exp(-(level + slopes)))
        bend = float((weights * chances * (1.0 - chances)).sum())
        step = float((weights * (right - chances)).sum()) / bend
        level += step
        if abs(step) < 1e-9:
            break
    return level


def _weight(simulated: Sequence[Outcome], recorded: Sequence[Outcome]) -> float:
    """Of a recorded alert: few as they are, together they count as much as all simulated ones."""
    return max(1.0, len(simulated) / max(1, len(recorded)))


def learn_fusion(outcomes: Sequence[Outcome], calibrations: dict[Pattern, Calibration]) -> Fusion:
    """One pass over the alerts in their order, each scored before it is learned."""
    model = LogisticRegression(
        optimizer=SGD(_RATE), initializer=Constant(_PRESUMED), intercept_lr=0.0
    )
    names: dict[str, None] = {}
    for outcome in outcomes:
        seen = seen_by(outcome, calibrations)
        if not seen:
            continue
        names |= dict.fromkeys(seen)
        # The intercept is where the detector's own word stands; it is not learned.
        model.intercept = log_odds(_calibrated(calibrations, outcome.pattern, outcome.last))
        model.learn_one(seen, outcome.right)
    return Fusion({name: round(max(0.0, model.weights[name]), 4) for name in sorted(names)})


def seen_by(outcome: Outcome, calibrations: dict[Pattern, Calibration]) -> dict[str, float]:
    """What else was seen, other patterns by their calibrated probability."""
    return {
        name: math.copysign(_calibrated(calibrations, name, abs(value)), value)
        if name in calibrations
        else value
        for name, value in outcome.seen.items()
    }


def figures(outcomes: Sequence[Outcome], weights: Weights) -> dict[str, object]:
    """How the scores did, before and after: all patterns together and each by itself."""
    groups: dict[str, list[Outcome]] = {"all": list(outcomes)}
    for outcome in outcomes:
        groups.setdefault(outcome.pattern, []).append(outcome)
    return {name: _figures(members, weights) for name, members in groups.items() if members}


def _figures(outcomes: Sequence[Outcome], weights: Weights) -> dict[str, object]:
    right = [outcome.right for outcome in outcomes]
    scores = {
        "detector": [o.first for o in outcomes],
        "first_word": [_calibrated(weights.calibrations, o.pattern, o.first) for o in outcomes],
        "last_word": [_last_word(o, weights) for o in outcomes],
    }
    return {
        "alerts": len(outcomes),
        "right": round(sum(right) / len(right), 4),
        **{
            name: {
                "mean": round(float(np.mean(said)), 4),
                "brier_score": round(brier_score(said, right), 4),
                "calibration_error": round(calibration_error(said, right), 4),
                "area_under_roc": _area(said, right),
            }
            for name, said in scores.items()
        },
    }


def _area(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    return round(area_under_roc(scores, right), 4) if 0 < sum(right) < len(right) else None


def _last_word(outcome: Outcome, weights: Weights) -> float:
    own = _calibrated(weights.calibrations, outcome.pattern, outcome.last)
    return weights.fusion.fuse(own, seen_by(outcome, weights.calibrations)).score


def _calibrated(calibrations: dict[Pattern, Calibration], pattern: str, score: float) -> float:
    calibration = calibrations.get(pattern)  # type: ignore[call-overload]
    return score if calibration is None else float(calibration.probability(score))


def _recordings(folder: Path) -> list[Path]:
    return sorted(folder.glob("trades/*.csv*"))


def _recorded(folder: Path) -> _Part:
    """Alerts about recorded pumps: of the earlier 70 % of the recordings by date, and the rest."""
    part = _Part([], [])
    if not folder.is_dir():
        return part
    onsets = read_onsets(folder / "events.csv")
    recordings = sorted(_recordings(folder), key=lambda file: (onsets[file.name], file.name))
    cut = math.ceil(LEARNED_SHARE * len(recordings))
    for number, file in enumerate(recordings):
        found = judged(detect(read_trades(file)), onsets[file.name])
        into = part.learned if number < cut else part.held
        into += [
            Outcome(
                group=file.name,
                pattern="pump_and_dump",
                first=score,
                last=score,
                seen={},
                right=right,
            )
            for score, right in found
        ]
    return part


def _judged_by_users(file: Path) -> _Part:
    """Users' verdicts on what these very detectors raised, the earlier 70 % and the later 30 %."""
    labels = read_verdict_labels(file, SHIPPED) if file.exists() else []
    outcomes = [
        Outcome(
            group="users",
            pattern=label.pattern,
            first=label.score,
            last=label.score,
            seen={},
            right=label.right,
        )
        for label in labels
    ]
    cut = math.ceil(LEARNED_SHARE * len(outcomes))
    return _Part(outcomes[:cut], outcomes[cut:])


if __name__ == "__main__":
    parser = ArgumentParser(prog="processors.tuning.risk", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="outcomes/ and pump/")
    parser.add_argument("--out", type=Path, required=True, help="where the model goes")
    arguments = parser.parse_args()
    main(arguments.data, arguments.out)
