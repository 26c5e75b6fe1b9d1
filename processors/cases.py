"""What the joined axis knows of a token: its view, its alerts, and how they end."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from processors.detectors.base import FollowUp, JoinedDetector, Revision, TokenView
from processors.progress import FEATURE as PRICE_SINCE_ALERT
from processors.progress import Progress
from schemas.alerts import Alert, InputReference
from schemas.times import rfc3339

OPEN_ALERTS_A_TOKEN = 64
#: Ended alerts remembered of a token, of those whose events were undecided when they opened.
_ENDED_ALERTS = 16


@dataclass(slots=True)
class Case:
    """One open alert."""

    alert: Alert
    follow_up: FollowUp
    progress: Progress
    #: Whether the event that opened it may yet be reorganised away.
    provisional: bool


@dataclass(slots=True)
class JoinedToken:
    """One token on the joined axis."""

    view: TokenView
    detectors: tuple[JoinedDetector, ...]
    last_ms: int
    session: str
    cases: dict[str, Case] = field(default_factory=dict)
    references: dict[str, InputReference] = field(default_factory=dict)
    #: Provisional alerts as they were last said, oldest first.
    ended: OrderedDict[str, Alert] = field(default_factory=OrderedDict)

    def inputs(self) -> list[InputReference]:
        """The newest input of each kind, in a fixed order."""
        return [self.references[kind] for kind in sorted(self.references)]

    def end(self, case: Case) -> None:
        """The alert is not followed any more."""
        self.cases.pop(case.alert.id, None)
        if case.provisional:
            self.ended[case.alert.id] = case.alert
            if len(self.ended) > _ENDED_ALERTS:
                self.ended.popitem(last=False)


def as_it_stands(alert: Alert) -> Revision:
    """The alert as it was last revised."""
    return Revision(
        score=alert.score,
        severity=alert.severity,
        phase=alert.phase,
        status=alert.status,
        explanation=alert.explanation,
        evidence=tuple(item for item in alert.evidence if item.feature != PRICE_SINCE_ALERT),
    )


def resolution(alert: Alert, time_ms: int) -> Revision:
    """The end of an alert whose follow-up cannot go on."""
    return replace(as_it_stands(alert), status="resolved", ended_ms=time_ms)


def retraction(alert: Alert, time_ms: int) -> Revision:
    """The end of an alert that rests on a block which is no part of the chain any more."""
    return replace(
        as_it_stands(alert),
        status="retracted",
        explanation=(
            f"{alert.explanation} The chain was reorganised at {rfc3339(time_ms)}: "
            "the block this rests on is no part of it any more."
        ),
        ended_ms=time_ms,
    )


def reopening(alert: Alert) -> Revision:
    """An alert that was retracted, or has ended, and opens again by the very same event."""
    return replace(
        as_it_stands(alert),
        explanation=f"{alert.explanation} The chain has come back to the block this rests on.",
    )
