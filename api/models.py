"""What REST answers with. Field names are those of the alert contract, everywhere the same."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.alerts import Pattern, Severity, Status
from schemas.verdicts import LONGEST_NOTE, Judgement
from schemas.watch import WatchKind

Time = Annotated[
    str,
    Field(
        description="RFC 3339, UTC, milliseconds",
        json_schema_extra={"format": "date-time"},
        examples=["2018-08-17T16:00:00.000Z"],
    ),
]
Decimal = Annotated[str, Field(description="a decimal number as a string", examples=["0.00001234"])]
Share = Annotated[float, Field(ge=0, le=1)]
Item = TypeVar("Item")


class Model(BaseModel):
    """Fields without surprises: nothing unknown is passed through."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Model, Generic[Item]):
    """One page of a list; ``next_cursor`` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class Evidence(Model):
    """One feature that speaks for the alert: what was seen, what was usual, where the line lies."""

    feature: str
    value: float
    baseline: float | None
    threshold: float | None
    weight: float


class InputReference(Model):
    """Where an input lies in the log."""

    topic: str
    partition: int
    offset: int


class Alert(Model):
    """One revision of one alert, numbered by the sink."""

    id: str
    revision: int
    seq: int
    token: str
    symbol: str
    pattern: Pattern
    phase: str
    severity: Severity
    score: Annotated[Share, Field(description="probability that the alert is right")]
    status: Status
    event_time: Time
    onset_estimate: Time
    ended_at: Time | None
    detected_at: Time
    explanation: str
    evidence: list[Evidence]
    inputs: list[InputReference]
    detector_version: str
    impact: Annotated[Share, Field(description="value at risk, by pattern; see detectors.md")] = 0.0
    part_of: Annotated[
        str | None, Field(description="the alert that speaks for this one's event, or null")
    ] = None
    schema_version: int
    created_at: Annotated[Time, Field(description="when revision 1 was stored")]
    updated_at: Annotated[Time, Field(description="when this revision was stored")]


class Judging(Model):
    """What a user thinks of an alert."""

    verdict: Judgement
    note: Annotated[
        str | None,
        Field(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$", description="for people"),
    ] = None


class Verdict(Model):
    """What one user thinks of one alert, with what the alert was at that time."""

    id: str
    alert_id: str
    pattern: Pattern
    detector_version: str
    token: str
    score: Annotated[Share, Field(description="of the alert when it was judged")]
    opening_score: Annotated[Share, Field(description="of its first revision")]
    verdict: Judgement
    note: str | None
    given_by: Annotated[str, Field(description="tells one user from another")]
    given_at: Time
    schema_version: int


class AlertHistory(Alert):
    """The latest revision, every revision from the first on, and what users think of it."""

    revisions: list[Alert]
    verdicts: Annotated[list[Verdict], Field(description="one of each user, in order of time")]
    own_verdict: Annotated[Judgement | None, Field(description="of whoever asks")]


class VerdictCounts(Model):
    """How many verdicts there are of each kind."""

    right: int
    wrong: int
    unsure: int


class Detector(Model):
    """What became of one version of a detector: its alerts, and what users think of them.

    `precision` is the share of right ones among the alerts that more users call right than wrong
    or the other way round, with the bounds between which it lies with 95 % certainty (Wilson).
    """

    pattern: Pattern
    detector_version: str
    current: Annotated[bool, Field(description="it raised the newest alert of its pattern")]
    alerts: Annotated[int, Field(description="how many it raised")]
    verdicts: VerdictCounts
    judged: Annotated[int, Field(description="alerts that users call right or wrong")]
    right: Annotated[int, Field(description="those of them that are right")]
    precision: Share | None
    precision_low: Share | None
    precision_high: Share | None
    floor: Annotated[Share, Field(description="what its precision should reach")]
    below_floor: Annotated[
        bool,
        Field(description="enough alerts are judged, and not even `precision_high` reaches it"),
    ]


class Token(Model):
    """A token with what a list shows of it; times are event times."""

    token: str
    symbol: str
    first_event_time: Time
    last_event_time: Time
    price: Annotated[Decimal | None, Field(description="of the last trading window, or null")]
    price_time: Time | None
    change_24h: Annotated[
        float | None,
        Field(
            description="relative price change against the first trading window within the 24 "
            "hours of event time before `price_time`; 0.05 is 5 % up"
        ),
    ]
    open_alerts: Annotated[int, Field(description="alerts that are open or acknowledged")]


class Step(Model):
    """One step of a series; null or 0 where the token had no events."""

    time: Annotated[Time, Field(description="the step's begin; it ends where the next begins")]
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume: Annotated[Decimal, Field(description="traded, in quote units")]
    trades: int
    buy_share: Annotated[float | None, Field(description="buys among the trades, 0..1")]
    mentions: int
    authors: Annotated[int, Field(description="distinct authors, in the window that had most")]
    sentiment: Annotated[float | None, Field(description="mean over the mentions, −1..1")]
    rolling_sentiment: Annotated[float | None, Field(description="the same over 5 minutes")]
    adjusted_sentiment: Annotated[
        float | None,
        Field(description="over 5 minutes; copies, repeated authors, young accounts count less"),
    ]
    creator_sentiment: Annotated[
        float | None, Field(description="over 5 minutes, weighed by the logarithm of followers")
    ]
    bot_share: Annotated[
        float | None,
        Field(description="part of the posts that the adjusted sentiment leaves out, 0..1"),
    ]
    transfers: int
    anomaly_trading: Annotated[float | None, Field(description="the highest in the step, 0..1")]
    anomaly_sentiment: float | None
    anomaly_flow: float | None


class Series(Model):
    """A token's signals in equal steps over ``from`` (exclusive) to ``to`` (inclusive)."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    token: str
    symbol: str
    from_: Annotated[Time, Field(alias="from")]
    to: Time
    step_ms: int
    items: list[Step]


class Stats(Model):
    """Where the system stands."""

    epoch: Annotated[str, Field(description="changes when sequence numbers start anew")]
    seq: Annotated[int, Field(description="sequence number of the newest alert change")]
    tokens: int
    alerts: int
    open_alerts: int
    alerts_by_pattern: dict[str, int]
    dead_letters: int
    last_event_time: Time | None


WatchText = Annotated[str, Field(min_length=1, max_length=256)]


class WatchEntryInput(Model):
    """Something to follow.

    A `token` is a contract address on a `chain`, or a ticker without one; an `account` needs the
    `source` it posts on; a `keyword` may be meant for one `source`; a `pool` needs its `chain`.
    """

    kind: WatchKind
    value: Annotated[WatchText, Field(description="address, ticker, account or words")]
    source: Annotated[WatchText | None, Field(description="like `twitter`")] = None
    chain: Annotated[WatchText | None, Field(description="like `ethereum`")] = None
    token: Annotated[WatchText | None, Field(description="of a pool: which token it is for")] = None
    symbol: Annotated[WatchText | None, Field(description="of a token: its ticker")] = None
    name: Annotated[WatchText | None, Field(description="of a token: what people call it")] = None
    decimals: Annotated[int | None, Field(ge=0, le=255, description="of a token")] = None
    note: Annotated[
        str | None, Field(max_length=500, pattern=r"^[^\x00]*$", description="for people")
    ] = None


class WatchAdditions(Model):
    """What to follow from now on; what is there already is replaced."""

    items: Annotated[list[WatchEntryInput], Field(min_length=1, max_length=500)]


class WatchEntry(WatchEntryInput):
    """An entry of the watch list, in its one spelling."""

    source: WatchText | None
    chain: WatchText | None
    token: WatchText | None
    symbol: WatchText | None
    name: WatchText | None
    decimals: int | None
    note: str | None
    added_at: Time


class WatchChange(Model):
    """What became of the entries sent: how many are new, how many are now other than before."""

    added: int
    changed: int
    items: list[WatchEntry]


class Problem(BaseModel):
    """Why a request was not answered, in one sentence."""

    detail: str
