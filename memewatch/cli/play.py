"""`memewatch play`: publish recordings with their own event time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memewatch.cli.options import DataDir
from memewatch.cli.output import stderr
from memewatch.errors import OperatorError
from memewatch.stack.find import find_settings

if TYPE_CHECKING:
    from producers.play import BadRow, PlayReport

#: What recordings hold, as a person calls it; trades are ticks with an amount, and what happens to
#: pools and contracts goes with the transfers.
KINDS = ("posts", "trades", "transfers")
_ALSO = {"ticks": "trades"}


def play(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files, or folders of them.")],
    speed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[KIND=]N|max",
            help="Times the recorded pace, or `max`; with KIND= (posts, trades, transfers) for "
            "that kind only; may be repeated.  [default: max]",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the last play of these files ended.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Publish recorded trades, posts, transfers and pools, each kind in event-time order."""
    speeds = parse_speeds(speed or [])
    settings = find_settings(data_dir)
    from memewatch.cli.play_progress import ProgressBars
    from producers.play import play as publish

    with ProgressBars() as bars:
        report = publish(settings, paths, speeds=speeds, resume=resume, progress=bars.show)
    _tell(report)
    if not report.finished:
        raise OperatorError("the play was interrupted: go on with it by adding --resume")


def parse_speeds(options: list[str]) -> dict[str, float | None]:
    """Speed by kind; None is as fast as Kafka takes it. A later option wins.

    Raises:
        typer.BadParameter: no such kind, or no positive number.
    """
    speeds: dict[str, float | None] = dict.fromkeys(KINDS)
    for option in options:
        name, separator, value = option.rpartition("=")
        kind = _ALSO.get(name, name)
        if separator and kind not in KINDS:
            raise typer.BadParameter(f"no kind {name!r}: use {', '.join(KINDS)}")
        for one in (kind,) if separator else KINDS:
            speeds[one] = _speed(value)
    return speeds


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not math.isfinite(speed) or speed <= 0:
        raise typer.BadParameter(f"{text!r} is neither a positive number nor `max`")
    return speed


def _tell(report: PlayReport) -> None:
    """What was published and what was bad, for people."""
    for kind in report.kinds.values():
        for row in kind.bad:
            _tell_bad(row)
        if kind.bad_rows > len(kind.bad):
            _say(f"… and {kind.bad_rows - len(kind.bad)} more bad rows", "yellow")
    for file in report.unusable:
        _tell_bad(file)
    counts = ", ".join(f"{kind.good:,} {name}" for name, kind in report.kinds.items())
    repeated = sum(kind.repeated for kind in report.kinds.values())
    _say(
        f"published {counts or 'nothing'} in {report.seconds:.1f} s, all confirmed by Kafka; "
        f"{repeated:,} repeated, {report.bad:,} bad"
    )


def _tell_bad(row: BadRow) -> None:
    place = row.file if row.line is None else f"{row.file}:{row.line}"
    _say(f"{place}: {row.reason}", "yellow")


def _say(text: str, style: str | None = None) -> None:
    stderr.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
