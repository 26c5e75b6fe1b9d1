from __future__ import annotations

from typing import Any

import msgspec

from producers.simulated.scoring import score
from producers.simulated.truth import Truth
from schemas.times import rfc3339

_ONSET_MS = 1_735_700_400_000
_END_MS = _ONSET_MS + 600_000

_PUMP = Truth(
    scenario="1",
    token="sim:a",
    symbol="A",
    kind="pump_and_dump",
    honest=False,
    pattern="pump_and_dump",
    also=("sentiment_spike",),
    starts_ms=_ONSET_MS - 600_000,
    onset_ms=_ONSET_MS,
    ends_ms=_END_MS,
    strength="weak",
    numbers={},
)
_LISTING = msgspec.structs.replace(
    _PUMP, scenario="2", token="sim:b", kind="exchange_listing", pattern=None, also=(), honest=True
)
_WAVE = msgspec.structs.replace(
    _PUMP, scenario="3", token="sim:c", pattern="shilling", further=("sentiment_spike",), also=()
)


def _alert(pattern: str, time_ms: int, token: str = "sim:a") -> dict[str, Any]:
    return {"token": token, "pattern": pattern, "event_time": rfc3339(time_ms)}


def test_an_alert_in_the_window_finds_the_scenario_once() -> None:
    alerts = [_alert("pump_and_dump", _ONSET_MS + 4_000), _alert("pump_and_dump", _END_MS)]
    figures = score(alerts, [_PUMP])["pump_and_dump"]
    assert (figures.found, figures.false, figures.repeated) == (1, 0, 1)
    assert (figures.recall, figures.precision, figures.median_delay_s) == (1.0, 1.0, 4.0)
    assert figures.found_by_strength == {"weak": (1, 1)}


def test_the_window_has_sharp_edges() -> None:
    for time_ms, found in (
        (_ONSET_MS - 120_001, 0),
        (_ONSET_MS - 120_000, 1),
        (_END_MS + 300_000, 1),
        (_END_MS + 300_001, 0),
    ):
        figures = score([_alert("pump_and_dump", time_ms)], [_PUMP])["pump_and_dump"]
        assert (figures.found, figures.false) == (found, 1 - found)


def test_an_allowed_pattern_counts_neither_way() -> None:
    figures = score([_alert("sentiment_spike", _ONSET_MS)], [_PUMP])["sentiment_spike"]
    assert (figures.required, figures.false, figures.allowed) == (0, 0, 1)
    assert figures.recall is None
    assert figures.precision is None


def test_an_alert_on_a_look_alike_is_false_and_named() -> None:
    figures = score([_alert("pump_and_dump", _ONSET_MS, "sim:b")], [_PUMP, _LISTING])
    assert figures["pump_and_dump"].false_on == {"exchange_listing": 1}
    assert figures["pump_and_dump"].recall == 0.0


def test_an_alert_on_another_token_is_false() -> None:
    figures = score([_alert("pump_and_dump", _ONSET_MS, "sim:z")], [_PUMP])["pump_and_dump"]
    assert figures.false_on == {"background": 1}
    assert figures.precision == 0.0


def test_further_patterns_are_required_too() -> None:
    figures = score([_alert("sentiment_spike", _ONSET_MS, "sim:c")], [_WAVE])["sentiment_spike"]
    assert (figures.required, figures.found) == (1, 1)


def test_what_warned_between_a_coins_birth_and_the_window_counts_neither_way() -> None:
    drained = msgspec.structs.replace(_PUMP, pattern="rug_pull", born_ms=_ONSET_MS - 3_600_000)
    early, late = _ONSET_MS - 1_800_000, _ONSET_MS + 1_000
    warned = score([_alert("rug_pull", early)], [drained])["rug_pull"]
    assert (warned.found, warned.allowed, warned.false) == (0, 1, 0)
    told = score([_alert("rug_pull", early), _alert("rug_pull", late)], [drained])["rug_pull"]
    assert (told.found, told.median_delay_s, told.false) == (1, 1.0, 0)
    unborn = score([_alert("rug_pull", early - 3_600_000)], [drained])["rug_pull"]
    assert unborn.false_on == {"background": 1}
    other = score([_alert("honeypot", early)], [drained])["honeypot"]
    assert other.false_on == {"pump_and_dump": 1}


def test_scenarios_that_the_log_does_not_hold_whole_are_left_out() -> None:
    alerts = [_alert("pump_and_dump", _ONSET_MS)]
    figures = score(alerts, [_PUMP], until_ms=_END_MS + 299_999)["pump_and_dump"]
    assert (figures.required, figures.found, figures.false) == (0, 0, 0)
