"""`memewatch sources`: every live source, whether it is on, and how it does."""

from __future__ import annotations

from pathlib import Path

from memewatch.cli.options import DataDir, Json
from memewatch.cli.output import print_json, stdout, table
from memewatch.clock import SystemClock
from memewatch.errors import OperatorError
from memewatch.settings import Settings, load_settings
from memewatch.stack.find import find_settings

#: Kafka on this machine answers in milliseconds; whoever only asks must not wait for long.
_DEADLINE_S = 5.0
#: Characters of a reason in the table; ``--json`` has all of them.
_SHOWN = 120


def sources(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show the live sources: on, off (and why), lag, last event, errors."""
    from producers.live.catalogue import listed
    from producers.live.status import statuses
    from producers.state import load_state

    settings, is_running = _settings(data_dir)
    session = None
    if is_running:
        try:
            session = load_state(settings, _DEADLINE_S)
        except OperatorError:
            # Kafka is away: what the settings say is still worth knowing.
            session = None
    rows = statuses(listed(settings), session, SystemClock().now_ms())
    if as_json:
        print_json(rows)
        return
    shown = table("source", "state", "lag>", "last event", "events>", "errors>", "why")
    for row in rows:
        shown.add_row(
            row["name"],
            row["state"],
            "-" if row["lag_s"] is None else f"{row['lag_s']:.0f} s",
            row["last_event"] or "-",
            f"{row['events']:,}",
            f"{row['errors']:,}",
            _short(row["reason"] or ""),
        )
    stdout.print(shown)


def _short(reason: str) -> str:
    return reason if len(reason) <= _SHOWN else f"{reason[:_SHOWN]}…"


def _settings(data_dir: Path | None) -> tuple[Settings, bool]:
    """The settings, and whether servers are known that could be asked."""
    try:
        return find_settings(data_dir), True
    except OperatorError:
        return load_settings(), False
