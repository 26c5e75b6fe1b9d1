"""Streams for the detectors' contract suite, from a simulated market, the lives of some pools and
the launches of some coins, and how to run them."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from processors.detectors.base import Detector, FollowUp, JoinedDetector, Opening, TokenView
from processors.offline import replay
from processors.patterns import SHIPPED, PatternSet
from producers.simulated.generator import SimulatedMarket
from schemas.alerts import Signal
from schemas.codec import event_time_ms, topic_of
from schemas.events import Event, Liquidity
from schemas.times import parse_rfc3339, rfc3339
from tests.contracts.launches import launches
from tests.contracts.pools import pool_lives

AnyDetector = type[Detector[Any]] | type[JoinedDetector]

START_MS = 1_765_000_000_000
HOUR_MS = 3_600_000
_SEED, _TOKENS, _HOURS = 31, 9, 26
_KINDS = ("sentiment", "trading", "flow")
_VIEW_SIGNALS = 360


class Input(NamedTuple):
    """One event of a leading topic, or one signal on the joined axis."""

    token: str
    time_ms: int
    record: Any


class Opened(NamedTuple):
    token: str
    time_ms: int
    opening: Opening


def name_of(detector: AnyDetector) -> str:
    return detector.pattern


def all_shipped() -> list[AnyDetector]:
    return [*SHIPPED.leading, *SHIPPED.joined]


@cache
def _market() -> list[Event]:
    market = SimulatedMarket(_SEED, _TOKENS, start_ms=START_MS, end_ms=START_MS + _HOURS * HOUR_MS)
    events = list(market.events())
    # Coins that the market launches later are left out: ``launches`` makes smaller ones, and the
    # suite replays everything a dozen times.
    old = {event.token for event in events if event_time_ms(event) < START_MS + HOUR_MS}
    return [event for event in events if event.token in old]


@cache
def _signals() -> list[Signal]:
    signals = replay(_market(), PatternSet(leading=(), joined=())).signals
    return sorted(signals, key=lambda s: (parse_rfc3339(s.event_time), _KINDS.index(s.kind), s.id))


@cache
def feed_of(detector: AnyDetector) -> list[Input]:
    """What the detector reads of the market, in the order in which it does."""
    if issubclass(detector, JoinedDetector):
        return [Input(s.token, parse_rfc3339(s.event_time), s) for s in _signals()]
    events = [event for event in _market() if topic_of(event) == detector.topic]
    if Liquidity in detector.reads:
        tokens = sorted({event.token for event in events})
        span = (START_MS, START_MS + _HOURS * HOUR_MS)
        events += [*pool_lives(_SEED, tokens, *span), *launches(_SEED, *span)]
        events.sort(key=event_time_ms)
    return [
        Input(event.token, event_time_ms(event), event)
        for event in events
        if type(event) in detector.reads
    ]


class Runner:
    """One detector class over many tokens, an instance and a view each."""

    def __init__(self, detector: AnyDetector) -> None:
        self._class = detector
        self._tokens: dict[str, tuple[Any, TokenView]] = {}

    def run(self, feed: Iterable[Input]) -> list[Opened]:
        found = []
        for token, time_ms, record in feed:
            opening = self._observe(token, time_ms, record)
            if opening is not None:
                found.append(Opened(token, time_ms, opening))
        return found

    def follow(self, opened: Opened) -> FollowUp:
        detector, _ = self._tokens[opened.token]
        follow_up: FollowUp = detector.follow(opened.opening, opened.time_ms)
        return follow_up

    def reload(self) -> None:
        """Through a snapshot and back, as a restarted worker does."""
        self._tokens = pickle.loads(pickle.dumps(self._tokens))

    def state_bytes(self) -> int:
        """The largest token's pickled state, without the view, which is bounded elsewhere."""
        return max(len(pickle.dumps(detector)) for detector, _ in self._tokens.values())

    def _observe(self, token: str, time_ms: int, record: Any) -> Opening | None:
        known = self._tokens.get(token)
        if known is None:
            known = self._tokens[token] = (self._class(), TokenView(token, record.symbol))
        detector, view = known
        if isinstance(record, Signal):
            recent = view.recent.setdefault(record.kind, deque(maxlen=_VIEW_SIGNALS))
            recent.append(record)
            opening: Opening | None = detector.observe(view, record, time_ms)
            return opening
        first_word: Opening | None = detector.observe(record, time_ms)
        return first_word


@cache
def openings_of(detector: AnyDetector) -> list[Opened]:
    """What the detector says about its whole feed."""
    return Runner(detector).run(feed_of(detector))


def shifted(feed: Sequence[Input], by_ms: int) -> list[Input]:
    """The same records that much later, by accounts that are as old then."""
    return [
        Input(token, time_ms + by_ms, _later(record, time_ms + by_ms, by_ms))
        for token, time_ms, record in feed
    ]


def _later(record: Any, time_ms: int, by_ms: int) -> Any:
    changes = {"event_time": rfc3339(time_ms)}
    created_at = getattr(record, "author_created_at", None)
    if created_at is not None:
        changes["author_created_at"] = rfc3339(parse_rfc3339(created_at) + by_ms)
    return msgspec.structs.replace(record, **changes)


def endless(detector: AnyDetector, count: int) -> Iterable[Input]:
    """``count`` inputs of one token: the busiest token's feed again and again, by new people."""
    feed = feed_of(detector)
    tokens = [token for token, _, _ in feed]
    busiest = max(sorted(set(tokens)), key=tokens.count)
    once = [item for item in feed if item.token == busiest]
    made, turn = 0, 0
    while True:
        for _, time_ms, record in once:
            if made == count:
                return
            later = time_ms + turn * _HOURS * HOUR_MS
            yield Input(busiest, later, _by_new_people(record, later, turn))
            made += 1
        turn += 1


_PEOPLE = ("author", "from_address", "to_address", "buyer", "seller")


def _by_new_people(record: Any, time_ms: int, turn: int) -> Any:
    changes: dict[str, Any] = {
        field: f"{getattr(record, field)}/{turn}"
        for field in _PEOPLE
        if getattr(record, field, None) is not None
    }
    return msgspec.structs.replace(
        record, id=f"{record.id}/{turn}", event_time=rfc3339(time_ms), **changes
    )


def digest() -> str:
    """A checksum of what all detectors say, for comparison between processes."""
    told: Callable[[Opened], str] = repr
    text = "\n".join(told(opened) for cls in all_shipped() for opened in openings_of(cls))
    return blake2b(text.encode(), digest_size=16).hexdigest()
