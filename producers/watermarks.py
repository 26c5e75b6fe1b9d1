"""What may be promised about each topic, from what its sources promised. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from producers.lane import Lane
from producers.session import TOPICS


def current_watermarks(
    lanes: Sequence[Lane], before: Mapping[str, int], now_ms: int
) -> dict[str, int]:
    """By topic: the least its running sources promise, never less than ``before``.

    A topic whose sources ended, or that never had any, follows the slowest of the others, so that
    time moves on in all of them.
    """
    running = [lane for lane in lanes if not lane.is_done]
    positions = [p for lane in running if (p := lane.position_ms(now_ms)) is not None]
    others_ms = min(positions) if positions else end_ms(lanes, before, now_ms)
    watermarks = {}
    for topic in TOPICS:
        own = [lane for lane in running if topic in lane.feed.source.topics]
        promised = [w for lane in own if (w := lane.watermark_ms(topic, now_ms)) is not None]
        watermark = min(promised, default=others_ms)
        watermarks[topic] = max(watermark, before.get(topic, watermark))
    return watermarks


def end_ms(lanes: Sequence[Lane], watermarks: Mapping[str, int], now_ms: int) -> int:
    """A time that no event so far is newer than; before the first one, the wall clock."""
    newest = [lane.newest_ms for lane in lanes if lane.newest_ms is not None]
    return max([*newest, *watermarks.values()], default=now_ms)
