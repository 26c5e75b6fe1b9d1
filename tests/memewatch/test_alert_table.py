"""The table of `memewatch alerts`."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from memewatch.cli.alerts import alert_table


def alert(identity: str, pattern: str, **fields: object) -> dict[str, Any]:
    return {
        "id": identity,
        "event_time": "2018-08-17T16:00:00.000Z",
        "severity": "high",
        "score": 0.9,
        "status": "open",
        "pattern": pattern,
        "symbol": "OAX",
        "explanation": "[bold]not markup[/bold]",
        **fields,
    }


def shown(*alerts: dict[str, Any]) -> list[str]:
    text = StringIO()
    Console(file=text, width=200).print(alert_table(alerts))
    return [line.strip() for line in text.getvalue().splitlines()]


def test_an_alert_says_below_its_pattern_whose_event_it_is_part_of() -> None:
    lines = shown(
        alert("burst", "mention_burst", part_of="pump"),
        alert("pump", "pump_and_dump", part_of=None),
        alert("whale", "whale_dump", part_of="elsewhere"),
        alert("old", "rug_pull"),
    )
    parts = [line for line in lines if line.startswith("└")]
    assert parts == ["└ part of pump_and_dump", "└ part of another alert"]
    assert len(lines) == 1 + 4 + 2
    assert lines[1].endswith("mention_burst            OAX     [bold]not markup[/bold]")
    assert lines[2] == parts[0]
