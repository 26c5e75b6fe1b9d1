"""`memewatch backfill`: a source's history, resumable, with a progress bar."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from memewatch.cli.options import DataDir
from memewatch.cli.output import stderr
from memewatch.clock import SystemClock
from memewatch.errors import OperatorError
from memewatch.logging import configure_logging
from memewatch.stack.find import find_settings
from memewatch.stack.roles import PRODUCER
from schemas.times import EARLIEST_MS, rfc3339, to_ms


def backfill(
    source: Annotated[str, typer.Argument(help="Which source; `memewatch sources` lists them.")],
    begin: Annotated[
        str,
        typer.Option("--from", metavar="TIME", help="A date or time, RFC 3339."),
    ],
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="The end, exclusive.  [default: now]"),
    ] = None,
    stored: Annotated[
        bool,
        typer.Option(
            "--stored", help="Read the raw payloads kept from that time, not the source itself."
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew, though it was begun or done before.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Publish a source's history; it feeds series and replays and raises no alert."""
    now_ms = SystemClock().now_ms()
    begin_ms = parse_moment(begin, "--from")
    end_ms = None if end is None else parse_moment(end, "--to")
    until_ms = now_ms if end_ms is None else end_ms
    if not EARLIEST_MS <= begin_ms < until_ms:
        raise typer.BadParameter("--from must lie before --to, and not before 2009")
    settings = find_settings(data_dir, PRODUCER)
    configure_logging(settings, "backfill")
    from producers.backfill import backfill as run

    with Progress(
        TextColumn(source),
        BarColumn(),
        TextColumn("{task.fields[at]}  {task.fields[events]:,} events"),
        TimeRemainingColumn(),
        console=stderr,
        disable=not stderr.is_terminal,
    ) as bars:
        task = bars.add_task(source, total=until_ms - begin_ms, at=rfc3339(begin_ms), events=0)

        def show(newest_ms: int, events: int) -> None:
            done = min(max(newest_ms - begin_ms, 0), until_ms - begin_ms)
            bars.update(task, completed=done, at=rfc3339(newest_ms), events=events)

        report = run(settings, source, begin_ms, end_ms, stored=stored, again=again, progress=show)
    what = "was done before:" if report.was_done else "published"
    stderr.print(
        f"{what} {report.events:,} events of {source}, all confirmed by Kafka; "
        f"{report.rejected:,} bad" + ("; --again repeats it" if report.was_done else ""),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if not report.finished:
        raise OperatorError("interrupted: the same command goes on where it was")


def parse_moment(text: str, option: str) -> int:
    """Milliseconds since the epoch; a date is its midnight, and what names no zone is UTC.

    Raises:
        typer.BadParameter: it is no time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{option} {text!r} is no time: write 2026-11-24 or 2026-11-24T12:00:00Z"
        ) from None
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
