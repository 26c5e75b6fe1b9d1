"""The risk flagger: finds an alert's event, and says what the event makes of the alert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from processors.alerts import Standing
from processors.risk.events import Event, Member
from processors.risk.model import RiskModel
from schemas.times import parse_rfc3339

if TYPE_CHECKING:
    from processors.cases import Case, JoinedToken
    from processors.detectors.base import Revision
    from schemas.alerts import Alert, Signal

#: A change of the leader's score that is worth a revision of its own.
_NEWS = 0.02


class Flagger:
    """Pure; what it knows lies in the cases' events."""

    def __init__(self, risk: RiskModel) -> None:
        self._risk = risk

    def event_of(self, token: JoinedToken, alert: Alert, said: Revision, time_ms: int) -> Event:
        """The event an alert that opens is part of: one that an open alert leads, or its own.

        Of several the one that has begun last.
        """
        member = Member(
            id=alert.id,
            pattern=alert.pattern,
            phase=said.phase,
            opened_ms=parse_rfc3339(alert.event_time),
            probability=self._risk.probability(alert.pattern, said.score),
            impact=said.impact,
        )
        leaders = [case for case in token.cases.values() if case.leads]
        for case in sorted(leaders, key=_opened, reverse=True):
            if case.event.takes(member.pattern, time_ms):
                case.event.add(member)
                return case.event
        return Event(member)

    def standing(self, token: JoinedToken, case: Case) -> Standing:
        """The score with all that is seen, for the alert that leads; who leads, for the others."""
        event, alert = case.event, case.alert
        own = self._risk.probability(alert.pattern, case.said.score)
        if not case.leads:
            leader = token.cases.get(event.leader.id)
            stronger = words(event.leader.pattern)
            remark = "" if leader is None else f"It belongs to a stronger alert: {stronger}."
            return Standing(own, event.leader.id, (), remark)
        fused = self._risk.fuse(own, event.seen())
        return Standing(fused.score, None, fused.evidence, _remark(event))

    def note(self, token: JoinedToken, signal: Signal) -> None:
        """What a window's signal says about all that is open."""
        anomaly = signal.values.get("anomaly", 0.0)
        for case in token.cases.values():
            member = case.event.members.get(case.alert.id)
            if member is not None:
                member.note(signal.kind, anomaly)

    def revised(self, token: JoinedToken, case: Case) -> Iterator[Case]:
        """Other alerts that are to be told anew since this one was revised."""
        member = case.event.members.get(case.alert.id)
        if member is not None:
            member.probability = self._risk.probability(member.pattern, case.said.score)
            member.impact = case.said.impact
        if not case.leads:
            yield from self._leader(token, case.event)

    def retracted(self, token: JoinedToken, event: Event, alert_id: str) -> Iterator[Case]:
        """Alerts that are to be told anew since one of their event was taken back: the strongest
        that is left leads."""
        if event.drop(alert_id, token.cases):
            yield from _of(event, token)
        else:
            yield from self._leader(token, event)

    def _leader(self, token: JoinedToken, event: Event) -> Iterator[Case]:
        """The alert that leads, if what it would say now is worth it."""
        leader = token.cases.get(event.leader.id)
        if leader is not None:
            score = self.standing(token, leader).score
            if abs(score - leader.alert.score) >= _NEWS:
                yield leader

    def joined(self, token: JoinedToken, case: Case) -> Iterator[Case]:
        """Alerts that are to be told anew since this one opened: itself when it is part of an
        event, and those it leads now or the one that leads it."""
        event = case.event
        if len(event.members) == 1:
            return
        if case.leads:
            yield from _of(event, token)
            return
        yield case
        leader = token.cases.get(event.leader.id)
        if leader is not None:
            yield leader


def words(pattern: str) -> str:
    """A pattern's name in a sentence."""
    return pattern.replace("_", " ")


def _of(event: Event, token: JoinedToken) -> Iterator[Case]:
    for name in list(event.members):
        if (case := token.cases.get(name)) is not None:
            yield case


def _opened(case: Case) -> tuple[str, str]:
    return case.alert.event_time, case.alert.id


def _remark(event: Event) -> str:
    seen = event.seen()
    beside = [words(name) for name, value in seen.items() if value > 0]
    against = [words(name) for name, value in seen.items() if value < 0]
    return " ".join((*_sentence("Also seen", beside), *_sentence("Against it speaks", against)))


def _sentence(begin: str, names: Iterable[str]) -> Iterator[str]:
    if told := ", ".join(names):
        yield f"{begin}: {told}."
