"""`memewatch producer|worker|sink|api`: one stage alone, as a container runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from memewatch.cli.options import DataDir
from memewatch.logging import configure_logging
from memewatch.settings import Settings, load_settings
from memewatch.stack.roles import API, PRODUCER, SINK, Role


def producer(
    source: Annotated[
        Literal["demo", "live"], typer.Option(help="A simulated market, or live feeds.")
    ] = "live",
    data_dir: DataDir = None,
) -> None:
    """Publish events until stopped."""
    settings = _prepare("producer", data_dir, PRODUCER)
    from producers.main import serve

    serve(settings, source)


def worker(data_dir: DataDir = None) -> None:
    """Turn events into signals and alerts until stopped."""
    settings = _prepare("worker", data_dir)
    from processors.main import serve

    serve(settings)


def sink(data_dir: DataDir = None) -> None:
    """Write what is in Kafka to PostgreSQL until stopped."""
    settings = _prepare("sink", data_dir, SINK)
    from sinks.main import serve

    serve(settings)


def api(data_dir: DataDir = None) -> None:
    """Serve REST, the stream and the page until stopped."""
    settings = _prepare("api", data_dir, API)
    from api.main import serve

    serve(settings)


def _prepare(stage: str, data_dir: Path | None, role: Role | None = None) -> Settings:
    """A stage takes its servers from settings; only a named directory means a local stack."""
    if data_dir is None:
        settings = load_settings()
    else:
        from memewatch.stack.find import stack_settings

        settings = stack_settings(data_dir, role)
    configure_logging(settings, stage)
    return settings
