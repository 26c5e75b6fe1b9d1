"""`memewatch up`: the whole stack from an empty directory to `ready`, and back down in order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from memewatch.errors import OperatorError
from memewatch.kafka import ensure_topics
from memewatch.settings import PREFIX, Settings
from memewatch.stack.consumers import workers_ready
from memewatch.stack.data_directory import DataDirectory, ProcessState, StackState
from memewatch.stack.identity import ProcessIdentity
from memewatch.stack.kafka import LocalKafka
from memewatch.stack.orphans import STOP_ORDER, kind_of, stop_orphans
from memewatch.stack.ports import is_free
from memewatch.stack.postgres import LocalPostgres
from memewatch.stack.roles import API, OWNER, PRODUCER, SINK
from memewatch.stack.services import (
    answers_ok,
    kafka_service,
    kafka_variables,
    postgres_service,
    postgres_variables,
    stage_service,
)
from memewatch.stack.supervisor import Service, Supervisor

Source = Literal["demo", "live", "none"]

#: Kafka and PostgreSQL after a crash on a slow disk; the usual start takes seconds.
_SERVER_DEADLINE_S = 120.0
#: A stage imports its code in 1-3 s; a worker also loads its snapshots.
_STAGE_DEADLINE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """What a person asks `up` for."""

    data_dir: Path
    source: Source
    workers: int


class LocalStack:
    """All processes of one data directory.

    ``report`` gets one sentence at a time for the person who watches.
    """

    def __init__(
        self, settings: Settings, options: StackOptions, report: Callable[[str], None]
    ) -> None:
        self._options = options
        self._report = report
        self._directory = DataDirectory(options.data_dir)
        self._supervisor = Supervisor(self._write_state, report)
        self._settings = settings
        self._own = ProcessIdentity.of(os.getpid())
        self._kafka_port = 0
        self._postgres_port = 0

    @property
    def url(self) -> str:
        """Where a person on this machine opens the page."""
        return f"http://{_local_address(self._settings.api_host)}:{self._settings.api_port}"

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call ``on_ready``, and stop everything in order upon a signal.

        Raises:
            OperatorError: something a person must mend; whatever had been started is stopped.
        """
        stop = asyncio.Event()
        self._install_signal_handlers(stop)
        self._directory.acquire()
        try:
            starting = asyncio.create_task(self._start())
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    starting.result()
                    on_ready()
                    await stopping
                self._report("stopping in order; nothing is lost")
            finally:
                starting.cancel()
                stopping.cancel()
                await asyncio.gather(starting, stopping, return_exceptions=True)
                killed = await self._supervisor.stop(self._stop_order())
            if killed:
                raise OperatorError(f"{', '.join(killed)} did not end in time and had to be killed")
        finally:
            self._directory.release()

    def processes(self) -> list[ProcessState]:
        """Every supervised process as it is now, in the order of starting."""
        return list(self._process_states())

    def _install_signal_handlers(self, stop: asyncio.Event) -> None:
        """Explicitly: a shell that starts us in the background has SIGINT ignored."""

        def ask() -> None:
            if stop.is_set():
                self._report("still stopping: what is on its way is written first")
            stop.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ask)
        # `nohup` ignores it on purpose; otherwise a closed terminal means Ctrl-C.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGHUP, ask)

    async def _start(self) -> None:
        await asyncio.to_thread(stop_orphans, self._directory, self._report)
        if not is_free(self._settings.api_port, self._settings.api_host):
            raise OperatorError(
                f"port {self._settings.api_port} is in use: stop what listens there, "
                "or choose another one with --port"
            )
        settings, postgres = await self._start_servers()
        await self._prepare(settings, postgres)
        await self._start_stages(settings, postgres)

    async def _start_servers(self) -> tuple[Settings, LocalPostgres]:
        directory = self._directory
        self._kafka_port, self._postgres_port = directory.ports()
        kafka = LocalKafka(directory.kafka, self._kafka_port, directory.log_file("kafka"))
        postgres = LocalPostgres(
            directory.postgres, self._postgres_port, directory.log_file("postgres")
        )
        self._report("starting Kafka and PostgreSQL")
        await _all(
            self._supervisor.start(kafka_service(kafka), _SERVER_DEADLINE_S),
            self._supervisor.start(postgres_service(postgres), _SERVER_DEADLINE_S),
        )
        # A broker of our own has no login; whatever the environment says of another one.
        here = {
            "kafka_bootstrap": kafka.bootstrap,
            "kafka_security_protocol": "PLAINTEXT",
            "kafka_replication_factor": 1,
        }
        return self._settings.model_copy(update=here), postgres

    async def _prepare(self, settings: Settings, postgres: LocalPostgres) -> None:
        from sinks.migrations import upgrade

        self._report("creating topics and tables")
        await postgres.ensure_roles()
        await _all(
            asyncio.to_thread(ensure_topics, settings),
            asyncio.to_thread(upgrade, postgres.settings(settings, OWNER)),
        )

    async def _start_stages(self, settings: Settings, postgres: LocalPostgres) -> None:
        if self._options.source == "live":
            self._tell_sources(settings)
        self._report("starting the stages")
        services = self._stages(settings, postgres)
        await _all(*(self._supervisor.start(service, _STAGE_DEADLINE_S) for service in services))

    def _tell_sources(self, settings: Settings) -> None:
        """Which sources are on; and what would turn on the others."""
        from producers.live.catalogue import listed

        sources = listed(settings)
        names = [source.name for source in sources if source.off is None]
        self._report(f"live sources: {', '.join(names) or 'none'}")
        for source in sources:
            if source.off is not None:
                self._report(f"source {source.name} is off: {source.off}")

    def _stages(self, settings: Settings, postgres: LocalPostgres) -> list[Service]:
        kafka = kafka_variables(settings)
        sink = kafka | postgres_variables(postgres.settings(settings, SINK))
        api = postgres_variables(postgres.settings(settings, API)) | {
            f"{PREFIX}API_HOST": settings.api_host,
            f"{PREFIX}API_PORT": str(settings.api_port),
        }
        host = _local_address(settings.api_host)

        async def api_ready() -> bool:
            return await asyncio.to_thread(answers_ok, host, settings.api_port, "/ready")

        directory = self._directory
        hold_all = workers_ready(settings)
        services = [
            stage_service(f"worker-{number}", ["worker"], directory, kafka, hold_all)
            for number in range(1, self._options.workers + 1)
        ]
        services.append(stage_service("sink", ["sink"], directory, sink))
        services.append(stage_service("api", ["api"], directory, kafka | api, api_ready))
        if self._options.source != "none":
            command = ["producer", "--source", self._options.source]
            truth = {f"{PREFIX}DEMO_TRUTH_FILE": str(directory.path / "truth.ndjson")}
            database = postgres_variables(postgres.settings(settings, PRODUCER))
            variables = truth | kafka | database
            services.append(stage_service("producer", command, directory, variables))
        return services

    def _stop_order(self) -> list[list[str]]:
        names = list(self._supervisor.watched)
        return [[name for name in names if kind_of(name) == kind] for kind in STOP_ORDER]

    def _process_states(self) -> Iterator[ProcessState]:
        for name, watched in self._supervisor.watched.items():
            child = watched.child
            alive = child is not None and child.is_running()
            found = ProcessIdentity.of(child.pid) if child and child.pid and alive else None
            yield ProcessState(
                name=name,
                state=watched.state,
                pid=found.pid if found else None,
                start=found.start if found else None,
                started_at=child.started_at if child and found else None,
            )

    def _write_state(self) -> None:
        assert self._own is not None
        self._directory.write_state(
            StackState(
                pid=self._own.pid,
                start=self._own.start,
                url=self.url,
                kafka_port=self._kafka_port,
                postgres_port=self._postgres_port,
                namespace=self._settings.namespace,
                processes=self.processes(),
            )
        )


async def _all(*steps: Coroutine[Any, Any, None]) -> None:
    """Run the steps at the same time; the first failure ends the others and is raised as it is."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _local_address(host: str) -> str:
    """Where a server that listens on ``host`` is reached from this machine."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
