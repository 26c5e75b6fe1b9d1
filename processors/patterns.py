"""The registry of patterns: one line each. A new pattern is one file and one line here."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from processors.detectors.base import Detector, JoinedDetector
from processors.detectors.dormant_wallet import DormantWallet
from processors.detectors.holder_concentration import HolderConcentration
from processors.detectors.honeypot import Honeypot
from processors.detectors.mention_burst import MentionBurst
from processors.detectors.pump_and_dump import PumpAndDump
from processors.detectors.rug_pull import RugPull
from processors.detectors.sentiment_price_divergence import SentimentPriceDivergence
from processors.detectors.sentiment_spike import SentimentSpike
from processors.detectors.shilling import Shilling
from processors.detectors.sniper_bundle import SniperBundle
from processors.detectors.wash_trading import WashTrading
from processors.detectors.whale_accumulation import WhaleAccumulation
from processors.detectors.whale_dump import WhaleDump
from processors.risk.model import RiskModel, shipped
from schemas.alerts import Pattern


@dataclass(frozen=True, slots=True)
class PatternSet:
    """Which detectors run, and what their scores mean. ``signals`` switches the windowed features
    on."""

    leading: tuple[type[Detector[Any]], ...]
    joined: tuple[type[JoinedDetector], ...]
    signals: bool = True
    risk: RiskModel = field(default_factory=shipped)

    def fingerprint(self) -> str:
        """Identifies the state of these detectors as this very program keeps it.

        A snapshot of another program is not trusted: the state is rebuilt from the log instead.
        """
        digest = blake2b(str(self.signals).encode(), digest_size=8)
        digest.update(msgspec.json.encode(self.risk, order="sorted"))
        for detector in (*self.leading, *self.joined):
            digest.update(f"{detector.__module__}.{detector.__qualname__}".encode())
        # Models lie beside the code as data, and change what is said as much as code does.
        for source in sorted(Path(__file__).parent.rglob("*")):
            if source.is_file() and source.suffix != ".pyc":
                digest.update(source.read_bytes())
        return digest.hexdigest()

    def names(self) -> tuple[Pattern, ...]:
        """Every pattern, in the registry's order."""
        leading = (detector.pattern for detector in self.leading)
        return (*leading, *(detector.pattern for detector in self.joined))

    def leading_on(self, topic: str) -> tuple[type[Detector[Any]], ...]:
        """The detectors whose leading topic this is, in the registry's order."""
        return tuple(detector for detector in self.leading if detector.topic == topic)


SHIPPED = PatternSet(
    leading=(
        PumpAndDump,
        WashTrading,
        WhaleDump,
        WhaleAccumulation,
        DormantWallet,
        RugPull,
        SniperBundle,
        Honeypot,
        HolderConcentration,
        SentimentSpike,
        Shilling,
        MentionBurst,
    ),
    joined=(SentimentPriceDivergence,),
)
