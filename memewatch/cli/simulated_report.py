"""The report on a simulated market: each pattern's figures, also by strength of the cheat.

It stands here because it is about what two stages say: the processors' alerts and the simulated
market's truth, and only what starts stages may know both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np

from processors.evaluation.report import (
    BarPlot,
    DelayPlot,
    Plot,
    PrecisionRecallPlot,
    ReliabilityPlot,
    write_report,
)
from processors.evaluation.statistics import Interval, bootstrap, brier_score, calibration_error
from producers.simulated.scoring import AFTER_MS, BEFORE_MS, PatternScore, score
from producers.simulated.truth import Truth
from schemas.alerts import Alert
from schemas.times import parse_rfc3339

_NOTES = (
    "The market is made up; what is right in it need not be right in the world.",
    "An alert from 120 s before a cheat's onset until 300 s after its end is right; in the window "
    "of a scenario that merely allows the pattern it does not count; all others are false.",
    "Intervals are by drawing the cheats, or the alerts that count, again.",
)
_AIM = 0.95


def write_simulated_report(
    market: Mapping[str, object],
    scores: Mapping[str, PatternScore],
    alerts: Sequence[Alert],
    truths: Sequence[Truth],
    out: Path,
) -> None:
    """Write the report on the first revisions of a market's alerts; ``market`` says which it is."""
    outcomes = {
        pattern: judged([alert for alert in alerts if alert.pattern == pattern], truths)
        for pattern in scores
    }
    delays = {
        pattern: _delays([alert for alert in alerts if alert.pattern == pattern], truths)
        for pattern in scores
    }
    figures: dict[str, object] = {
        "market": dict(market),
        "data_hash": _digest(market, truths),
        "by_pattern": {
            pattern: {
                "cheats": found.required,
                "recall": _share(found.found, found.required),
                "precision": _share(found.found, found.found + found.false),
                "median_delay_s": found.median_delay_s,
                "p90_delay_s": found.ninth_decile_delay_s,
                "brier_score": brier_score(*_columns(outcomes[pattern])),
                "calibration_error": calibration_error(*_columns(outcomes[pattern])),
            }
            for pattern, found in scores.items()
        },
        "recall_by_strength": {
            pattern: {
                strength: _share(hits, count)
                for strength, (hits, count) in found.found_by_strength.items()
            }
            for pattern, found in scores.items()
        },
        "recall_by_kind_of_cheat": {
            pattern: {kind: f"{hits} of {count}" for kind, (hits, count) in by_kind.items()}
            for pattern, found in scores.items()
            if (by_kind := found.found_by_kind)
        },
        "false_alerts_by_what_they_fell_on": {
            pattern: found.false_on for pattern, found in scores.items() if found.false_on
        },
    }
    plots = _plots(scores, outcomes, delays)
    units = _units(scores, alerts, truths)
    write_report(out, "A simulated market", figures, plots, _NOTES, units=units)


def judged(alerts: Sequence[Alert], truths: Sequence[Truth]) -> list[tuple[float, bool]]:
    """The score of each alert of one pattern that counts, and whether it was right.

    A scenario's first alert is right; further ones in its window do not count.
    """
    outcomes: list[tuple[float, bool]] = []
    told: set[str] = set()
    for alert in sorted(alerts, key=lambda alert: parse_rfc3339(alert.event_time)):
        truth = truth_of(alert, truths)
        if truth is not None:
            if truth.scenario not in told:
                outcomes.append((alert.score, True))
                told.add(truth.scenario)
        elif score([alert], truths, (alert.pattern,))[alert.pattern].false:
            outcomes.append((alert.score, False))
    return outcomes


def _delays(alerts: Sequence[Alert], truths: Sequence[Truth]) -> list[float]:
    """Seconds from a scenario's onset to its first alert."""
    delays: dict[str, float] = {}
    for alert in sorted(alerts, key=lambda alert: parse_rfc3339(alert.event_time)):
        truth = truth_of(alert, truths)
        if truth is not None:
            delay = (parse_rfc3339(alert.event_time) - truth.onset_ms) / 1000
            delays.setdefault(truth.scenario, delay)
    return list(delays.values())


def truth_of(alert: Alert, truths: Sequence[Truth]) -> Truth | None:
    """The scenario that requires this alert."""
    time_ms = parse_rfc3339(alert.event_time)
    for truth in truths:
        if (
            truth.token == alert.token
            and alert.pattern in truth.required
            and truth.onset_ms - BEFORE_MS <= time_ms <= truth.ends_ms + AFTER_MS
        ):
            return truth
    return None


def _units(
    patterns: Iterable[str], alerts: Sequence[Alert], truths: Sequence[Truth]
) -> Iterator[dict[str, object]]:
    """For each pattern every cheat, found or missed, and every token with its false alerts."""
    tokens = sorted({truth.token for truth in truths} | {alert.token for alert in alerts})
    for pattern in patterns:
        said = [alert for alert in alerts if alert.pattern == pattern]
        told = {truth.scenario for alert in said if (truth := truth_of(alert, truths))}
        for truth in truths:
            if pattern in truth.required:
                found = int(truth.scenario in told)
                yield _unit(f"{pattern} {truth.scenario}", found, 1 - found, 0)
        false = Counter(
            alert.token
            for alert in said
            if score([alert], truths, (alert.pattern,))[alert.pattern].false
        )
        for token in tokens:
            yield _unit(f"{pattern} on {token}", 0, 0, false[token])


def _unit(name: str, found: int, missed: int, false: int) -> dict[str, object]:
    return {"unit": name, "found": found, "missed": missed, "false": false}


def _digest(market: Mapping[str, object], truths: Sequence[Truth]) -> str:
    """Identifies what was simulated."""
    digest = blake2b(msgspec.json.encode(market, order="sorted"), digest_size=16)
    digest.update(msgspec.json.encode(truths))
    return digest.hexdigest()


def _share(part: int, whole: int) -> Interval:
    outcomes = np.repeat([1.0, 0.0], [part, whole - part])
    return bootstrap(whole, lambda chosen: float(outcomes[chosen].mean()))


def _columns(outcomes: Sequence[tuple[float, bool]]) -> tuple[list[float], list[bool]]:
    return [score for score, _ in outcomes], [right for _, right in outcomes]


def _plots(
    scores: Mapping[str, PatternScore],
    outcomes: Mapping[str, Sequence[tuple[float, bool]]],
    delays: Mapping[str, Sequence[float]],
) -> tuple[Plot, ...]:
    everything = [outcome for pattern in outcomes.values() for outcome in pattern]
    wanted = {pattern: found for pattern, found in scores.items() if found.required}
    return (
        BarPlot(
            "Recall",
            {pattern: _share(found.found, found.required) for pattern, found in wanted.items()},
            aim=_AIM,
        ),
        BarPlot(
            "Precision",
            {
                pattern: _share(found.found, found.found + found.false)
                for pattern, found in scores.items()
                if found.found + found.false
            },
            aim=_AIM,
        ),
        PrecisionRecallPlot(
            "Precision over recall, by the alerts' score",
            {
                pattern: (*_columns(outcomes[pattern]), found.required)
                for pattern, found in wanted.items()
            },
        ),
        ReliabilityPlot("How often an alert was right", {"all patterns": _columns(everything)}),
        DelayPlot(
            "Delay from the onset",
            {pattern: (delays[pattern], found.required) for pattern, found in wanted.items()},
        ),
    )
