"""A live source as the runner takes it: payloads become events, and a raw copy is kept of each."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable

from producers.live.base import Heard, LiveSource, Payload
from producers.source import Alive, CaughtUp, Item, Order, Rejected, close
from schemas.events import Event
from schemas.payloads import RawPayload
from schemas.times import rfc3339

#: The start of a payload is enough for a dead letter to tell what it was.
_LETTER_BYTES = 4_096


class LiveFeed:
    """``Source`` for the runner; ``hear`` says which of the source's generators is asked.

    All but a payload's last item carry the cursor before it: a publisher that is killed between
    two events of a payload reads the whole payload again.
    """

    order: Order = "unknown"

    def __init__(
        self,
        source: LiveSource,
        hear: Callable[[str | None], AsyncIterator[Heard]] | None = None,
    ) -> None:
        """``hear`` gets the cursor to resume after; by default the source is followed for ever."""
        self.name = source.name
        self.topics = source.topics
        self.identity = source.name
        self._source = source
        self._hear = hear or source.follow

    async def events(self, resume: str | None) -> AsyncIterator[tuple[Item, str]]:
        """The source's events, raw copies and signs of life, for as long as it goes on."""
        cursor = resume or ""
        heard = self._hear(resume)
        try:
            async for sound in heard:
                if isinstance(sound, Payload):
                    for item in read(self._source, sound):
                        yield item, cursor
                    cursor = sound.cursor
                    yield raw_copy(self.name, sound), cursor
                elif isinstance(sound, Alive | CaughtUp):
                    cursor = sound.cursor or cursor
                    yield sound, cursor
        finally:
            await close(heard)


def read(source: LiveSource, payload: Payload) -> list[Event | Rejected]:
    """The payload's events; a parser's bug costs this payload and nothing else."""
    try:
        return list(source.parse(payload))
    except Exception as error:
        reason = f"source {source.name} cannot read its {payload.kind}: {error!r}"
        return [Rejected(reason=reason, value=payload.body[:_LETTER_BYTES])]


def raw_copy(name: str, payload: Payload) -> RawPayload:
    """What is kept of the payload."""
    return RawPayload(
        source=name,
        kind=payload.kind,
        received_at=rfc3339(payload.received_ms),
        # The fastest level: JSON shrinks to a sixth by it, and a better one takes twice the time.
        body=zlib.compress(payload.body, 1),
    )


def payload_of(raw: RawPayload, cursor: str, received_ms: int) -> Payload:
    """The payload again. Raises ``zlib.error`` when the copy is damaged."""
    return Payload(
        body=zlib.decompress(raw.body), cursor=cursor, kind=raw.kind, received_ms=received_ms
    )
