"""Verdicts become labels: one for each alert, by the majority of its users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memewatch.errors import OperatorError
from processors.detectors.whale_dump import WhaleDump
from processors.patterns import PatternSet
from processors.risk.calibration import Calibration
from processors.risk.fusion import Fusion
from processors.risk.model import RiskModel, Weights
from processors.risk.severity import SeverityRules
from processors.tuning.verdict_labels import VerdictLabel, read_verdict_labels
from schemas.codec import encode
from schemas.times import rfc3339
from schemas.verdicts import Verdict, verdict_id


def verdict(alert: str, second: int, said: str, by: str = "ann", **fields: Any) -> bytes:
    values: dict[str, Any] = {
        "id": verdict_id(alert, by),
        "alert_id": alert,
        "pattern": "whale_dump",
        "detector_version": "1",
        "token": "T",
        "score": 0.99,
        "opening_score": 0.5,
        "verdict": said,
        "given_by": by,
        "given_at": rfc3339(1_534_521_600_000 + second * 1_000),
    }
    return encode(Verdict(**(values | fields)))


def write(directory: Path, *lines: bytes) -> Path:
    file = directory / "verdicts.ndjson"
    file.write_bytes(b"\n".join(lines) + b"\n")
    return file


def test_an_alert_is_one_label_by_the_majority_in_the_order_of_time(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        verdict("late", 90, "wrong", opening_score=0.9),
        verdict("split", 1, "right"),
        verdict("split", 2, "wrong", by="bob"),
        verdict("unsure", 3, "unsure"),
        b"",
        verdict("early", 5, "right", opening_score=0.6),
        verdict("early", 4, "wrong", by="bob", opening_score=0.4),
        verdict("early", 6, "right", by="cid", opening_score=0.7),
    )
    assert read_verdict_labels(file) == [
        VerdictLabel("whale_dump", 0.7, True),
        VerdictLabel("whale_dump", 0.9, False),
    ]


def test_of_one_user_the_latest_verdict_counts_also_in_a_copy_of_the_topic(tmp_path: Path) -> None:
    file = write(
        tmp_path, verdict("A", 9, "wrong"), verdict("A", 1, "right"), verdict("A", 2, "right")
    )
    assert read_verdict_labels(file) == [VerdictLabel("whale_dump", 0.5, False)]


def test_of_given_detectors_only_their_own_alerts_are_taken_with_their_own_scores(
    tmp_path: Path,
) -> None:
    learned = Weights(7, {"whale_dump": Calibration(-0.5, 1.5)}, Fusion({}))
    patterns = PatternSet((WhaleDump,), (), risk=RiskModel(learned, SeverityRules.read(), ".abcd"))
    told = learned.calibrations["whale_dump"].probability(0.8)
    now = f"{WhaleDump.version}+r7"
    file = write(
        tmp_path,
        verdict("A", 1, "right", opening_score=told, detector_version=now),
        verdict("B", 2, "wrong", opening_score=told, detector_version=f"{now}.0123"),
        verdict("C", 3, "right", detector_version=f"{WhaleDump.version}+r6"),
        verdict("D", 4, "right", detector_version=f"{WhaleDump.version}+r77"),
        verdict("E", 5, "right", detector_version=now, pattern="rug_pull"),
    )
    expected = [("whale_dump", pytest.approx(0.8), right) for right in (True, False)]
    assert read_verdict_labels(file, patterns) == expected
    assert len(read_verdict_labels(file)) == 5

    # All scores mean the same: which it was cannot be told.
    flat = Weights(7, {"whale_dump": Calibration(0.0, 0.0)}, Fusion({}))
    patterns = PatternSet((WhaleDump,), (), risk=RiskModel(flat, SeverityRules.read()))
    assert read_verdict_labels(file, patterns) == []


def test_what_is_no_verdict_is_named_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path, verdict("A", 1, "right"), b'{"verdict":"right"}')
    with pytest.raises(OperatorError, match=r"verdicts\.ndjson, line 2, is no verdict"):
        read_verdict_labels(file)
    with pytest.raises(OperatorError, match="cannot read"):
        read_verdict_labels(tmp_path / "nothing")
