"""What a worker counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from processors.records import Outputs

EVENTS = Counter("memewatch_worker_events_total", "Events processed", ["topic"])
LATE = Counter("memewatch_worker_late_events_total", "Events older than the watermark", ["topic"])
DUPLICATES = Counter("memewatch_worker_duplicate_events_total", "Events seen before", ["topic"])
BACKFILL = Counter("memewatch_worker_backfill_events_total", "Events of a backfill", ["topic"])
UNSURE = Counter(
    "memewatch_worker_unsure_posts_total", "Posts that hardly mean the token", ["topic"]
)
UNOBSERVED = Counter(
    "memewatch_worker_unobserved_events_total", "Events that no detector reads", ["topic"]
)
FINALITY = Counter(
    "memewatch_worker_finality_total",
    "What became of pending events: confirmed, retracted, presumed (taken for final, there were "
    "too many); unknown: the event was not pending here",
    ["topic", "status"],
)
DEAD_LETTERS = Counter("memewatch_worker_dead_letters_total", "Records refused", ["topic"])
ALERTS = Counter("memewatch_worker_alert_revisions_total", "Alert revisions sent", ["pattern"])
SIGNALS = Counter("memewatch_worker_signals_total", "Signals sent", ["kind"])
WATERMARK = Gauge(
    "memewatch_worker_watermark_seconds", "Event time promised complete", ["topic", "partition"]
)
SNAPSHOT_SECONDS = Histogram("memewatch_worker_snapshot_seconds", "Time to write one snapshot")
SNAPSHOT_BYTES = Gauge("memewatch_worker_snapshot_bytes", "Size of the last one", ["partition"])
_COUNTERS = {
    "events": EVENTS,
    "late": LATE,
    "duplicates": DUPLICATES,
    "backfill": BACKFILL,
    "unsure": UNSURE,
    "unobserved": UNOBSERVED,
}


def count(topic: str, out: Outputs) -> None:
    """Add a batch's outputs to the counters."""
    for name, number in out.counts.items():
        counter = _COUNTERS.get(name)
        (counter.labels(topic) if counter else FINALITY.labels(topic, name)).inc(number)
    if out.dead_letters:
        DEAD_LETTERS.labels(topic).inc(len(out.dead_letters))
    for alert in out.alerts:
        ALERTS.labels(alert.pattern).inc()
    for signal in out.signals:
        SIGNALS.labels(signal.kind).inc()
