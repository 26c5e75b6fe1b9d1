"""Ticks and what happens on chains as NDJSON in the product's own shapes, as their topics hold
them: pools, profiles, finality, and the ticks and transfers that finality is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.codec import EVENT_DECODERS, InvalidRecordError, event_time_ms, topic_of
from schemas.events import Event
from schemas.times import rfc3339
from schemas.topics import TICKS, TRANSFERS

_TRANSFER_FIELDS = {"from_address", "to_address", "contract"}
_TICK_FIELDS = {"symbol", "event_time", "price"}


class OwnShapeParser:
    """Rows of one topic, told apart by their ``type``; ticks and transfers have none.

    What happened on a chain need not carry its id: without one it is (chain, transaction, log
    index). Whoever has several reports about one place in the chain gives them ids.
    """

    identified = True

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._decode = EVENT_DECODERS[topic]

    def parse(self, line: bytes) -> tuple[int, str, Event]:
        event = self._decode(_with_id(line))
        if topic_of(event) != self.topic:
            raise InvalidRecordError(f"belongs to {topic_of(event)}: put it into a file of its own")
        time_ms = event_time_ms(event)
        return time_ms, event.token, msgspec.structs.replace(event, event_time=rfc3339(time_ms))

    def event(self, draft: Event, ordinal: int) -> Event:  # noqa: ARG002 - it has an id
        return draft


def topic_of_fields(fields: Mapping[str, Any]) -> str | None:
    """The topic that a row with these fields belongs to, if it has one of these shapes."""
    kind = fields.get("type")
    if kind == "finality" and fields.get("topic") in (TICKS.name, TRANSFERS.name):
        return str(fields["topic"])
    if kind in ("liquidity", "profile") or fields.keys() >= _TRANSFER_FIELDS:
        return TRANSFERS.name
    return TICKS.name if kind is None and fields.keys() >= _TICK_FIELDS else None


def _with_id(line: bytes) -> bytes:
    if b'"id"' in line:
        return line
    try:
        fields = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRecordError(str(error)) from None
    place = ("chain", "transaction", "log_index")
    if not isinstance(fields, dict) or not all(name in fields for name in place):
        return line
    return msgspec.json.encode({"id": ":".join(str(fields[name]) for name in place), **fields})
