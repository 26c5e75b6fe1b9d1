"""Random markets on a chain that is reorganised, the same without what was orphaned, and states
that can be compared."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from processors.partition import PartitionState
from schemas.codec import event_time_ms, topic_of
from schemas.events import Event, Finality, Tick, Transfer
from schemas.times import rfc3339
from tests.processors.engine import START_MS, market

#: Longer than any decision of these markets takes.
SETTLED_MS = 600_000


def pending(event: Event) -> Event:
    """The event as it stands at the head of a chain."""
    return replace(event, confirmation="pending")


def decision(event: Event, status: str, time_ms: int) -> Finality:
    """What became of a pending event."""
    return Finality(
        id=f"{event.id}:{status}:{time_ms}",
        token=event.token,
        symbol=event.symbol,
        event_time=rfc3339(time_ms),
        source="test",
        chain="test",
        topic=topic_of(event),  # type: ignore[arg-type]
        of=event.id,
        status=status,  # type: ignore[arg-type]
    )


def reorganised(seed: int, events: int = 400, tokens: int = 3) -> tuple[list[Event], list[Event]]:
    """A log with reorganised blocks and their decisions, and the log in which what was orphaned
    never was. Blocks are runs of events; every pending event is decided in the end."""
    dice = random.Random(seed)
    log: list[Event] = []
    clean: list[Event] = []
    decisions: list[Finality] = []
    block: list[Event] = []

    def decide() -> None:
        if not block:
            return
        status = "retracted" if dice.random() < 0.35 else "confirmed"
        after_ms = event_time_ms(block[-1]) + dice.choice((0, 1, 900, 12_000, 90_000))
        dice.shuffle(block)
        decisions.extend(decision(event, status, after_ms) for event in block)
        if status == "confirmed":
            clean.extend(block)
        block.clear()

    for event in market(seed, events, tokens):
        # Some trade on exchanges, which do not reorganise.
        if isinstance(event, Tick | Transfer) and dice.random() < 0.7:
            block.append(pending(event))
            log.append(block[-1])
        else:
            log.append(event)
            clean.append(event)
        if dice.random() < 0.15:
            decide()
    decide()
    kept = {event.id for event in clean}
    confirmed = [it for it in decisions if it.status == "confirmed"]
    clean = [event for event in log if event.id in kept]
    return in_order([*log, *decisions]), in_order([*clean, *confirmed])


def in_order(events: Iterable[Event]) -> list[Event]:
    """By event time; of equal time in the order given."""
    return sorted(events, key=event_time_ms)


def tail(seed: int, events: int = 100) -> list[Event]:
    """A market that goes on after everything above is decided."""
    later = SETTLED_MS + 400 * 30_000
    return [
        replace(event, id=f"tail:{event.id}", event_time=rfc3339(event_time_ms(event) + later))
        for event in market(seed, events)
    ]


def learned(state: PartitionState) -> dict[tuple[str, str], Any]:
    """What the lanes know of their tokens: detectors and what is usual, comparable."""
    found = {}
    for topic, lane in state._lanes.items():
        for name, token in lane._tokens.by_name.items():
            assert token.unsettled is None
            found[topic, name] = plain((token.detectors, token.history))
        assert lane._tokens.waiting == 0
    return found


def plain(value: Any) -> Any:
    """The value in builtin types; what is equal there behaves equally."""
    if value is None or isinstance(value, str | int | float | bytes | type):
        return value
    if isinstance(value, dict):
        return [(plain(key), plain(item)) for key, item in value.items()]
    if isinstance(value, list | tuple | deque | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, random.Random):
        return None  # River's Gaussian carries one that scoring never asks.
    state = value.__reduce_ex__(4)
    return [plain(part) for part in state[1:] if not callable(part) and not hasattr(part, "send")]


def at(seconds: float) -> int:
    """Milliseconds of event time."""
    return START_MS + round(seconds * 1000)
