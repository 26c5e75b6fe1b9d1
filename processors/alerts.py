"""Building an alert's revisions from what detectors say and what the risk model makes of it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from processors.detectors.base import Opening, Revision
from processors.risk.model import RiskModel
from schemas.alerts import Alert, Evidence, InputReference, Pattern, alert_id
from schemas.times import rfc3339

#: The newest references are kept; an alert names its evidence, not the whole log.
_INPUTS = 16


class Standing(NamedTuple):
    """What an alert's event adds to what its detector says."""

    score: float
    #: The alert that speaks for the event; None when it is this one.
    part_of: str | None
    evidence: tuple[Evidence, ...] = ()
    #: A sentence, or nothing.
    remark: str = ""


def open_alert(
    opening: Opening,
    *,
    risk: RiskModel,
    pattern: Pattern,
    version: str,
    token: str,
    symbol: str,
    event_id: str,
    time_ms: int,
    inputs: list[InputReference],
    now: str,
) -> Alert:
    """Revision 1. ``version`` is the detector's."""
    version = risk.version(version)
    score = risk.probability(pattern, opening.score)
    return Alert(
        id=alert_id(pattern, token, event_id, version),
        revision=1,
        token=token,
        symbol=symbol,
        pattern=pattern,
        phase=opening.phase,
        severity=risk.severity(pattern, score, opening.impact),
        score=round(score, 6),
        status="open",
        event_time=rfc3339(time_ms),
        onset_estimate=rfc3339(min(opening.onset_ms, time_ms)),
        ended_at=None,
        detected_at=now,
        explanation=opening.explanation,
        evidence=list(opening.evidence),
        inputs=inputs[-_INPUTS:],
        detector_version=version,
        impact=round(opening.impact, 6),
    )


def revise_alert(
    alert: Alert,
    revision: Revision,
    standing: Standing,
    risk: RiskModel,
    inputs: list[InputReference],
    now: str,
) -> Alert:
    """The alert's next revision."""
    return msgspec.structs.replace(
        alert,
        revision=alert.revision + 1,
        phase=revision.phase,
        severity=risk.severity(alert.pattern, standing.score, revision.impact),
        score=round(standing.score, 6),
        status=revision.status,
        ended_at=None if revision.ended_ms is None else rfc3339(revision.ended_ms),
        detected_at=now,
        explanation=f"{revision.explanation} {standing.remark}".rstrip(),
        evidence=[*revision.evidence, *standing.evidence],
        inputs=[*alert.inputs[:1], *inputs][-_INPUTS:],
        impact=round(revision.impact, 6),
        part_of=standing.part_of,
    )
