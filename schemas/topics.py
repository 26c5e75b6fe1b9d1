"""Every Kafka topic, declared once: key, partitions, retention and compaction."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Fixed for life: a token's partition must never move, or its state would be split.
EVENT_PARTITIONS = 8

_DAY_MS = 86_400_000
#: Kafka's own timestamp is the time of arrival, so retention never deletes replayed history early.
_ARRIVAL = {"message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic's declaration. ``key`` says in words what the record key is."""

    name: str
    key: str
    partitions: int
    retention_ms: int
    compacted: bool = False
    extra: dict[str, str] = field(default_factory=dict)

    def config(self) -> dict[str, str]:
        """The topic's broker-side configuration."""
        policy = "compact" if self.compacted else "delete"
        config = {"cleanup.policy": policy, **_ARRIVAL, **self.extra}
        if not self.compacted:
            config["retention.ms"] = str(self.retention_ms)
        return config


POSTS = TopicSpec("posts", "token", EVENT_PARTITIONS, 30 * _DAY_MS)
TICKS = TopicSpec("ticks", "token", EVENT_PARTITIONS, 30 * _DAY_MS)
TRANSFERS = TopicSpec("transfers", "token", EVENT_PARTITIONS, 30 * _DAY_MS)
SIGNALS = TopicSpec("signals", "token", EVENT_PARTITIONS, 7 * _DAY_MS)
ALERTS = TopicSpec("alerts", "token", EVENT_PARTITIONS, 365 * _DAY_MS)
#: What users say of alerts. Labels are kept for good, so of each user's opinion of an alert the
#: newest stays; keyed by the alert alone, one user's would push out another's. One partition, since
#: people are slow.
VERDICTS = TopicSpec(
    "verdicts",
    "alert and user, hashed",
    1,
    -1,
    compacted=True,
)
#: What the sources' servers said, as it came: a better parser can read history again.
RAW_PAYLOADS = TopicSpec(
    "raw-payloads", "source", 1, 7 * _DAY_MS, extra={"retention.bytes": str(8 * 1024**3)}
)
#: How far each backfill has come; a live source's cursor stands in its session's state.
BACKFILLS = TopicSpec(
    "backfills",
    "source/from/to",
    1,
    -1,
    compacted=True,
    extra={"segment.ms": "600000", "min.cleanable.dirty.ratio": "0.2"},
)
DEAD_LETTERS = TopicSpec("dead-letters", "the original key", 1, 30 * _DAY_MS)
SESSIONS = TopicSpec(
    "sessions",
    "'current'",
    1,
    -1,
    compacted=True,
    # Written every second: without short segments a week of it would be kept.
    extra={"segment.ms": "3600000", "min.cleanable.dirty.ratio": "0.2"},
)
SNAPSHOTS = TopicSpec(
    "snapshots",
    "slot/chunk, in the partition whose state it holds",
    EVENT_PARTITIONS,
    -1,
    compacted=True,
    extra={"segment.ms": "600000", "min.cleanable.dirty.ratio": "0.2"},
)

#: In this order events of equal time are joined: (event time, topic, event id).
EVENT_TOPICS = (POSTS, TICKS, TRANSFERS)
ALL_TOPICS = (
    *EVENT_TOPICS,
    SIGNALS,
    ALERTS,
    VERDICTS,
    RAW_PAYLOADS,
    BACKFILLS,
    DEAD_LETTERS,
    SESSIONS,
    SNAPSHOTS,
)

#: Consumer groups, by stage.
WORKERS_GROUP = "workers"
SINK_GROUP = "sink"
