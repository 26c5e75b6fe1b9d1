"""`make bench` measures what it says it measures; how fast is never asserted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "benchmarks", "--quick"]


def test_a_quick_bench_has_every_figure(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [*COMMAND, "--out", str(out)]
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
        assert table in done.stdout


def test_a_stopped_bench_leaves_nothing_behind(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    tmp_path.chmod(0o755)
    bench = subprocess.Popen(
        [*COMMAND, "--only", "latency_ms", "--out", str(out)],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert bench.stderr is not None
        assert any("latency" in line for line in bench.stderr)
        started = psutil.Process(bench.pid).children(recursive=True)
        assert {"java", "postgres"} <= {process.name() for process in started}
        bench.send_signal(signal.SIGINT)
        assert bench.wait(60) == 130
    finally:
        bench.kill()
        bench.communicate()
    assert [process for process in started if process.is_running()] == []
    assert [path.name for path in tmp_path.iterdir() if "bench" in path.name] == []
