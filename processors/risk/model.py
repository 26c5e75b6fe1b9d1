"""Everything that turns what detectors say into what alerts say, as one value with a version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct

from processors.risk.calibration import Calibration
from processors.risk.fusion import Fused, Fusion
from processors.risk.severity import SeverityRules
from schemas.alerts import Pattern, Severity

#: Made by ``processors.tuning.risk``, which also writes how beside it (``risk_record.json``).
ARTEFACT = "risk.json"
_AS_SAID = Calibration()


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """What is learned; the version rises with every change, since alerts' ids hold it."""

    version: int
    calibrations: dict[Pattern, Calibration]
    fusion: Fusion


class RiskModel(Struct, frozen=True):
    """Pure: the same weights and rules give the same scores and severities."""

    weights: Weights
    rules: SeverityRules
    #: Empty for the shipped rules.
    rules_mark: str = ""

    def version(self, detector_version: str) -> str:
        """An alert's version: its detector's, the weights', and a mark of rules of one's own."""
        return f"{detector_version}+r{self.weights.version}{self.rules_mark}"

    def probability(self, pattern: Pattern, score: float) -> float:
        """What a detector's score means."""
        return self.weights.calibrations.get(pattern, _AS_SAID).probability(score)

    def fuse(self, own: float, seen: Mapping[str, float]) -> Fused:
        """The probability with what else is seen about the token."""
        return self.weights.fusion.fuse(own, seen)

    def severity(self, pattern: Pattern, score: float, impact: float) -> Severity:
        """By the rules."""
        return self.rules.severity(pattern, score, impact)


@cache
def shipped() -> RiskModel:
    """The model that belongs to this version of the code."""
    return RiskModel(_shipped_weights(), SeverityRules.read())


def unlearned() -> RiskModel:
    """Scores as detectors say them: what tuning starts from."""
    return RiskModel(Weights(0, {}, Fusion({})), SeverityRules.read())


def with_rules(path: Path) -> RiskModel:
    """The shipped weights with a user's own rules.

    Raises:
        OperatorError: the file cannot be read, or says something that is no rule.
    """
    rules = SeverityRules.read(path)
    mark = hashlib.blake2b(msgspec.json.encode(rules, order="sorted"), digest_size=4).hexdigest()
    return RiskModel(_shipped_weights(), rules, f".{mark}")


def _shipped_weights() -> Weights:
    artefact = files(__package__).joinpath(ARTEFACT).read_bytes()
    return msgspec.json.decode(artefact, type=Weights)
