"""The simulated market as a source: its own past first, then on and on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from producers.simulated.generator import SimulatedMarket
from producers.simulated.truth import Truth, TruthFile
from producers.source import Item, Order, Progress
from schemas.topics import EVENT_TOPICS

_HOUR_MS = 3_600_000
#: How much of its past a market that opens now publishes first, so that baselines exist.
PAST_MS = 6 * _HOUR_MS
#: Counts up when the same seed gives other events than before, so that no older cursor is followed.
_EDITION = 2


class MarketSource:
    """The events of one market and, beside them, its truth file. Nothing here waits for a clock.

    The cursor is the market's start and the count of events yielded, so the market that goes on
    after a restart is the one before (``resumed``), and its seed and size must be too.
    """

    name = "simulated"
    topics = frozenset(spec.name for spec in EVENT_TOPICS)
    order: Order = "ordered"

    def __init__(
        self,
        seed: int,
        tokens: int,
        *,
        start_ms: int,
        end_ms: int | None = None,
        truth_path: Path | None = None,
        scenarios_per_hour: float | None = None,
    ) -> None:
        """``truth_path`` names the NDJSON file the truth is appended to (None: it is not kept)."""
        self._truth_path = truth_path
        self._truth_file: TruthFile | None = None
        self._start_ms = start_ms
        self._market = SimulatedMarket(
            seed,
            tokens,
            start_ms=start_ms,
            end_ms=end_ms,
            scenarios_per_hour=scenarios_per_hour,
            on_truth=self._note,
        )
        self.identity = f"simulated:{self._market.name}-{_EDITION}:{start_ms}:{end_ms}"

    async def events(self, resume: str | None) -> AsyncIterator[tuple[Item, str]]:
        """The market's events; its past is made again, without yielding, up to the cursor.

        Raises:
            ValueError: the cursor is not one of this market.
        """
        skip, count = 0, 0
        if resume is None:
            yield Progress(self._start_ms), f"{self._start_ms}:0"
        else:
            skip = self._skip(resume)
        self._truth_file = TruthFile(self._truth_path) if self._truth_path else None
        try:
            for batch in self._market.batches():
                if count + len(batch) <= skip:
                    count += len(batch)
                    continue
                for _, _, _, event in batch:
                    count += 1
                    if count > skip:
                        yield event, f"{self._start_ms}:{count}"
        finally:
            if self._truth_file is not None:
                self._truth_file.close()

    def _skip(self, resume: str) -> int:
        start, _, count = resume.partition(":")
        if start != str(self._start_ms) or not count.isdecimal():
            raise ValueError(f"the cursor {resume!r} is of another market than {self.identity}")
        return int(count)

    def _note(self, truth: Truth) -> None:
        if self._truth_file is not None:
            self._truth_file.write(truth)


def start_of(cursor: str) -> int:
    """The start of the market a cursor is of, in milliseconds, to go on with that market.

    Raises:
        ValueError: it is no cursor of a market.
    """
    return int(cursor.partition(":")[0])
