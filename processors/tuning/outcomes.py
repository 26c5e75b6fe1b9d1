"""Alerts of which is known whether they were right, with all that the risk model can learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from processors.risk.fusion import OWN, PREFIX
from schemas.alerts import Alert, Pattern


class Outcome(Struct, frozen=True, kw_only=True):
    """``first`` and ``last`` are the detector's own scores in its first and last word, ``seen`` is
    what else there was at the end, by name in −1..1 as the detectors say it."""

    group: str
    pattern: Pattern
    first: float
    last: float
    seen: dict[str, float]
    right: bool


def outcome_of(revisions: Sequence[Alert], *, right: bool, group: str) -> Outcome:
    """What an alert's revisions, made by the unlearned risk model, say."""
    first, last = revisions[0], revisions[-1]
    evidence = {item.feature: item.value for item in last.evidence}
    return Outcome(
        group=group,
        pattern=first.pattern,
        first=first.score,
        last=evidence.get(OWN, last.score),
        seen={
            name.removeprefix(PREFIX): value
            for name, value in evidence.items()
            if name.startswith(PREFIX)
        },
        right=right,
    )


def read_outcomes(paths: Iterable[Path]) -> list[Outcome]:
    """The outcomes of all files, in their order. Raises ``msgspec.ValidationError``."""
    decoder = msgspec.json.Decoder(Outcome)
    return [decoder.decode(line) for path in paths for line in path.read_bytes().splitlines()]
