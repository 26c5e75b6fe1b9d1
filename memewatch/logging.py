"""Logs of all stages: to stderr, as text for people or as JSON lines for collectors."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from memewatch.settings import Settings

#: Libraries that tell at INFO what only their authors want to know.
_CHATTY = ("aiokafka", "kafka", "faust", "mode", "asyncio", "alembic", "httpx", "uvicorn.access")
#: Loggers that say the same several times a second while Kafka is away.
_REPETITIVE = ("aiokafka", "librdkafka")
_TELLING_CHARACTERS = 24
_REMEMBERED = 1_000


def configure_logging(settings: Settings, stage: str) -> None:
    """Send this process's logs to stderr at the configured level; ``stage`` names the sender."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Repeats())
    handler.setFormatter(JsonFormatter(stage) if settings.log_format == "json" else _text(stage))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    # They log at their own level at least WARNING, unless everything is wanted.
    if settings.log_level != "DEBUG":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    logging.captureWarnings(True)


class Repeats(logging.Filter):
    """Lets what the Kafka clients repeat while a broker is away through twice a minute only."""

    def __init__(self, interval_s: float = 30.0) -> None:
        super().__init__()
        self._interval_s = interval_s
        self._said_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_REPETITIVE):
            return True
        # librdkafka sends finished texts that differ in their numbers; their first words do not.
        said = (record.name, str(record.msg)[:_TELLING_CHARACTERS])
        if record.created - self._said_at.get(said, 0.0) < self._interval_s:
            return False
        if len(self._said_at) > _REMEMBERED:
            self._said_at.clear()
        self._said_at[said] = record.created
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, stage, logger, message, and the exception if any."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self._stage = stage

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        entry = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "stage": self._stage,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _text(stage: str) -> logging.Formatter:
    return logging.Formatter(
        # A stage's name is ours and holds no percent sign.
        f"%(asctime)s %(levelname)-7s {stage} %(name)s: %(message)s"
    )
