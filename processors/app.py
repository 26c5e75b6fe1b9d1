"""The Faust application: one agent over the three event topics."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import ssl
import tempfile
from collections.abc import Set
from pathlib import Path
from typing import Any

import faust
from faust.types import TP

from memewatch.settings import Settings
from processors.batches import BatchTopic, BatchTransport, consumer_of, use_plain_records
from processors.patterns import SHIPPED, PatternSet
from processors.worker import Worker
from schemas.topics import EVENT_TOPICS, WORKERS_GROUP

#: A dead worker's partitions move on after this; Kafka's default of 45 s is an age for an alert.
_SESSION_TIMEOUT_S = 10.0

_log = logging.getLogger(__name__)


def create_app(
    settings: Settings, patterns: PatternSet = SHIPPED, worker_type: type[Worker] = Worker
) -> faust.App:
    """A worker's application. Run it with ``faust.Worker``."""
    app = faust.App(
        settings.namespace + WORKERS_GROUP,
        broker=[f"kafka://{address}" for address in settings.kafka_bootstrap.split(",")],
        broker_credentials=_credentials(settings),
        broker_client_id="memewatch-worker",
        broker_session_timeout=_SESSION_TIMEOUT_S,
        broker_heartbeat_interval=_SESSION_TIMEOUT_S / 4,
        broker_commit_interval=1.0,
        broker_max_poll_records=5_000,
        consumer_max_fetch_size=4 * 1024 * 1024,
        consumer_auto_offset_reset="earliest",
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_buffer_maxsize=16,  # slices, not records
        stream_wait_empty=False,
        web_enabled=False,
        store="memory://",
        datadir=str(Path(tempfile.gettempdir()) / "memewatch-faust"),  # it stays empty
        Topic=BatchTopic,
        autodiscover=False,
    )
    use_plain_records()
    app.transport = BatchTransport(app.conf.broker_consumer, app)
    worker = worker_type(settings, patterns)
    consumer = consumer_of(app)

    async def restore(assigned: Set[TP]) -> None:
        await worker.restore(consumer, set(assigned))
        # What is there now stays: the collector would go through all of it again and again.
        gc.collect()
        gc.freeze()

    consumer.restore = restore
    consumer.positions = worker.positions

    async def process(stream: Any) -> None:
        async for event in stream.events():
            try:
                await worker.process(consumer, event.message.tp, event.value)
            except Exception as error:
                # Going on would skip the rest of the slice for ever; a restart reads it again.
                _log.exception("processing failed; the worker stops and is to be restarted")
                await app.crash(error)
                raise

    topics = app.topic(*(settings.namespace + spec.name for spec in EVENT_TOPICS))
    app.agent(topics, name="process")(process)

    async def keep_snapshots() -> None:
        try:
            await worker.keep_snapshots(consumer)
        except Exception as error:
            await app.crash(error)
            raise

    app.task(keep_snapshots)

    async def on_before_shutdown(*_arguments: Any, **_named: Any) -> None:
        if not app.crashed:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(worker.write_snapshots(consumer, everything=True), 10)
                await consumer.commit()
        worker.close()

    app.on_before_shutdown.connect(on_before_shutdown, weak=False)
    return app


def _credentials(settings: Settings) -> Any:
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    context = (
        ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_security_protocol.endswith("SSL")
        else None
    )
    if settings.kafka_username and settings.kafka_password:
        return faust.SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            ssl_context=context,
            mechanism="SCRAM-SHA-512",
        )
    return faust.SSLCredentials(context)
