"""`memewatch up`: the whole stack on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from memewatch.cli.output import print_line, stderr, table
from memewatch.settings import load_settings
from memewatch.stack.data_directory import DEFAULT_DATA_DIR
from memewatch.stack.local_stack import LocalStack, Source, StackOptions
from memewatch.stack.ports import free_port


def up(
    source: Annotated[
        Source, typer.Option(help="What is published: a simulated market, live feeds, or nothing.")
    ] = "demo",
    data_dir: Annotated[
        Path, typer.Option(file_okay=False, help="Where everything is kept.")
    ] = DEFAULT_DATA_DIR,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="The page's port; 0 takes a free one.  [default: 8000]"
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=8, help="Processor processes.")] = 1,
) -> None:
    """Start Kafka, PostgreSQL and all stages, and keep them running until Ctrl-C."""
    settings = load_settings(**({} if port is None else {"api_port": port}))
    if settings.api_port == 0:
        settings = settings.model_copy(update={"api_port": free_port()})
    started = time.monotonic()

    def report(sentence: str) -> None:
        elapsed = time.monotonic() - started
        stderr.print(f"{elapsed:6.1f} s  {sentence}", markup=False, highlight=False, soft_wrap=True)

    options = StackOptions(data_dir=data_dir, source=source, workers=workers)
    stack = LocalStack(settings, options, report)

    def on_ready() -> None:
        report("all of it serves; Ctrl-C stops it in order")
        stderr.print(_status(stack, data_dir))
        print_line(f"ready {stack.url}")

    asyncio.run(stack.run(on_ready))


def _status(stack: LocalStack, data_dir: Path) -> Table:
    rows = table("process", "state", "pid>", "log")
    for process in stack.processes():
        log = data_dir / "logs" / f"{process.name}.log"
        rows.add_row(process.name, process.state, str(process.pid or "-"), str(log))
    return rows
