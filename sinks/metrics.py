"""What the sink counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

#: From an idle database's commit to a loaded one's.
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class SinkMetrics:
    """The metrics of one sink process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.rows = Counter(
            "memewatch_sink_rows", "Rows written", ["table"], registry=self.registry
        )
        self.repeats = Counter(
            "memewatch_sink_repeats",
            "Records that were stored before",
            ["table"],
            registry=self.registry,
        )
        self.undecodable = Counter(
            "memewatch_sink_undecodable",
            "Records that cannot be decoded or stored",
            ["topic"],
            registry=self.registry,
        )
        self.dead_letters = Counter(
            "memewatch_sink_dead_letters",
            "Records this stage sent to the dead letters",
            ["topic"],
            registry=self.registry,
        )
        self.write_seconds = Histogram(
            "memewatch_sink_write_seconds",
            "Time to write and commit one batch; its count is the number of batches",
            ["lane"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.lag = Gauge(
            "memewatch_sink_lag", "Records not stored yet", ["topic"], registry=self.registry
        )
