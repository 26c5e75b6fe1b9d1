"""A real worker over a topic that is already full; prints when it began and ended as JSON.

Usage: ``python -m benchmarks.worker_process job|shipped EVENTS``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from typing import ClassVar

import faust
from faust.types import TP

from benchmarks.job import VolumeScorer
from memewatch.settings import load_settings
from processors.app import create_app
from processors.batches import BatchConsumer
from processors.detectors.base import Detector, FollowUp, Opening
from processors.patterns import SHIPPED, PatternSet
from processors.records import LogRecord
from processors.worker import Worker
from schemas.alerts import Pattern
from schemas.events import Tick
from schemas.topics import TICKS


class VolumeDetector(Detector[Tick]):
    """The job as a detector; it never finds anything worth an alert."""

    pattern: ClassVar[Pattern] = "wash_trading"
    topic: ClassVar[str] = TICKS.name
    version: ClassVar[str] = "bench/1"

    def __init__(self) -> None:
        self._scorer = VolumeScorer()

    def observe(self, event: Tick, time_ms: int) -> Opening | None:
        del time_ms
        self._scorer.score(event)
        return None

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        raise NotImplementedError("this detector opens nothing")


class TimedWorker(Worker):
    """Notes the first and the last record, and ends the process after the last."""

    expected = 0
    _began = 0.0
    _cpu_began = 0.0
    _done = 0

    async def process(self, consumer: BatchConsumer, tp: TP, records: Sequence[LogRecord]) -> None:
        if not self._began:
            self._began, self._cpu_began = time.perf_counter(), time.process_time()
        await super().process(consumer, tp, records)
        self._done += sum(record.key is not None for record in records)
        if self._done >= self.expected:
            await self.write_snapshots(consumer, everything=True)
            seconds = time.perf_counter() - self._began
            cpu = time.process_time() - self._cpu_began
            sys.stdout.write(json.dumps({"seconds": seconds, "cpu_seconds": cpu}) + "\n")
            sys.stdout.flush()
            os._exit(0)


PATTERN_SETS = {
    "job": PatternSet(leading=(VolumeDetector,), joined=(), signals=False),
    "shipped": SHIPPED,
}

if __name__ == "__main__":
    TimedWorker.expected = int(sys.argv[2])
    faust.Worker(
        create_app(load_settings(), PATTERN_SETS[sys.argv[1]], TimedWorker),
        loglevel=logging.WARNING,
        redirect_stdouts=False,
        daemon=True,
        quiet=True,
    ).execute_from_commandline()
