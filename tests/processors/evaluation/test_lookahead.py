"""A detector that peeks ahead is caught; the shipped ones pass."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from processors.detectors.base import Opening
from processors.detectors.pump_and_dump import PumpAndDump
from processors.evaluation import lookahead
from processors.evaluation.lookahead import Lookahead, check, write_lookahead_report
from processors.patterns import PatternSet
from schemas.events import Tick
from tests.processors.detectors.trades import HOUR_MS, pump, quiet, ticks


def market() -> Iterator[Tick]:
    for number, (tick, _) in enumerate(ticks(quiet(4), pump(3 * HOUR_MS))):
        yield msgspec.structs.replace(tick, id=f"t{number}")


class Memory(PumpAndDump):
    """Remembers across instances, which is how knowledge of the future leaks into a test."""

    version = "leaky"
    told = 0

    def observe(self, event: Tick, time_ms: int) -> Opening | None:
        opening = super().observe(event, time_ms)
        if opening is None:
            return None
        Memory.told += 1
        return _scored(opening, Memory.told)


def _scored(opening: Opening, told: int) -> Opening:
    return Opening(
        score=1 / (1 + told),
        impact=opening.impact,
        onset_ms=opening.onset_ms,
        phase=opening.phase,
        explanation=opening.explanation,
        evidence=opening.evidence,
    )


def test_the_shipped_detectors_do_not_know_the_future(tmp_path: Path) -> None:
    found = check(market(), cuts=3)
    assert found.violations == []
    assert found.alerts["pump_and_dump"] >= 1
    assert found.revisions["pump_and_dump"] >= found.alerts["pump_and_dump"]
    assert found.inputs["pump_and_dump"] >= 1
    assert found.signals > 100
    write_lookahead_report(found, {"seed": 1}, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["figures"]["violations"] == 0
    assert report["figures"]["by_pattern"]["pump_and_dump"]["alerts"] >= 1
    assert "no violations" in found.table()
    assert "pump_and_dump" not in found.untested()
    assert set(report["figures"]["patterns_not_put_to_the_test"]) == set(found.untested())


def test_an_alert_after_the_last_cut_is_no_test() -> None:
    """The pump comes in the last quarter; with one cut, in the middle, no replay has to find it."""
    found = check(market(), cuts=1)
    assert found.alerts["pump_and_dump"] >= 1
    assert "pump_and_dump" in found.untested()


def test_a_score_that_another_run_changes_is_found() -> None:
    found = check(market(), cuts=9, patterns=PatternSet(leading=(Memory,), joined=()))
    assert any("only with the future" in violation for violation in found.violations)


def test_an_alert_before_its_input_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookahead, "event_time_ms", lambda event: 10**14)
    found = check(market(), cuts=0)
    assert any("precedes an event" in violation for violation in found.violations)


def test_checks_of_several_logs_add_up() -> None:
    one = Lookahead(records=2, cuts=1, tested=Counter(rug_pull=1), violations=["x"])
    whole = Lookahead()
    assert "rug_pull" in whole.untested()
    whole.add(one)
    whole.add(one)
    assert "rug_pull" not in whole.untested()
    assert (whole.records, whole.cuts, whole.violations) == (4, 2, ["x", "x"])
