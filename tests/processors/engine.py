"""Small detectors and logs for testing the engine apart from the shipped detectors."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import ClassVar

from msgspec.structs import replace

from processors.detectors.base import (
    Detector,
    FollowUp,
    JoinedDetector,
    Opening,
    Revision,
    TokenView,
)
from processors.patterns import PatternSet
from schemas.alerts import Alert, Evidence, Pattern, Signal
from schemas.events import Event, Post, Tick, Transfer
from schemas.times import rfc3339
from schemas.topics import TICKS, TRANSFERS

START_MS = 1_534_521_600_000


def opening(score: float, time_ms: int) -> Opening:
    """An opening that says little."""
    evidence = Evidence(feature="size", value=score, baseline=None, threshold=0.5, weight=1.0)
    return Opening(
        score=score,
        impact=0.5,
        onset_ms=time_ms,
        phase="began",
        explanation="something happened",
        evidence=(evidence,),
    )


class Echo(FollowUp):
    """Revises whenever the number of posts in view changed; ends after a minute of event time."""

    horizon_ms: ClassVar[int] = 60_000

    def __init__(self, first: Opening) -> None:
        self._first = first
        self._posts = 0

    def review(self, view: TokenView, now_ms: int) -> Revision | None:
        posts = len(view.signals("sentiment"))
        if posts == self._posts:
            return None
        self._posts = posts
        return self._revision("joined", "open", None)

    def expire(self, now_ms: int) -> Revision:
        return self._revision("over", "resolved", now_ms)

    def _revision(self, phase: str, status: str, ended_ms: int | None) -> Revision:
        return Revision(
            score=self._first.score,
            impact=0.5,
            phase=f"{phase} {self._posts}",
            status=status,  # type: ignore[arg-type]
            explanation="it goes on",
            evidence=self._first.evidence,
            ended_ms=ended_ms,
        )


class Jump(Detector[Tick]):
    """Opens when a trade's price is double the one before."""

    pattern: ClassVar[Pattern] = "pump_and_dump"
    topic: ClassVar[str] = TICKS.name
    version: ClassVar[str] = "jump/1"

    def __init__(self) -> None:
        self._last = 0.0

    def observe(self, event: Tick, time_ms: int) -> Opening | None:
        price, last = float(event.price), self._last
        self._last = price
        return opening(0.9, time_ms) if last and price >= 2 * last else None

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return Echo(opening)


class Big(Detector[Transfer]):
    """Opens on a transfer of more than 900 tokens."""

    pattern: ClassVar[Pattern] = "whale_dump"
    topic: ClassVar[str] = TRANSFERS.name
    version: ClassVar[str] = "big/1"

    def observe(self, event: Transfer, time_ms: int) -> Opening | None:
        return opening(0.7, time_ms) if float(event.amount) > 900 else None

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return Echo(opening)


class Both(JoinedDetector):
    """Opens on every tenth signal of a token that has posts and trades in view."""

    pattern: ClassVar[Pattern] = "sentiment_price_divergence"
    version: ClassVar[str] = "both/1"

    def __init__(self) -> None:
        self._seen = 0

    def observe(self, view: TokenView, signal: Signal, time_ms: int) -> Opening | None:
        self._seen += 1
        both = view.signals("sentiment") and view.signals("trading")
        return opening(0.6, time_ms) if both and self._seen % 10 == 0 else None

    def follow(self, opening: Opening, time_ms: int) -> FollowUp:
        return Echo(opening)


PATTERNS = PatternSet(leading=(Jump, Big), joined=(Both,))


def market(seed: int, events: int = 400, tokens: int = 3) -> Iterator[Event]:
    """Random posts, trades and transfers of a few tokens in event-time order."""
    dice = random.Random(seed)
    time_ms = START_MS
    for number in range(events):
        time_ms += dice.choice((0, 1, 50, 700, 4_000, 30_000))
        token = f"T{dice.randrange(tokens)}"
        common = {"token": token, "symbol": token, "event_time": rfc3339(time_ms)}
        kind = dice.randrange(3)
        if kind == 0:
            yield Post(
                id=f"test:{seed}-{number}:{token}",
                source="test",
                post_id=str(number),
                author=f"author{dice.randrange(20)}",
                text=dice.choice(("to the moon", "this is a scam", "gm", "buy buy buy")),
                **common,
            )
        elif kind == 1:
            yield Tick(
                id=f"trade{seed}-{number}",
                source="test",
                price=str(dice.choice((1, 1.1, 1.2, 2.5))),
                amount=str(dice.randrange(1, 100)),
                side=dice.choice(("buy", "sell")),
                **common,
            )
        else:
            yield Transfer(
                id=f"transfer{seed}-{number}",
                source="test",
                chain="test",
                contract="0x0",
                transaction=f"0x{number}",
                log_index=0,
                from_address="0xa",
                to_address="0xb",
                amount=str(dice.randrange(1, 1000)),
                **common,
            )


def essence(alerts: list[Alert]) -> dict[tuple[str, int], Alert]:
    """Alerts by identity and revision without what may differ (`detected_at`, `inputs`).

    A revision that was said twice must have been the same both times.
    """
    found: dict[tuple[str, int], Alert] = {}
    for alert in alerts:
        plain = replace(alert, detected_at="", inputs=[])
        assert found.setdefault((alert.id, alert.revision), plain) == plain
    return found


def differing(found: dict[tuple[str, int], Alert], expected: dict[tuple[str, int], Alert]) -> str:
    """The first few revisions that are not as expected, by their fields; empty when all are."""
    told = []
    for key in [*expected, *(key for key in found if key not in expected)]:
        one, other = found.get(key), expected.get(key)
        if one != other:
            fields = {
                name: (getattr(one, name, None), getattr(other, name, None))
                for name in Alert.__struct_fields__
                if getattr(one, name, None) != getattr(other, name, None)
            }
            told.append(f"{key}: {fields}")
    return "\n".join(told[:5])
