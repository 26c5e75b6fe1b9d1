"""Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

Item = TypeVar("Item")

stdout = Console()
stderr = Console(stderr=True)


def print_line(text: str) -> None:
    """A plain line on stdout, there at once also when stdout is a file or a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_json(value: object) -> None:
    """One JSON value on one line of stdout."""
    print_line(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def watch(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items, with a bar on stderr that tells how many were reached and how long it takes."""
    return track(items, what, console=stderr, disable=not stderr.is_terminal)


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in our style: names stay whole, a column ending in ``>`` is right-aligned."""
    made = Table(title=title, box=None, pad_edge=False, header_style="bold", title_justify="left")
    for column in columns:
        made.add_column(
            column.rstrip(">"),
            justify="right" if column.endswith(">") else "left",
            no_wrap=not made.columns,
        )
    return made
