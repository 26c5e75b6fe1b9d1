"""What the producer stage counts, served under ``/metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

PREFIX = "memewatch_producer"

EVENTS = Counter(f"{PREFIX}_events", "Events handed to Kafka", ["source", "topic"])
LATE = Counter(f"{PREFIX}_late_events", "Events older than the watermark", ["source", "topic"])
ERRORS = Counter(f"{PREFIX}_source_errors", "Times a source failed", ["source"])
RETRIES = Counter(f"{PREFIX}_source_restarts", "Times a source was started again", ["source"])
SILENCES = Counter(f"{PREFIX}_source_silences", "Times a source was silent too long", ["source"])
DEAD_LETTERS = Counter(f"{PREFIX}_dead_letters", "Items refused", ["source"])
WATERMARK_LAG = Gauge(
    f"{PREFIX}_watermark_lag_seconds", "Wall clock minus the topic's watermark", ["topic"]
)
