"""`memewatch tune`: choose and learn from labelled data what the product ships."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memewatch.cli.output import stderr

if TYPE_CHECKING:
    from processors.tuning.steps import Step

#: The first simulated market that scores are learned from; figures are never told about these.
_FIRST_SEED = 1000
#: Any fixed moment will do; a Thursday morning, so that the market's rhythms are ordinary.
_MARKET_START_MS = 1_760_000_000_000


def tune(
    data: Annotated[Path, typer.Option(help="The folder of labelled data.")],
    out: Annotated[Path, typer.Option(help="Where artefacts and records are written.")],
    markets: Annotated[
        int,
        typer.Option(
            min=0,
            help="How many simulated markets scores are learned from, about a minute each; unused "
            "where the data has outcomes already.",
        ),
    ] = 20,
    only: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="Do this step only; may be repeated.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Also put the artefacts where the program has them.")
    ] = False,
) -> None:
    """Choose settings and learn models from labelled data, each with a record of how."""
    from processors.tuning.steps import OUTCOMES, STEPS

    known = [step.module for step in STEPS]
    if unknown := set(only or ()) - set(known):
        raise typer.BadParameter(f"no step {', '.join(sorted(unknown))}: use {', '.join(known)}")
    steps = [step for step in STEPS if not only or step.module in only]
    out.mkdir(parents=True, exist_ok=True)
    labelled = _with_markets(data, out)
    outcomes = labelled / OUTCOMES
    if any(step.needs == OUTCOMES for step in steps) and not outcomes.is_symlink():
        _simulate(markets, outcomes)
    written: list[Path] = []
    for number, step in enumerate(steps, 1):
        name = f"{step.module} ({number} of {len(steps)})"
        if not step.is_possible(labelled):
            _say(f"{name}: there is no {data / step.needs}, so that step is skipped")
            continue
        _say(f"{name}: at work")
        began = time.monotonic()
        _do(step, labelled, out)
        _say(f"{name}: {out / step.record} after {time.monotonic() - began:.0f} s")
        if write:
            written += step.write(out)
    for place in written:
        _say(f"shipped from now on: {place}")


def _do(step: Step, data: Path, out: Path) -> None:
    # The record is in its file; on a screen it is a page of figures a step.
    with redirect_stdout(io.StringIO()):
        step.main()(data, out)


def _with_markets(data: Path, out: Path) -> Path:
    """A folder that holds the labelled data and, beside it, what is said about simulated markets:
    nothing is written to the folder of labelled data itself."""
    labelled = out / "data"
    labelled.mkdir(exist_ok=True)
    for link in labelled.iterdir():
        if link.is_symlink():
            link.unlink()
    for entry in sorted(data.iterdir()) if data.is_dir() else ():
        if not (labelled / entry.name).exists():
            (labelled / entry.name).symlink_to(entry.resolve())
    return labelled


def _simulate(markets: int, folder: Path) -> None:
    """Say what is right and what is wrong about each market; older answers are done away with."""
    from memewatch.cli.labelled_markets import write_labelled_market

    for stale in folder.glob("*.ndjson"):
        stale.unlink()
    for number in range(markets):
        seed = _FIRST_SEED + number
        count = write_labelled_market(seed, folder, start_ms=_MARKET_START_MS)
        _say(f"market {number + 1} of {markets} (seed {seed}): {count} labelled alerts")


def _say(text: str) -> None:
    stderr.print(text, markup=False, highlight=False, soft_wrap=True)
