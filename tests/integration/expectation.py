"""What recordings must give: the production state over the same events, without Kafka."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from processors.offline import replay
from producers.recorded.files import find_files, survey
from producers.recorded.source import RecordedSource
from schemas.codec import event_time_ms, topic_of
from schemas.events import Event, Post, Tick, Transfer
from schemas.topics import EVENT_TOPICS

#: What may differ between two runs over the same log.
MAY_DIFFER = {"seq", "detected_at", "created_at", "updated_at", "inputs"}

Revisions = dict[tuple[str, int], dict[str, Any]]


def expected_revisions(paths: Iterable[Path]) -> Revisions:
    """Every revision of every alert that ``play`` of these files gives rise to."""
    alerts = replay(asyncio.run(_merged(list(paths)))).alerts
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


async def _merged(paths: list[Path]) -> list[Event]:
    files = [survey(path)[0] for path in find_files(paths)]
    kinds: list[list[Event]] = []
    for spec in EVENT_TOPICS:
        of_kind = [file for file in files if file.parser and file.parser.topic == spec.name]
        source = RecordedSource(spec.name, of_kind)
        items = [item async for item, _cursor in source.events(None)]
        kinds.append([item for item in items if isinstance(item, Post | Tick | Transfer)])
    order = {spec.name: index for index, spec in enumerate(EVENT_TOPICS)}
    return list(
        heapq.merge(*kinds, key=lambda event: (event_time_ms(event), order[topic_of(event)]))
    )
