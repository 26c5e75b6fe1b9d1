"""Labels from users' verdicts: what ``memewatch verdicts --json`` wrote, for ``make tune``.

Nothing here runs live. What is learned from labels ships as a new version of a detector or of the
risk model, so that the same log goes on giving the same alerts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from memewatch.errors import OperatorError
from processors.patterns import PatternSet
from processors.risk.calibration import Calibration, log_odds, sigmoid
from schemas.alerts import Pattern
from schemas.codec import InvalidRecordError, decode_verdict
from schemas.verdicts import Verdict


class VerdictLabel(NamedTuple):
    """Whether an alert that opened with this score was right."""

    pattern: Pattern
    score: float
    right: bool


def read_verdict_labels(path: Path, patterns: PatternSet | None = None) -> list[VerdictLabel]:
    """One label for each alert that more users call right than wrong, or the other way round.

    In the order of the alerts' last verdicts. Who is not sure says nothing.

    Args:
        path: a verdict a line, as JSON.
        patterns: take only what these very detectors raised, since another version's score may
            mean something else; ``score`` then is the detector's own, before what these patterns'
            risk model makes of it. None takes everything, with the scores that alerts told.

    Raises:
        OperatorError: the file cannot be read; the message names the line.
    """
    latest = {each.id: each for each in sorted(_verdicts(path), key=attrgetter("given_at"))}
    by_alert: dict[str, list[Verdict]] = {}
    for each in sorted(latest.values(), key=attrgetter("given_at", "id")):
        by_alert.setdefault(each.alert_id, []).append(each)
    told = sorted(by_alert.values(), key=lambda given: (given[-1].given_at, given[-1].alert_id))
    labels = []
    for given in told:
        counts = Counter(each.verdict for each in given)
        score = _score(given[-1], patterns)
        if score is not None and counts["right"] != counts["wrong"]:
            right = counts["right"] > counts["wrong"]
            labels.append(VerdictLabel(given[-1].pattern, score, right))
    return labels


def _score(verdict: Verdict, patterns: PatternSet | None) -> float | None:
    """None when these patterns did not raise the alert, or their score cannot be told any more."""
    if patterns is None:
        return verdict.opening_score
    learned = patterns.risk.weights
    versions = {each.pattern: each.version for each in patterns.leading}
    versions |= {each.pattern: each.version for each in patterns.joined}
    made_by = f"{versions.get(verdict.pattern)}+r{learned.version}"
    # Whatever follows a point marks the rules of severity, which change no score.
    if made_by not in (verdict.detector_version, verdict.detector_version.rpartition(".")[0]):
        return None
    return _own(verdict.opening_score, learned.calibrations.get(verdict.pattern, Calibration()))


def _own(probability: float, calibration: Calibration) -> float | None:
    """The detector's own score whose calibrated probability this is; None when many have it."""
    if calibration.slope <= 0:
        return None
    return sigmoid((log_odds(probability) - calibration.intercept) / calibration.slope)


def _verdicts(path: Path) -> Iterator[Verdict]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield decode_verdict(line)
        except InvalidRecordError as error:
            raise OperatorError(
                f"{path}, line {number}, is no verdict as `memewatch verdicts --json` writes them: "
                f"{error}"
            ) from None
