"""One publishing session from the right to publish to its release."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import KafkaException

from memewatch.clock import Clock
from memewatch.errors import OperatorError
from memewatch.kafka import RecordProducer, ensure_topics
from memewatch.settings import Settings
from producers.lane import Feed
from producers.right import PublishingRight
from producers.runner import Runner
from producers.state import SessionState, load_state
from schemas.times import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to publish. ``identity`` names the content of all feeds; ``cursors`` are by source.

    ``continues`` is the killed session that goes on; None begins a new one.
    """

    kind: str
    identity: str
    feeds: Sequence[Feed]
    cursors: Mapping[str, str] = field(default_factory=dict)
    continues: SessionState | None = None


async def publish(
    settings: Settings,
    kind: str,
    plan: Callable[[SessionState | None], Plan],
    clock: Clock,
    stop: asyncio.Event,
    on_start: Callable[[Runner], None] = lambda _runner: None,
) -> bool:
    """Publish what ``plan`` says about the last session; True when its sources ended.

    ``on_start`` gets the runner before it begins, to show how far it is.

    Raises:
        OperatorError: Kafka does not answer, another publisher is at work, or a source failed.
    """
    await asyncio.to_thread(ensure_topics, settings)
    right = PublishingRight(settings, kind, clock)
    await right.acquire()
    try:
        last = await asyncio.to_thread(load_state, settings)
        return await _run(settings, plan(last), last, right, clock, stop, on_start)
    except KafkaException as error:
        raise OperatorError(
            f"Kafka at {settings.kafka_bootstrap} did not confirm what was sent: "
            f"{error.args[0].str()}; start again when it is up, nothing confirmed is lost"
        ) from error
    finally:
        await right.release()


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set ``stop`` on SIGINT and SIGTERM, even where a shell had SIGINT ignored."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)


async def _run(
    settings: Settings,
    plan: Plan,
    last: SessionState | None,
    right: PublishingRight,
    clock: Clock,
    stop: asyncio.Event,
    on_start: Callable[[Runner], None],
) -> bool:
    continues = plan.continues is not None
    producer = RecordProducer(settings)
    deadline_s = 0.0
    try:
        state = plan.continues or new_state(plan, clock, last)
        runner = Runner(producer, right, state, plan.feeds, clock, continues=continues)
        on_start(runner)
        finished = await runner.run(stop)
        deadline_s = 10.0
        return finished
    finally:
        # After an error nothing more may be sent: the right may be somebody else's.
        producer.close(deadline_s)


def new_state(plan: Plan, clock: Clock, last: SessionState | None = None) -> SessionState:
    """The state a new session begins with after ``last``; nobody had its name before."""
    started_at = rfc3339(clock.now_ms())
    return SessionState(
        session=f"{plan.kind}-{started_at}-{uuid.uuid4().hex[:8]}",
        kind=plan.kind,
        identity=plan.identity,
        writer=plan.kind,
        started_at=started_at,
        saved_at=started_at,
        open=True,
        finished=False,
        cursors=dict(plan.cursors),
        watermarks={},
        sources=last.sources if last else {},
    )
