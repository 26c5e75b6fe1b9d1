"""What a person says about an alert: right, wrong or not sure. It becomes a label."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.alerts import Pattern, Score
from schemas.events import SCHEMA_VERSION, Identifier, Timestamp, TokenName

Judgement = Literal["right", "wrong", "unsure"]
JUDGEMENTS: tuple[Judgement, ...] = ("right", "wrong", "unsure")
LONGEST_NOTE = 500

Note = Annotated[str, Meta(max_length=LONGEST_NOTE)]


class Verdict(Struct, frozen=True, kw_only=True):
    """What one user thinks of one alert; of verdicts with the same ``id`` the latest counts.

    ``pattern``, ``detector_version`` and ``token`` are the alert's; ``score`` is what it said at
    ``given_at`` (wall clock), ``opening_score`` what its first revision said, which is its
    detector's word alone. ``given_by`` tells one user from another and is never what they log in
    with.
    """

    id: Identifier
    alert_id: Identifier
    pattern: Pattern
    detector_version: str
    token: TokenName
    score: Score
    opening_score: Score
    verdict: Judgement
    note: Note | None = None
    given_by: Annotated[str, Meta(min_length=1, max_length=64)]
    given_at: Timestamp
    schema_version: int = SCHEMA_VERSION


def verdict_id(alert_id: str, given_by: str) -> str:
    """The verdict's identity: one user has one opinion of one alert."""
    text = "\x1f".join((alert_id, given_by))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
