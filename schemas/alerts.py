"""What processors publish: signals (a token's features per window) and alerts, and dead letters."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.events import SCHEMA_VERSION, DecimalText, Identifier, Timestamp, TokenName

Pattern = Literal[
    "pump_and_dump",
    "whale_dump",
    "sentiment_spike",
    "sentiment_price_divergence",
    "shilling",
    "wash_trading",
    "rug_pull",
    "honeypot",
    "holder_concentration",
    "sniper_bundle",
    "whale_accumulation",
    "dormant_wallet",
    "mention_burst",
]
Severity = Literal["info", "low", "medium", "high", "critical"]
Status = Literal["open", "acknowledged", "resolved", "retracted"]
SignalKind = Literal["sentiment", "trading", "flow"]
Score = Annotated[float, Meta(ge=0.0, le=1.0)]


class Evidence(Struct, frozen=True, kw_only=True):
    """One feature that speaks for the alert: what was seen, what was usual, where the line lies."""

    feature: str
    value: float
    baseline: float | None
    threshold: float | None
    weight: float


class InputReference(Struct, frozen=True, kw_only=True):
    """Where an input lies in the log, so that anybody can read it again."""

    topic: str
    partition: Annotated[int, Meta(ge=0)]
    offset: Annotated[int, Meta(ge=0)]


class Alert(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One revision of one alert; later revisions of the same ``id`` replace earlier ones.

    ``event_time`` is the moment the alert could first be known and never changes;
    ``onset_estimate`` is when the event seems to have begun. ``seq`` is given by the sink.
    ``score`` is the probability that the alert is right, ``impact`` the value at risk in 0..1,
    ``severity`` follows from both. ``part_of`` is the alert that speaks for the event this one
    belongs to; null when it speaks for itself.
    """

    id: Identifier
    revision: Annotated[int, Meta(ge=1)]
    token: TokenName
    symbol: TokenName
    pattern: Pattern
    phase: str
    severity: Severity
    score: Score
    status: Status
    event_time: Timestamp
    onset_estimate: Timestamp
    ended_at: Timestamp | None
    detected_at: Timestamp
    explanation: str
    evidence: list[Evidence]
    inputs: list[InputReference]
    detector_version: str
    # Of alerts from before there was one nothing is known to be at risk.
    impact: Score = 0.0
    part_of: Identifier | None = None
    schema_version: int = SCHEMA_VERSION


class Signal(Struct, frozen=True, kw_only=True):
    """A token's features over one event-time window ``[event_time - window_ms, event_time)``.

    ``event_time`` is the window's end. ``values`` hold plain numbers by feature name; prices
    and volumes are decimal strings in ``price`` and ``volume``.
    """

    id: Identifier
    token: TokenName
    symbol: TokenName
    kind: SignalKind
    event_time: Timestamp
    window_ms: int
    values: dict[str, float]
    price: DecimalText | None = None
    volume: DecimalText | None = None
    schema_version: int = SCHEMA_VERSION


class DeadLetter(Struct, frozen=True, kw_only=True):
    """Something that could not be decoded or validated: the reason and the original bytes."""

    reason: str
    stage: str
    value: bytes
    key: bytes | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    file: str | None = None
    line: int | None = None
    failed_at: Timestamp
    schema_version: int = SCHEMA_VERSION


def alert_id(pattern: str, token: str, opening_event_id: str, detector_version: str) -> str:
    """The alert's identity: a pure function of its four arguments."""
    text = "\x1f".join((pattern, token, opening_event_id, detector_version))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def signal_id(kind: str, token: str, window_end_ms: int, window_ms: int) -> str:
    """The signal's identity; the same window of the same token is the same signal."""
    return f"{kind}:{token}:{window_end_ms}:{window_ms}"
