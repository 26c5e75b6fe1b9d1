"""`make bench`: everything from one run, as a table and in ``build/bench.json``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import latency, sink, worker
from benchmarks.peer import peer_python
from benchmarks.processes import ROOT
from benchmarks.progress import tell
from benchmarks.table import table_of
from memewatch.errors import OperatorError
from memewatch.settings import PREFIX, Settings, load_settings
from memewatch.stack.kafka import LocalKafka
from memewatch.stack.ports import free_port
from memewatch.stack.postgres import LocalPostgres
from memewatch.stack.roles import OWNER, SUPERUSER, Role, ensure_database
from sinks.migrations import upgrade

_NAMES = ("sink", "latency_ms", "worker")
_STOPPED = 130  # as a shell calls what SIGINT ended


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", choices=_NAMES, action="append", help="measure this alone")
    parser.add_argument("--quick", action="store_true", help="small, without the peer: a check")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json")
    arguments = parser.parse_args()
    try:
        figures = asyncio.run(_measure(arguments.only or _NAMES, arguments.quick))
    except OperatorError as error:
        tell(str(error))
        return 1
    except (asyncio.CancelledError, KeyboardInterrupt):
        tell("stopped; no figures were written")
        return _STOPPED
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(figures, indent=2) + "\n")
    Console().print(table_of(figures))
    tell(f"written to {arguments.out}")
    return 0


async def _measure(names: Sequence[str], quick: bool) -> dict[str, Any]:
    """The figures by measurement, all from one run on servers of its own."""
    figures: dict[str, Any] = {"cpus": os.cpu_count(), "load": os.getloadavg()[0]}
    # Before anything is measured: fetching packages would disturb it.
    peer = await peer_python() if "worker" in names and not quick else None
    async with _servers() as (settings, postgres):
        if "sink" in names:
            tell("sink: rows beside a bare COPY")
            owner = await _database(postgres, settings, "bench_sink")
            figures["sink"] = await sink.run(owner, 1 if quick else sink.ROUNDS)
        if "latency_ms" in names:
            tell("latency: from publishing to the websocket, beside a bare round trip")
            owner = await _database(postgres, settings, "bench_latency")

            def of_role(role: Role) -> Settings:
                database = {"postgres_database": owner.postgres_database}
                return postgres.settings(settings, role).model_copy(update=database)

            samples = 20 if quick else latency.SAMPLES
            figures["latency_ms"] = await latency.run(settings, of_role, samples)
        if "worker" in names:
            tell("worker: events beside a bare loop" + ("" if quick else " and Quix Streams"))
            events, rounds = (5_000, 1) if quick else (worker.EVENTS, worker.ROUNDS)
            figures |= await worker.run(settings, peer, events, rounds)
    return figures


@contextlib.asynccontextmanager
async def _servers() -> AsyncIterator[tuple[Settings, LocalPostgres]]:
    """Settings for a Kafka and a PostgreSQL that leave nothing behind, also on Ctrl-C."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]  # what is measured are the product's defaults
    with tempfile.TemporaryDirectory(prefix="memewatch-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # PostgreSQL's user must get in
        kafka = LocalKafka(directory / "kafka", free_port())
        postgres = LocalPostgres(directory / "postgres", free_port())
        try:
            with _stoppable():
                tell("starting Kafka and PostgreSQL")
                await asyncio.gather(kafka.start(), postgres.start())
                yield load_settings(_env_file=None, kafka_bootstrap=kafka.bootstrap), postgres
        finally:
            await asyncio.gather(kafka.stop(), postgres.stop())
            home = directory / "postgres"
            if home.is_symlink():  # its user could not reach it here
                shutil.rmtree(home.resolve())


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """SIGINT and SIGTERM cancel what runs inside, once; stopping is not to be interrupted."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signals = (signal.SIGINT, signal.SIGTERM)
    told = False

    def stop() -> None:
        nonlocal told
        if not told and task is not None:
            told = True
            tell("stopping")
            task.cancel()

    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        told = True


async def _database(postgres: LocalPostgres, settings: Settings, name: str) -> Settings:
    """A migrated database of that name, as its owner."""
    superuser = postgres.passwords[SUPERUSER]
    await ensure_database(postgres.host, postgres.port, superuser, name)
    owner = postgres.settings(settings, OWNER).model_copy(update={"postgres_database": name})
    await asyncio.to_thread(upgrade, owner)
    return owner


if __name__ == "__main__":
    sys.exit(main())
