"""What the joined axis knows of a token: its view, its alerts, and how they end."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from processors.alerts import Standing
from processors.detectors.base import FollowUp, JoinedDetector, Opening, Revision, TokenView
from processors.progress import Progress
from processors.risk.events import Event
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
    #: What the detector said last, before the risk model made anything of it.
    said: Revision
    event: Event

    @property
    def leads(self) -> bool:
        """Whether it speaks for its event."""
        return self.event.leader.id == self.alert.id


@dataclass(frozen=True, slots=True)
class Ended:
    """A provisional alert that has ended, as it was last said."""

    alert: Alert
    said: Revision
    #: None when it never was part of one.
    event: Event | None


@dataclass(slots=True)
class JoinedToken:
    """One token on the joined axis."""

    view: TokenView
    detectors: tuple[JoinedDetector, ...]
    last_ms: int
    session: str
    cases: dict[str, Case] = field(default_factory=dict)
    references: dict[str, InputReference] = field(default_factory=dict)
    #: Provisional alerts, oldest first.
    ended: OrderedDict[str, Ended] = field(default_factory=OrderedDict)

    def inputs(self) -> list[InputReference]:
        """The newest input of each kind, in a fixed order."""
        return [self.references[kind] for kind in sorted(self.references)]

    def end(self, case: Case) -> None:
        """The alert is not followed any more."""
        self.cases.pop(case.alert.id, None)
        if case.provisional:
            self.remember(Ended(case.alert, case.said, case.event))

    def remember(self, ended: Ended) -> None:
        """The lane may yet take the alert back."""
        self.ended[ended.alert.id] = ended
        if len(self.ended) > _ENDED_ALERTS:
            self.ended.popitem(last=False)


def first_word(opening: Opening) -> Revision:
    """What an opening says, as a revision would."""
    return Revision(
        score=opening.score,
        impact=opening.impact,
        phase=opening.phase,
        status="open",
        explanation=opening.explanation,
        evidence=opening.evidence,
    )


def as_it_ended(ended: Ended) -> Standing:
    """The standing of an alert that has no event any more."""
    return Standing(ended.alert.score, ended.alert.part_of)


def resolution(said: Revision, time_ms: int) -> Revision:
    """The end of an alert whose follow-up cannot go on."""
    return replace(said, status="resolved", ended_ms=time_ms)


def retraction(said: Revision, time_ms: int) -> Revision:
    """The end of an alert that rests on a block which is no part of the chain any more."""
    return replace(
        said,
        status="retracted",
        explanation=(
            f"{said.explanation} The chain was reorganised at {rfc3339(time_ms)}: "
            "the block this rests on is no part of it any more."
        ),
        ended_ms=time_ms,
    )


def reopening(said: Revision) -> Revision:
    """An alert that was retracted, or has ended, and opens again by the very same event."""
    return replace(
        said, explanation=f"{said.explanation} The chain has come back to the block this rests on."
    )
