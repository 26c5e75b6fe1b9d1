"""`make bench`: everything from one run, as a table and in ``build/bench.json``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import latency, sink, worker
from memewatch.settings import Settings, load_settings
from memewatch.stack.kafka import LocalKafka
from memewatch.stack.ports import free_port
from memewatch.stack.postgres import LocalPostgres
from memewatch.stack.roles import OWNER, Role, ensure_database
from sinks.migrations import upgrade

_ROOT = Path(__file__).parents[1]
_NAMES = ("worker", "latency_ms", "sink")
#: Figure, beside what, aim.
_AIMS = {
    ("worker", "of_bare_loop"): "≥ 0.7",
    ("worker", "of_quix_streams"): "≥ 2",
    ("latency_ms", "p50_ratio"): "≤ 6",
    ("latency_ms", "p99_ratio"): "≤ 6",
    ("sink", "ratio"): "≥ 0.5",
}
_stderr = Console(stderr=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", choices=_NAMES, action="append", help="measure this alone")
    parser.add_argument("--quick", action="store_true", help="small, without the peer: a check")
    parser.add_argument("--out", type=Path, default=_ROOT / "build" / "bench.json")
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments.only or _NAMES, arguments.quick))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(figures, indent=2) + "\n")
    Console().print(_table(figures))
    _stderr.print(f"written to {arguments.out}")


async def measure(names: tuple[str, ...] | list[str], quick: bool) -> dict[str, Any]:
    """The figures by table, on a Kafka and a PostgreSQL of their own."""
    figures: dict[str, Any] = {"cpus": os.cpu_count(), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(prefix="memewatch-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # PostgreSQL's user must get in
        kafka = LocalKafka(directory / "kafka", free_port())
        postgres = LocalPostgres(directory / "postgres", free_port())
        try:
            _stderr.print("starting Kafka and PostgreSQL")
            await asyncio.gather(kafka.start(), postgres.start())
            settings = load_settings(kafka_bootstrap=kafka.bootstrap)
            if "sink" in names:
                _stderr.print("sink: rows beside a bare COPY")
                figures["sink"] = await sink.run(await _database(postgres, settings, "bench_sink"))
            if "latency_ms" in names:
                _stderr.print("latency: from publishing to the websocket")
                owner = await _database(postgres, settings, "bench_latency")

                def role_settings(role: Role) -> Settings:
                    return postgres.settings(settings, role).model_copy(
                        update={"postgres_database": owner.postgres_database}
                    )

                samples = 20 if quick else latency.SAMPLES
                figures["latency_ms"] = await latency.run(settings, role_settings, samples)
            if "worker" in names:
                _stderr.print("worker: events beside a bare loop and a peer")
                peer = None if quick else await asyncio.to_thread(_peer_python)
                size = {"events": 20_000, "rounds": 1} if quick else {}
                figures |= await worker.run(settings, peer, **size)
        finally:
            await asyncio.gather(kafka.stop(), postgres.stop())
    return figures


async def _database(postgres: LocalPostgres, settings: Settings, name: str) -> Settings:
    """A migrated database of that name, as its owner."""
    superuser = postgres.passwords["postgres"]
    await ensure_database(postgres.host, postgres.port, superuser, name)
    owner = postgres.settings(settings, OWNER).model_copy(update={"postgres_database": name})
    await asyncio.to_thread(upgrade, owner)
    return owner


def _peer_python() -> Path:
    """The interpreter of the peer's own environment, made once."""
    home = _ROOT / "build" / "quix"
    python = home / "bin" / "python"
    stamp = home / ".installed"
    lock = _ROOT / "requirements" / "quix.lock"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        _stderr.print("installing Quix Streams into build/quix")
        venv.create(home, clear=True, with_pip=False)
        uv = Path(sys.executable).with_name("uv")
        command = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
        subprocess.run([*command, "--require-hashes", "-r", str(lock)], check=True)  # noqa: S603 - our own lock file
        stamp.touch()
    return python


def _table(figures: dict[str, Any]) -> Table:
    table = Table("table", "figure", "value", "aim")
    for name, values in figures.items():
        for figure, value in values.items() if isinstance(values, dict) else ():
            aim = _AIMS.get((name, figure), "")
            text = f"{value:,.0f}" if value >= 1_000 else f"{value:.2f}"
            table.add_row(name, figure, text, aim)
    return table


if __name__ == "__main__":
    main()
