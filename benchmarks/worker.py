"""Throughput of the worker's real batch path beside the same job in a bare loop and in a peer."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.job import START_MS, VolumeScorer, run_job, trades
from benchmarks.processes import ROOT, answer, environment
from benchmarks.progress import tell
from memewatch.kafka import RecordProducer, ensure_topics
from memewatch.settings import Settings
from schemas.codec import encode
from schemas.events import Control
from schemas.times import rfc3339
from schemas.topics import EVENT_PARTITIONS, EVENT_TOPICS, TICKS, TopicSpec

EVENTS = 300_000
ROUNDS = 3
_WATERMARK_EVERY = 2_000


async def run(
    settings: Settings, quix_python: Path | None, events: int = EVENTS, rounds: int = ROUNDS
) -> dict[str, dict[str, float]]:
    """Tables ``worker`` and ``worker_production``; engines take turns within each round.

    Without ``quix_python`` the peer is left out.
    """
    log = trades(events)
    seconds: dict[str, list[float]] = {
        name: [] for name in ("bare_loop", "memewatch", "quix_streams", "production")
    }
    for number in range(rounds):
        tell(f"worker: round {number + 1} of {rounds}")
        seconds["bare_loop"].append(_bare_loop(log))
        for name, kind in (("memewatch", "job"), ("production", "shipped")):
            namespace = f"bench{secrets.token_hex(4)}."
            here = settings.model_copy(update={"namespace": namespace})
            ensure_topics(here)
            await _publish(here, log)
            seconds[name].append(await _worker(here, kind, events))
            if kind == "job" and quix_python is not None:
                topic = f"{namespace}{TICKS.name}.plain"
                await _publish_plain(here, topic, log)
                seconds["quix_streams"].append(await _quix(here, quix_python, topic, events))
    rate = {name: events / median(times) for name, times in seconds.items() if times}

    def ratio(name: str) -> float:
        """Pair by pair, since the machine's speed drifts."""
        pairs = zip(seconds[name], seconds["memewatch"], strict=True)
        return median(other / ours for other, ours in pairs)

    figures = {
        "events_per_second": rate["memewatch"],
        "bare_loop": rate["bare_loop"],
        "of_bare_loop": ratio("bare_loop"),
    }
    if quix_python is not None:
        figures |= {
            "quix_streams": rate["quix_streams"],
            "of_quix_streams": ratio("quix_streams"),
        }
    return {
        "worker": figures,
        "worker_production": {"events_per_second": rate["production"]},
    }


def _bare_loop(log: list[tuple[bytes, bytes]]) -> float:
    scorers: dict[str, VolumeScorer] = {}
    began = time.perf_counter()
    for _, value in log:
        run_job(value, scorers)
    return time.perf_counter() - began


async def _worker(settings: Settings, kind: str, events: int) -> float:
    command = [sys.executable, "-m", "benchmarks.worker_process", kind, str(events)]
    return float((await answer(command, environment(settings)))["seconds"])


async def _quix(settings: Settings, python: Path, topic: str, events: int) -> float:
    arguments = [settings.kafka_bootstrap, topic, str(events), topic]
    command = [str(python), "-m", "benchmarks.quix_process", *arguments]
    return float((await answer(command, os.environ | {"PYTHONPATH": str(ROOT)}))["seconds"])


async def _publish(settings: Settings, log: list[tuple[bytes, bytes]]) -> None:
    producer = RecordProducer(settings)

    async def control(kind: str, time_ms: int) -> None:
        value = encode(
            Control(control=kind, session="bench", writer="bench", watermark=rfc3339(time_ms))  # type: ignore[arg-type]
        )
        for spec in EVENT_TOPICS:
            for partition in range(EVENT_PARTITIONS):
                await producer.send(spec.name, value, None, partition)

    await control("open", START_MS)
    for number, (key, value) in enumerate(log):
        if number % _WATERMARK_EVERY == 0:
            await control("watermark", START_MS + number * 5)
        await producer.send(TICKS.name, value, key)
    await control("close", START_MS + len(log) * 5)
    await producer.flush()
    producer.close()


async def _publish_plain(settings: Settings, topic: str, log: list[tuple[bytes, bytes]]) -> None:
    bare = settings.model_copy(update={"namespace": ""})
    ensure_topics(bare, (TopicSpec(topic, "token", EVENT_PARTITIONS, 3_600_000),))
    producer = RecordProducer(bare)
    for key, value in log:
        await producer.send(topic, value, key)
    await producer.flush()
    producer.close()
