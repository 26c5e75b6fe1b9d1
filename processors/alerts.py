"""Building an alert's revisions from what detectors say."""

from __future__ import annotations

import msgspec

from processors.detectors.base import Opening, Revision
from schemas.alerts import Alert, InputReference, Pattern, alert_id
from schemas.times import rfc3339

#: The newest references are kept; an alert names its evidence, not the whole log.
_INPUTS = 16


def open_alert(
    opening: Opening,
    *,
    pattern: Pattern,
    version: str,
    token: str,
    symbol: str,
    event_id: str,
    time_ms: int,
    inputs: list[InputReference],
    now: str,
) -> Alert:
    """Revision 1."""
    return Alert(
        id=alert_id(pattern, token, event_id, version),
        revision=1,
        token=token,
        symbol=symbol,
        pattern=pattern,
        phase=opening.phase,
        severity=opening.severity,
        score=round(opening.score, 6),
        status="open",
        event_time=rfc3339(time_ms),
        onset_estimate=rfc3339(min(opening.onset_ms, time_ms)),
        ended_at=None,
        detected_at=now,
        explanation=opening.explanation,
        evidence=list(opening.evidence),
        inputs=inputs[-_INPUTS:],
        detector_version=version,
    )


def revise_alert(alert: Alert, revision: Revision, inputs: list[InputReference], now: str) -> Alert:
    """The alert's next revision."""
    return msgspec.structs.replace(
        alert,
        revision=alert.revision + 1,
        phase=revision.phase,
        severity=revision.severity,
        score=round(revision.score, 6),
        status=revision.status,
        ended_at=None if revision.ended_ms is None else rfc3339(revision.ended_ms),
        detected_at=now,
        explanation=revision.explanation,
        evidence=list(revision.evidence),
        inputs=[*alert.inputs[:1], *inputs][-_INPUTS:],
    )
