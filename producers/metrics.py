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
SOURCE_LAG = Gauge(
    f"{PREFIX}_source_lag_seconds", "Wall clock minus what a live source promises", ["source"]
)
SOURCE_FAILING = Gauge(
    f"{PREFIX}_source_failing", "1 while a live source does not work", ["source"]
)
RATE_LIMIT_REMAINING = Gauge(
    f"{PREFIX}_rate_limit_remaining", "Requests left by the server's own count", ["source"]
)
RATE_LIMIT = Gauge(f"{PREFIX}_rate_limit", "Requests the server allows in its window", ["source"])
