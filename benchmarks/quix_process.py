"""The same job in Quix Streams with its defaults; runs in an environment of its own.

Usage: ``python -m benchmarks.quix_process BOOTSTRAP TOPIC EVENTS GROUP``.
"""

from __future__ import annotations

import json
import os
import sys
import time

from quixstreams import Application  # type: ignore[import-not-found]

from benchmarks.job import VolumeScorer, run_job

if __name__ == "__main__":
    bootstrap, topic, events, group = sys.argv[1:]
    expected = int(events)
    application = Application(
        broker_address=bootstrap, consumer_group=group, auto_offset_reset="earliest", loglevel=None
    )
    scorers: dict[str, VolumeScorer] = {}
    began = cpu_began = 0.0
    done = 0

    def score(value: bytes) -> float:
        global began, cpu_began, done
        if not began:
            began, cpu_began = time.perf_counter(), time.process_time()
        result = run_job(value, scorers)
        done += 1
        if done >= expected:
            seconds = time.perf_counter() - began
            cpu = time.process_time() - cpu_began
            sys.stdout.write(json.dumps({"seconds": seconds, "cpu_seconds": cpu}) + "\n")
            sys.stdout.flush()
            os._exit(0)
        return result

    trades = application.topic(topic, value_deserializer="bytes", key_deserializer="bytes")
    application.dataframe(trades).apply(score)
    application.run()
