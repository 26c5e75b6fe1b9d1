"""What belongs to one event about one token, who leads it, and what speaks for and against that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from processors.risk.relations import belong_together, contradict, rank
from schemas.alerts import Pattern, SignalKind

#: Alerts of one event that are remembered; more say nothing new.
_MEMBERS = 32
#: From this anomaly on, activity of another kind than the alert's own speaks for it.
_UNUSUAL = 0.95
_OWN_KINDS: dict[Pattern, tuple[SignalKind, ...]] = {
    "pump_and_dump": ("trading",),
    "wash_trading": ("trading",),
    "sentiment_price_divergence": ("trading", "sentiment"),
    "sentiment_spike": ("sentiment",),
    "shilling": ("sentiment",),
    "mention_burst": ("sentiment",),
}
_KINDS: tuple[SignalKind, ...] = ("trading", "sentiment", "flow")


@dataclass(slots=True)
class Member:
    """One alert of an event. ``probability`` is its detector's word, calibrated."""

    id: str
    pattern: Pattern
    #: At the opening: it says which way it points.
    phase: str
    opened_ms: int
    probability: float
    impact: float
    #: Highest anomaly of each kind of signal since it opened.
    anomalies: dict[SignalKind, float] = field(default_factory=dict)

    def note(self, kind: SignalKind, anomaly: float) -> None:
        """A window's signal came while the alert was open."""
        if anomaly > self.anomalies.get(kind, 0.0):
            self.anomalies[kind] = anomaly


class Event:
    """Alerts about one token that are one event; the strongest speaks for all of them."""

    __slots__ = ("leader", "members")

    def __init__(self, first: Member) -> None:
        self.leader = first
        #: In the order of their openings.
        self.members: dict[str, Member] = {first.id: first}

    def takes(self, pattern: Pattern, opened_ms: int) -> bool:
        """Whether an alert that opens now is part of this event."""
        return len(self.members) < _MEMBERS and any(
            belong_together(member.pattern, pattern, abs(opened_ms - member.opened_ms))
            for member in self.members.values()
        )

    def add(self, member: Member) -> bool:
        """Take an alert in; whether it leads from now on."""
        self.members[member.id] = member
        if _strength(member) <= _strength(self.leader):
            return False
        self.leader = member
        return True

    def drop(self, alert_id: str, still_open: Iterable[str]) -> bool:
        """Forget an alert that was taken back; whether another leads from now on."""
        self.members.pop(alert_id, None)
        if self.leader.id != alert_id:
            return False
        heirs = [self.members[name] for name in still_open if name in self.members]
        if not heirs:
            return False
        self.leader = max(heirs, key=_strength)
        return True

    def seen(self) -> dict[str, float]:
        """What else there is beside the leader, by name in −1..1, negative where it contradicts.

        Of a pattern that is there twice the surer alert counts.
        """
        leader, seen = self.leader, dict[str, float]()
        for member in self.members.values():
            if member.pattern == leader.pattern:
                continue
            against = contradict((leader.pattern, leader.phase), (member.pattern, member.phase))
            value = -member.probability if against else member.probability
            if abs(value) > abs(seen.get(member.pattern, 0.0)):
                seen[member.pattern] = value
        for kind in _KINDS:
            anomaly = leader.anomalies.get(kind, 0.0)
            if anomaly > _UNUSUAL and kind not in _OWN_KINDS.get(leader.pattern, ("flow",)):
                seen[f"{kind}_anomaly"] = (anomaly - _UNUSUAL) / (1.0 - _UNUSUAL)
        return seen


def _strength(member: Member) -> tuple[int, float, int, str]:
    """Of equals the one with more at risk, then the older."""
    return (rank(member.pattern), member.impact, -member.opened_ms, member.id)
