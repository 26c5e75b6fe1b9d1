"""Verdicts become labels: one for each alert, by the majority of its users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memewatch.errors import OperatorError
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
        "score": 0.5,
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
        verdict("late", 90, "wrong", score=0.9),
        verdict("split", 1, "right"),
        verdict("split", 2, "wrong", by="bob"),
        verdict("unsure", 3, "unsure"),
        b"",
        verdict("early", 5, "right", score=0.6),
        verdict("early", 4, "wrong", by="bob", score=0.4),
        verdict("early", 6, "right", by="cid", score=0.7),
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


def test_only_the_versions_asked_for_are_taken(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        verdict("A", 1, "right", score=0.1),
        verdict("B", 2, "right", score=0.2, detector_version="2"),
        verdict("C", 3, "wrong", score=0.3, pattern="rug_pull", detector_version="2"),
    )
    assert read_verdict_labels(file, {"whale_dump": "2"}) == [VerdictLabel("whale_dump", 0.2, True)]
    assert len(read_verdict_labels(file)) == 3


def test_what_is_no_verdict_is_named_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path, verdict("A", 1, "right"), b'{"verdict":"right"}')
    with pytest.raises(OperatorError, match=r"verdicts\.ndjson, line 2, is no verdict"):
        read_verdict_labels(file)
    with pytest.raises(OperatorError, match="cannot read"):
        read_verdict_labels(tmp_path / "nothing")
