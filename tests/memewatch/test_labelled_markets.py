from __future__ import annotations

from pathlib import Path

from memewatch.cli.labelled_markets import write_labelled_market
from processors.tuning.outcomes import read_outcomes

_START_MS = 1_760_000_000_000


def test_a_markets_alerts_are_labelled_by_its_truth(tmp_path: Path):
    count = write_labelled_market(1001, tmp_path, start_ms=_START_MS, tokens=6, hours=5)
    outcomes = read_outcomes([tmp_path / "1001.ndjson"])
    assert len(outcomes) == count > 5
    assert sum(outcome.right for outcome in outcomes) > count / 2
    assert {outcome.group for outcome in outcomes} == {"1001"}
    assert all(0.0 <= outcome.first <= 1.0 for outcome in outcomes)
    assert any(outcome.seen for outcome in outcomes)
