"""`memewatch collect`: one pass of a source, for cron and its like."""

from __future__ import annotations

from typing import Annotated

import typer

from memewatch.cli.options import DataDir
from memewatch.cli.output import stderr
from memewatch.errors import OperatorError
from memewatch.logging import configure_logging
from memewatch.stack.find import find_settings
from memewatch.stack.roles import PRODUCER


def collect(
    source: Annotated[str, typer.Argument(help="Which source; `memewatch sources` lists them.")],
    data_dir: DataDir = None,
) -> None:
    """Publish what a source has had since its last pass, then end."""
    settings = find_settings(data_dir, PRODUCER)
    configure_logging(settings, "collect")
    from producers.collect import collect as run

    report = run(settings, source)
    stderr.print(
        f"collected {report.events:,} events of {source}, all confirmed by Kafka; "
        f"{report.rejected:,} bad",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if not report.finished:
        raise OperatorError("the pass was interrupted: the next one goes on where it was")
