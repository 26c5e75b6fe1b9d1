"""Alerts about simulated markets and whether each was right: what `make tune` learns scores from.

It stands here because it is about what two stages say, as ``simulated_report`` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from memewatch.cli.simulated_report import truth_of
from processors.offline import replay
from processors.patterns import SHIPPED
from processors.risk.model import unlearned
from processors.tuning.outcomes import Outcome, outcome_of
from producers.simulated.generator import SimulatedMarket
from producers.simulated.scoring import score
from producers.simulated.truth import Truth
from schemas.alerts import Alert

_HOUR_MS = 3_600_000


def write_labelled_market(
    seed: int, out: Path, *, start_ms: int, tokens: int = 16, hours: float = 7
) -> int:
    """Simulate a market, raise its alerts with scores as the detectors say them, and write one
    ``Outcome`` a line for each alert that is right or wrong into ``out/<seed>.ndjson``.

    Returns how many there are.
    """
    truths: list[Truth] = []
    market = SimulatedMarket(
        seed,
        tokens,
        start_ms=start_ms,
        end_ms=start_ms + round(hours * _HOUR_MS),
        on_truth=truths.append,
    )
    alerts = replay(market.events(), replace(SHIPPED, risk=unlearned())).alerts
    outcomes = labelled(alerts, truths, str(seed))
    out.mkdir(parents=True, exist_ok=True)
    lines = b"".join(msgspec.json.encode(outcome) + b"\n" for outcome in outcomes)
    (out / f"{seed}.ndjson").write_bytes(lines)
    return len(outcomes)


def labelled(alerts: Sequence[Alert], truths: Sequence[Truth], group: str) -> list[Outcome]:
    """Every alert that is right or wrong, by all its revisions in their order.

    A scenario's first alert of a pattern is right, further ones do not count, nor do alerts in the
    window of a scenario that merely allows the pattern.
    """
    revisions: dict[str, list[Alert]] = {}
    for alert in alerts:
        revisions.setdefault(alert.id, []).append(alert)
    outcomes: list[Outcome] = []
    told: set[tuple[str, str]] = set()
    for told_of in sorted(revisions.values(), key=lambda told: (told[0].event_time, told[0].id)):
        first = told_of[0]
        truth = truth_of(first, truths)
        if truth is not None:
            if (truth.scenario, first.pattern) in told:
                continue
            told.add((truth.scenario, first.pattern))
        elif not score([first], truths, (first.pattern,))[first.pattern].false:
            continue
        outcomes.append(outcome_of(told_of, right=truth is not None, group=group))
    return outcomes
