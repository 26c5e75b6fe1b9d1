"""`memewatch`: all commands, and what their failures look like."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from memewatch import __version__
from memewatch.cli import (
    alerts,
    backfill,
    collect,
    config,
    evaluate,
    migrate,
    play,
    ps,
    sources,
    stages,
    topics,
    tune,
    up,
    verdicts,
    watch,
)
from memewatch.cli.output import stderr
from memewatch.errors import OperatorError

_INTERRUPTED = 130

app = typer.Typer(
    help="The open, self-hosted early-warning system for meme coins.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    up.up,
    play.play,
    sources.sources,
    collect.collect,
    backfill.backfill,
    alerts.alerts,
    verdicts.verdict,
    verdicts.verdicts,
    verdicts.detectors,
    topics.topics,
    ps.ps,
    config.config,
    stages.producer,
    stages.worker,
    stages.sink,
    stages.api,
    migrate.migrate,
    tune.tune,
):
    app.command()(command)
app.add_typer(watch.app, name="watch")
app.add_typer(evaluate.app, name="evaluate")


def run() -> None:
    """Run the command line and exit: 0 done, 1 could not, 2 wrong use."""
    try:
        app()
    except OperatorError as error:
        stderr.print(
            f"memewatch: {error}", style="red", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read us has seen enough; Python would complain again while it closes stdout.
        sys.stderr.close()
        sys.exit(0)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"memewatch {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """The open, self-hosted early-warning system for meme coins."""
