"""Events of one slice of time on their way into order."""

from __future__ import annotations

from schemas.events import Event
from schemas.topics import EVENT_TOPICS, POSTS, TICKS, TRANSFERS

_RANK = {spec.name: rank for rank, spec in enumerate(EVENT_TOPICS)}
#: Events of equal time go by topic, in the order in which topics are joined.
POST_RANK, TICK_RANK, TRANSFER_RANK = (_RANK[spec.name] for spec in (POSTS, TICKS, TRANSFERS))

#: (event time in ms, topic rank, id, event); ids are unique, so sorting never compares events.
Batch = list[tuple[int, int, str, Event]]
