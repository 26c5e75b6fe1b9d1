"""`memewatch alerts`: the alert feed in a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from memewatch.cli.options import DataDir, Json
from memewatch.cli.output import print_json, stdout, table
from memewatch.stack.find import find_settings
from memewatch.stack.roles import API

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
#: What a person who follows sees of the past.
_RECENT = 20
#: The place of the pattern among the cells.
_PATTERN = 4


def alerts(
    follow: Annotated[bool, typer.Option("--follow", help="Go on with each change.")] = False,
    as_json: Json = False,
    token: Annotated[str | None, typer.Option(help="Only this token or symbol.")] = None,
    pattern: Annotated[str | None, typer.Option(help="Only this pattern.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print every alert ever raised; with --follow every revision, as it comes.

    With --json one object a line: each alert at its latest revision by event time, or with
    --follow each revision in the order the database took them.
    """
    from memewatch.cli.alert_feed import AlertFilter, follow_revisions, latest_alerts

    settings = find_settings(data_dir, API)
    wanted = AlertFilter(token=token, pattern=pattern)

    async def print_latest() -> None:
        if as_json:
            async for alert in latest_alerts(settings, wanted):
                print_json(alert)
        else:
            stdout.print(alert_table([alert async for alert in latest_alerts(settings, wanted)]))

    async def print_changes() -> None:
        async for alert in follow_revisions(settings, wanted, None if as_json else _RECENT):
            if as_json:
                print_json(alert)
            else:
                stdout.print(Text("  ").join(_cells(alert)), soft_wrap=True)

    try:
        asyncio.run(print_changes() if follow else print_latest())
    except KeyboardInterrupt:
        # Whoever follows ends it this way.
        raise typer.Exit from None


def alert_table(alerts: Sequence[dict[str, Any]]) -> Table:
    """One row an alert; below its pattern that of the alert whose event it is part of."""
    rows = table("event time", "severity", "score>", "status", "pattern", "symbol", "what")
    patterns = {str(alert["id"]): str(alert["pattern"]) for alert in alerts}
    for alert in alerts:
        cells = _cells(alert)
        # Alerts of an older release do not say.
        leader = alert.get("part_of")
        if leader is not None:
            name = patterns.get(str(leader), "another alert")
            cells[_PATTERN] += Text(f"\n└ part of {name}", style="not bold")
        rows.add_row(*cells)
    return rows


def _cells(alert: dict[str, Any]) -> list[Text]:
    severity = str(alert["severity"])
    cells = (
        alert["event_time"],
        severity,
        f"{alert['score']:.2f}",
        alert["status"],
        alert["pattern"],
        alert["symbol"],
        alert["explanation"],
    )
    # Text, not markup: an explanation may quote what a stranger posted.
    styles = ("dim", _STYLES[severity], "", "", "bold", "bold", "")
    return [Text(str(cell), style=style) for cell, style in zip(cells, styles, strict=True)]
