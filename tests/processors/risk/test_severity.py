from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memewatch.errors import OperatorError
from processors.risk.model import shipped, with_rules
from processors.risk.severity import SeverityRules
from schemas.alerts import Pattern, Severity

_ORDER = list(get_args(Severity))
_SHARES = st.floats(0.0, 1.0)


@given(st.sampled_from(get_args(Pattern)), _SHARES, _SHARES, _SHARES, _SHARES)
def test_more_certainty_and_more_at_risk_never_make_an_alert_less_severe(
    pattern: str, score: float, more_score: float, impact: float, more_impact: float
):
    rules = shipped().rules
    less = rules.severity(pattern, min(score, more_score), min(impact, more_impact))
    more = rules.severity(pattern, max(score, more_score), max(impact, more_impact))
    assert _ORDER.index(less) <= _ORDER.index(more)


@pytest.mark.parametrize(
    ("pattern", "score", "impact", "severity"),
    [
        ("rug_pull", 0.9, 1.0, "critical"),
        ("rug_pull", 0.9, 0.3, "medium"),
        ("pump_and_dump", 0.95, 0.17, "critical"),
        ("pump_and_dump", 0.95, 0.03, "medium"),
        ("wash_trading", 0.95, 0.0, "low"),
        ("mention_burst", 0.95, 0.6, "info"),
    ],
)
def test_the_shipped_rules_say_what_a_trader_would(
    pattern: str, score: float, impact: float, severity: str
):
    assert shipped().severity(pattern, score, impact) == severity  # type: ignore[arg-type]


def test_rules_of_ones_own_change_severity_and_version(tmp_path: Path):
    own = tmp_path / "rules.toml"
    own.write_text("[default]\nhigh = { score = 0.1, impact = 0.0 }\n")
    risk = with_rules(own)
    assert risk.severity("mention_burst", 0.2, 0.0) == "high"
    assert risk.severity("mention_burst", 0.05, 1.0) == "info"
    assert risk.version("3").startswith(shipped().version("3") + ".")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[default]\n[pump]\n", "no pattern 'pump'"),
        ("[default]\nsevere = { score = 0.1, impact = 0.0 }\n", "no severity 'severe'"),
        ("[default]\nhigh = { score = 1.1, impact = 0.0 }\n", "<= 1.0"),
        ("[default]\nhigh = { score = 0.5 }\n", "impact"),
        ("[rug_pull]\n", "needs a part [default]"),
        ("high = \n", "cannot read"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_reason(tmp_path: Path, text: str, reason: str):
    own = tmp_path / "rules.toml"
    own.write_text(text)
    with pytest.raises(OperatorError, match=r"rules\.toml") as refusal:
        SeverityRules.read(own)
    assert reason in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(OperatorError, match=r"nowhere\.toml"):
        SeverityRules.read(tmp_path / "nowhere.toml")
