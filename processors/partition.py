"""The whole state of one partition number: three lanes and the axis that joins them."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

from processors.joined import JoinedAxis
from processors.lane import Lane
from processors.patterns import SHIPPED, PatternSet
from processors.records import LogRecord, Outputs
from schemas.topics import EVENT_TOPICS

_IDLE_MS = 24 * 3_600_000


class PartitionState:
    """Records of three topics in, signals and alerts out; pure and picklable.

    The outputs are a function of the three logs: batches, interleaving and restarts from a
    snapshot change nothing but ``detected_at`` and ``inputs``.
    """

    def __init__(
        self, partition: int, patterns: PatternSet = SHIPPED, idle_ms: int = _IDLE_MS
    ) -> None:
        self.partition = partition
        self._joined = JoinedAxis(patterns, idle_ms)
        self._lanes = {
            spec.name: Lane(spec.name, partition, patterns, self._joined, idle_ms)
            for spec in EVENT_TOPICS
        }

    def process(self, topic: str, records: Sequence[LogRecord], out: Outputs) -> None:
        """Work through records of one topic's log, in log order."""
        self._lanes[topic].process(records, out)

    def offsets(self) -> dict[str, int]:
        """The next offset of each topic: what lies before is in this state."""
        return {topic: lane.next_offset for topic, lane in self._lanes.items()}

    def watermarks(self) -> dict[str, int]:
        """Each topic's watermark in milliseconds."""
        return {topic: lane.watermark for topic, lane in self._lanes.items()}

    def held_back(self) -> frozenset[str]:
        """Topics that should not be read on until the others have caught up."""
        return self._joined.held_back()

    def dump(self) -> bytes:
        """A snapshot that ``load`` turns back into an equal state."""
        return pickle.dumps(self, protocol=pickle.HIGHEST_PROTOCOL)

    @staticmethod
    def load(snapshot: bytes) -> PartitionState:
        """The state of a snapshot that this program wrote into its own topic."""
        state = pickle.loads(snapshot)  # noqa: S301 - only workers may write the snapshots topic
        if not isinstance(state, PartitionState):
            raise TypeError("not a snapshot of a partition")
        return state
