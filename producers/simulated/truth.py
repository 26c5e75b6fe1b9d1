"""What really happened in a simulated market, written down while it happens.

Only tests and evaluations read this; no detector ever does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from schemas.alerts import Pattern

Strength = Literal["weak", "medium", "strong"]


class Truth(Struct, frozen=True, kw_only=True):
    """One scenario of the market. Times are integer milliseconds since the epoch.

    ``pattern`` ought to be raised for ``token`` with an event time in
    ``[onset_ms - 120 s, ends_ms + 300 s]``, and so ought each of ``further``; a look-alike has
    no ``pattern``, and ``further`` only for what is true of it (a viral post is a burst of
    mentions). What ``also`` names may be raised in that window and counts neither for nor against.
    ``honest`` says that nobody is deceived: look-alikes are, and so is a genuine burst of feeling,
    although its ``pattern`` ought to be raised.

    A record of a coin's whole life names its birth, ``born_ms``: from then on until that window
    what is named here may be raised and counts neither way. A warning comes before the event.

    ``starts_ms`` is when preparations begin (an accumulation), ``onset_ms`` when the event itself
    does. ``numbers`` hold what was planned, by name: rises and drops as fractions, ratios over the
    token's own background, counts, durations in seconds.
    """

    scenario: str
    token: str
    symbol: str
    kind: str
    honest: bool
    pattern: Pattern | None
    further: tuple[Pattern, ...] = ()
    also: tuple[Pattern, ...] = ()
    starts_ms: int
    onset_ms: int
    ends_ms: int
    strength: Strength
    numbers: dict[str, float]
    born_ms: int | None = None

    @property
    def required(self) -> tuple[Pattern, ...]:
        """All patterns that ought to be raised."""
        return self.further if self.pattern is None else (self.pattern, *self.further)


class TruthFile:
    """Appends records as NDJSON, each flushed at once.

    A market that goes on after a restart makes its past again; what is in the file already is
    not written a second time.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._written = {truth.scenario for truth in read_truth(path)} if path.exists() else set()
        self._file = path.open("ab")
        # A killed writer may have left half a line; what follows must not be glued to it.
        if self._file.tell() and not path.read_bytes().endswith(b"\n"):
            self._file.write(b"\n")

    def write(self, truth: Truth) -> None:
        if truth.scenario not in self._written:
            self._file.write(msgspec.json.encode(truth) + b"\n")
            self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_truth(path: Path) -> list[Truth]:
    """The whole records of a truth file, each scenario once, by onset; half a line is passed over.

    Raises:
        OSError: the file cannot be read.
    """
    records: dict[str, Truth] = {}
    for line in path.read_bytes().splitlines():
        try:
            truth = msgspec.json.decode(line, type=Truth)
        except msgspec.MsgspecError:
            continue
        records[truth.scenario] = truth
    return sorted(records.values(), key=lambda truth: (truth.onset_ms, truth.scenario))
