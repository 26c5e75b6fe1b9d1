"""`make bench` measures what it says it measures; how fast is never asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


def test_a_quick_bench_has_every_figure(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    named = {
        "worker": {"events_per_second", "bare_loop"},
        "worker_production": {"events_per_second"},
        "latency_ms": {"p50", "p99", "kafka_p50", "kafka_p99"},
        "sink": {"rows_per_second", "copy"},
    }
    for table, names in named.items():
        assert names <= figures[table].keys()
        assert all(value > 0 for value in figures[table].values())
    assert "latency_ms" in done.stdout
