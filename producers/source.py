"""What a source is: it knows its feed and where to resume, and nothing of Kafka."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Literal, Protocol

from msgspec import Struct

from schemas.events import Event
from schemas.payloads import RawPayload

#: A dead letter holds at most this much of the original, so that it always fits in a record.
LONGEST_LETTER = 262_144


class Progress(Struct, frozen=True):
    """A promise: nothing older than ``time_ms`` will come (in ``topic``; None: in all of them)."""

    time_ms: int
    topic: str | None = None


class Rejected(Struct, frozen=True, kw_only=True):
    """Input that is no event: why, its original bytes, and where it stood (line from 1)."""

    reason: str
    value: bytes
    file: str | None = None
    line: int | None = None


class Alive(Struct, frozen=True):
    """A sign of life without content: a keep-alive, a pong, a poll that found nothing new.

    ``cursor`` is set when a resume may begin here.
    """

    cursor: str | None = None


class CaughtUp(Struct, frozen=True):
    """Everything missed since the cursor has been yielded; what comes now is new."""

    cursor: str | None = None


Item = Event | Progress | Rejected | RawPayload | Alive | CaughtUp

Order = Literal["ordered", "promised", "unknown"]


class Source(Protocol):
    """One feed. The runner owns publishing, back-pressure, retries and when a cursor advances.

    ``name`` is unique within a session; ``topics`` are those it may publish to. ``identity``
    names the feed's content: a killed session is resumed only by a source of equal identity.

    ``order`` says what the runner may promise on the source's behalf:

    * ``ordered``: event times never step back over all its topics, so every item is a promise;
    * ``promised``: only its ``Progress`` items are, and it begins with one;
    * ``unknown``: it knows nothing; the runner promises the clock minus its lateness allowance.
      A live feed's promise does not go beyond its last sign of life, and stands still from the
      moment it fails until it has ``CaughtUp``.

    The session opens at the time of an ordered or promised source's first item, so that item must
    come soon, and must not be ``Rejected`` when events follow: a ``Progress`` goes before it.

    The trap: a cursor means *resume after this item*, and ``events(cursor)`` must then yield
    exactly the rest, with the same ids in the same order, even in another process. A source that
    breaks a promise loses the event: it goes to the dead letters, never behind a watermark. An
    empty cursor leaves the one before as it is.
    """

    name: str
    topics: frozenset[str]
    identity: str
    order: Order

    def events(self, resume: str | None) -> AsyncIterator[tuple[Item, str]]:
        """Yield each item with the cursor to resume after it; from the beginning when None."""
        ...


async def close(iterator: AsyncIterator[Any]) -> None:
    """End a generator now, so that its connections are closed before another is opened."""
    if isinstance(iterator, AsyncGenerator):
        await iterator.aclose()
