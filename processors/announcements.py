"""What a lane says: first words about what goes on, signals of windows, and what it takes back."""

from __future__ import annotations

from typing import Any

from processors.alerts import open_alert
from processors.detectors.base import Detector, FollowUp, Opening
from processors.joined import JoinedAxis
from processors.joined_items import LastEvent, Opened
from processors.records import Outputs
from processors.risk.model import RiskModel
from processors.watermarks import SessionClock
from processors.windows import OpenWindow
from schemas.alerts import Alert, InputReference
from schemas.events import Event


class Announcements:
    """Sends a lane's words out, and to the joined axis while a session gives them an order."""

    def __init__(
        self,
        topic: str,
        partition: int,
        clock: SessionClock,
        joined: JoinedAxis,
        risk: RiskModel,
    ) -> None:
        self._topic = topic
        self._risk = risk
        self._partition = partition
        self._clock = clock
        self._joined = joined

    def open(
        self,
        detector: Detector[Any],
        opening: Opening,
        follow_up: FollowUp,
        event: Event,
        time_ms: int,
        offset: int,
        out: Outputs,
        provisional: bool = False,
    ) -> Alert:
        """Revision 1. ``provisional``: it may have to be retracted."""
        alert = open_alert(
            opening,
            risk=self._risk,
            pattern=detector.pattern,
            version=detector.version,
            token=event.token,
            symbol=event.symbol,
            event_id=event.id,
            time_ms=time_ms,
            inputs=[self._reference(offset)],
            now=out.now,
        )
        out.alerts.append(alert)
        if self._clock.session is not None:
            self._joined.add_opening(
                self._topic, Opened(alert, opening, follow_up, provisional), time_ms
            )
        return alert

    def retract(self, alert: Alert, time_ms: int) -> None:
        """What the alert rests on is no part of the chain any more."""
        if self._clock.session is not None:
            self._joined.add_retraction(self._topic, alert, time_ms)

    def signal(self, window: OpenWindow, token: str, end_ms: int, out: Outputs) -> None:
        """The signal of a window that just ended."""
        signal = window.history.signal(window.window, token, window.symbol, end_ms)
        out.signals.append(signal)
        if self._clock.session is not None:
            last_event = LastEvent(window.last_event_id, self._reference(window.last_offset))
            self._joined.add_signal(self._topic, signal, last_event, end_ms)

    def _reference(self, offset: int) -> InputReference:
        return InputReference(topic=self._topic, partition=self._partition, offset=offset)
