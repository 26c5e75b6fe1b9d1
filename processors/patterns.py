"""The registry of patterns: one line each. A new pattern is one file and one line here."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from processors.detectors.base import Detector, JoinedDetector
from processors.detectors.pump_and_dump import PumpAndDump
from processors.detectors.sentiment_price_divergence import SentimentPriceDivergence
from processors.detectors.sentiment_spike import SentimentSpike
from processors.detectors.whale_dump import WhaleDump

#: Changes whenever a snapshot of an older program cannot be read any more.
STATE_VERSION = 1


@dataclass(frozen=True, slots=True)
class PatternSet:
    """Which detectors run. ``signals`` switches the windowed features on."""

    leading: tuple[type[Detector[Any]], ...]
    joined: tuple[type[JoinedDetector], ...]
    signals: bool = True

    def fingerprint(self) -> str:
        """Identifies the state these detectors keep; another fingerprint, another state."""
        names = [f"{leading.pattern}/{leading.version}" for leading in self.leading]
        names += [f"{joined.pattern}/{joined.version}" for joined in self.joined]
        text = "\x1f".join([str(STATE_VERSION), str(self.signals), *names])
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def leading_on(self, topic: str) -> tuple[type[Detector[Any]], ...]:
        """The detectors whose leading topic this is, in the registry's order."""
        return tuple(detector for detector in self.leading if detector.topic == topic)


SHIPPED = PatternSet(
    leading=(PumpAndDump, WhaleDump, SentimentSpike),
    joined=(SentimentPriceDivergence,),
)
