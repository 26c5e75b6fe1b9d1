"""Event ids seen since the watermark, so that what was sent twice counts once."""

from __future__ import annotations

from schemas.times import EARLIEST_MS

_BUCKET_MS = 1_000
#: Without watermarks (a broken publisher) memory must still be bounded: about 40 MiB.
_LIMIT = 250_000


class SeenIds:
    """A set of event ids by event time, forgotten as the watermark passes.

    An event older than the watermark is late and never asked about; a repeated id has the event
    time it had the first time, so one bucket is looked at.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, set[str]] = {}
        self._count = 0

    def add(self, event_id: str, time_ms: int) -> bool:
        """Remember the id; False when it was there already."""
        bucket = self._buckets.get(time_ms // _BUCKET_MS)
        if bucket is None:
            bucket = self._buckets[time_ms // _BUCKET_MS] = set()
        elif event_id in bucket:
            return False
        bucket.add(event_id)
        self._count += 1
        if self._count > _LIMIT:
            self._drop(min(self._buckets))
        return True

    def forget(self, event_id: str, time_ms: int) -> None:
        """Let the event count again if it comes again."""
        bucket = self._buckets.get(time_ms // _BUCKET_MS)
        if bucket is not None and event_id in bucket:
            bucket.remove(event_id)
            self._count -= 1

    def clear(self) -> None:
        """Forget everything: another session began."""
        self._buckets.clear()
        self._count = 0

    def forget_before(self, time_ms: int) -> None:
        """Forget ids of events older than ``time_ms``."""
        if time_ms < EARLIEST_MS:
            return
        first = time_ms // _BUCKET_MS
        for bucket in [bucket for bucket in self._buckets if bucket < first]:
            self._drop(bucket)

    def _drop(self, bucket: int) -> None:
        self._count -= len(self._buckets.pop(bucket))
