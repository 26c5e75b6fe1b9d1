"""Who is shown which events of a topic: windows, and detectors by what they read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from processors.detectors.base import Detector
from schemas.events import Liquidity, Post, Profile, Tick, Transfer
from schemas.topics import POSTS, TICKS, TRANSFERS

T = TypeVar("T")


class Route(NamedTuple):
    """Whether an event falls into a window, and the places of the detectors that read it; None
    when that is all of them."""

    windowed: bool
    places: tuple[int, ...] | None

    def readers(self, detectors: Sequence[T]) -> Sequence[T]:
        """Those of a token's detectors that read the event."""
        return detectors if self.places is None else [detectors[at] for at in self.places]


def routes(topic: str, detectors: Sequence[type[Detector[Any]]]) -> dict[object, Route]:
    """Routes by type of event, of ticks by their kind; what has none is observed by nobody.

    A quote moves the price of a window and is no trade. A candle sums up what others have told
    one by one, so it goes nowhere but into the store.
    """

    def readers(kind: type) -> tuple[int, ...] | None:
        places = tuple(at for at, detector in enumerate(detectors) if kind in detector.reads)
        return None if len(places) == len(detectors) else places

    if topic == POSTS.name:
        return {Post: Route(True, readers(Post))}
    if topic == TICKS.name:
        return {"trade": Route(True, readers(Tick)), "quote": Route(True, ())}
    assert topic == TRANSFERS.name
    read = [kind for kind in (Liquidity, Profile) if any(kind in d.reads for d in detectors)]
    return {
        Transfer: Route(True, readers(Transfer)),
        **{kind: Route(kind is Liquidity, readers(kind)) for kind in read},
    }
