"""What recordings must give: the production state over the same events, without Kafka."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from processors.offline import replay
from producers.recorded.reading import read_events

#: What may differ between two runs over the same log.
MAY_DIFFER = {"seq", "detected_at", "created_at", "updated_at", "inputs"}

Revisions = dict[tuple[str, int], dict[str, Any]]


def expected_revisions(paths: Iterable[Path]) -> Revisions:
    """Every revision of every alert that ``play`` of these files gives rise to."""
    alerts = replay(read_events(paths)).alerts
    return essence(msgspec.to_builtins(alert) for alert in alerts)


def essence(bodies: Iterable[dict[str, Any]]) -> Revisions:
    """By identity and revision, without what may differ."""
    return {
        (body["id"], body["revision"]): {k: v for k, v in body.items() if k not in MAY_DIFFER}
        for body in bodies
    }


def latest(revisions: Revisions) -> Revisions:
    """The last revision of each alert."""
    last: dict[str, int] = {}
    for alert_id, revision in revisions:
        last[alert_id] = max(revision, last.get(alert_id, 0))
    return {key: body for key, body in revisions.items() if last[key[0]] == key[1]}
