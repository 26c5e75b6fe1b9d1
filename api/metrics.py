"""Prometheus metrics of this process, and of what the database holds, read when scraped."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.database import Database, DatabaseUnavailableError
from api.queries import counts
from api.queries.detectors import all_detectors
from memewatch.settings import Settings

_LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class StreamMetrics:
    """What the alert stream counts."""

    subscribers: Gauge
    messages_sent: Counter
    slow_consumers_closed: Counter


@dataclass(slots=True)
class Metrics:
    """One registry an app, so that several apps in one process do not mix."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    stream: StreamMetrics = field(init=False)
    requests: Counter = field(init=False)
    request_seconds: Histogram = field(init=False)
    database_up: Gauge = field(init=False)
    head_seq: Gauge = field(init=False)
    alerts: Gauge = field(init=False)
    dead_letters: Gauge = field(init=False)
    sink_next_offset: Gauge = field(init=False)
    verdicts: Gauge = field(init=False)
    precision: Gauge = field(init=False)
    below_floor: Gauge = field(init=False)

    def __post_init__(self) -> None:
        self.stream = StreamMetrics(
            self._gauge("stream_subscribers", "Open stream connections"),
            self._counter("stream_messages_sent", "Messages sent to stream subscribers"),
            self._counter("stream_slow_consumers_closed", "Subscribers closed for being slow"),
        )
        self.requests = self._counter("http_requests", "Answered requests", "route", "status")
        self.request_seconds = Histogram(
            "memewatch_http_request_seconds",
            "Time to answer a request",
            ["route"],
            registry=self.registry,
            buckets=_LATENCY_BUCKETS,
        )
        self.database_up = self._gauge("database_up", "Whether the database answered this scrape")
        self.head_seq = self._gauge("stream_head_seq", "Sequence number of the newest change")
        self.alerts = self._gauge("alerts", "Alerts at their latest revision", "pattern", "status")
        self.dead_letters = self._gauge("dead_letters", "Stored dead letters", "stage")
        self.sink_next_offset = self._gauge(
            "sink_next_offset", "The sink's position in the log", "topic", "partition"
        )
        detector = ("pattern", "detector_version")
        self.verdicts = self._gauge("verdicts", "Users' verdicts", *detector, "verdict")
        self.precision = self._gauge(
            "detector_precision", "Share of the judged alerts that users call right", *detector
        )
        self.below_floor = self._gauge(
            "detector_below_floor", "Whether that is certainly less than it should be", *detector
        )

    async def render(self, database: Database, settings: Settings) -> bytes:
        """The exposition text; without the database, what this process knows by itself."""
        try:
            await self._read(database)
            await self._read_detectors(database, settings)
            self.database_up.set(1)
        except DatabaseUnavailableError:
            self.database_up.set(0)
        return generate_latest(self.registry)

    async def _read(self, database: Database) -> None:
        state = await counts.stream_state(database)
        alerts = await counts.alerts_by_pattern_and_status(database)
        dead_letters = await counts.dead_letters_by_stage(database)
        positions = await counts.sink_positions(database)
        self.head_seq.set(state.seq)
        for gauge in (self.alerts, self.dead_letters, self.sink_next_offset):
            gauge.clear()
        for row in alerts:
            self.alerts.labels(row.pattern, row.status).set(row.count)
        for stage, count in dead_letters.items():
            self.dead_letters.labels(stage).set(count)
        for position in positions:
            labels = self.sink_next_offset.labels(position.topic, str(position.partition))
            labels.set(position.next_offset)

    async def _read_detectors(self, database: Database, settings: Settings) -> None:
        detectors = await all_detectors(database, settings)
        for gauge in (self.verdicts, self.precision, self.below_floor):
            gauge.clear()
        for each in detectors:
            name = (each.pattern, each.detector_version)
            for verdict, count in each.verdicts:
                self.verdicts.labels(*name, verdict).set(count)
            self.below_floor.labels(*name).set(each.below_floor)
            if each.precision is not None:
                self.precision.labels(*name).set(each.precision)

    def _gauge(self, name: str, description: str, *labels: str) -> Gauge:
        return Gauge(f"memewatch_{name}", description, labels, registry=self.registry)

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        return Counter(f"memewatch_{name}", description, labels, registry=self.registry)


class RequestMetrics:
    """ASGI middleware that counts and times HTTP requests by route template."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            # The template within its router, not the path: that would be a label per token.
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.request_seconds.labels(route).observe(time.perf_counter() - started)
