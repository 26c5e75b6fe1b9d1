"""The stream's messages, both ways. JSON text frames, one message a frame."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta, Struct

from schemas.alerts import Pattern, Severity, Status

#: A subscribe message with a token of 256 four-byte characters, all escaped, fits in.
MAXIMUM_CLIENT_MESSAGE = 4096

CLOSE_MALFORMED = 4400
CLOSE_NOT_AUTHENTICATED = 4401
CLOSE_FOREIGN_ORIGIN = 4403
CLOSE_SLOW = 4408
CLOSE_RESTART = 1012
CLOSE_FULL = 1013

ChangeType: TypeAlias = Literal["opened", "updated", "acknowledged", "resolved", "retracted"]

#: How grave a severity is.
_RANK = {severity: rank for rank, severity in enumerate(get_args(Severity))}


class ProtocolError(Exception):
    """The client's message cannot be understood; the text says why."""


class AlertHead(Struct, frozen=True):
    """What the stream itself reads of an alert; the rest passes through as it is."""

    id: str
    revision: int
    token: str
    pattern: Pattern
    severity: Severity
    score: float
    status: Status
    part_of: str | None = None

    @property
    def change(self) -> ChangeType:
        if self.revision == 1:
            return "opened"
        return "updated" if self.status == "open" else self.status

    @property
    def is_live(self) -> bool:
        """Whether it belongs into a snapshot."""
        return self.status in ("open", "acknowledged")


class Filter(Struct, frozen=True, forbid_unknown_fields=True):
    """Which alerts a subscriber wants; an absent condition lets everything pass."""

    token: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    pattern: Pattern | None = None
    #: The least one: whoever asks for high must not miss what is critical.
    severity: Severity | None = None
    min_score: Annotated[float, Meta(ge=0, le=1)] | None = None
    #: One alert an event: what is part of another alert's event is left out.
    standalone: bool = False

    def passes(self, alert: AlertHead) -> bool:
        return (
            (self.token is None or alert.token == self.token)
            and (self.pattern is None or alert.pattern == self.pattern)
            and (self.severity is None or _RANK[alert.severity] >= _RANK[self.severity])
            and (self.min_score is None or alert.score >= self.min_score)
            and not (self.standalone and alert.part_of is not None)
        )


class Authenticate(Struct, frozen=True, tag_field="type", tag="authenticate"):
    """For browsers, which cannot set headers: the first message, when tokens are required."""

    token: Annotated[str, Meta(max_length=1024)]


class Subscribe(Struct, frozen=True, tag_field="type", tag="subscribe", forbid_unknown_fields=True):
    """Begin anew: with a filter, and after ``seq`` of ``epoch`` when both are given."""

    epoch: Annotated[str, Meta(max_length=100)] | None = None
    seq: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    filter: Filter | None = None


ClientMessage: TypeAlias = Authenticate | Subscribe

_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_head_decoder = msgspec.json.Decoder(AlertHead)
_encode = msgspec.json.Encoder().encode


def decode_client_message(text: str) -> ClientMessage:
    """Raises ``ProtocolError`` with the reason and, where there is one, the path to it."""
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ProtocolError(str(error)) from error


def decode_alert_head(alert_json: str | bytes) -> AlertHead:
    """Raises ``msgspec.MsgspecError`` when it is no alert."""
    return _head_decoder.decode(alert_json)


def hello(epoch: str, seq: int, heartbeat_s: float) -> str:
    return _frame(type="hello", epoch=epoch, seq=seq, heartbeat_s=heartbeat_s)


def snapshot(seq: int, alerts: list[str], more: bool) -> str:
    """``alerts`` are JSON texts; ``more`` announces a further part of the same snapshot."""
    flag = "true" if more else "false"
    return f'{{"type":"snapshot","seq":{seq},"more":{flag},"alerts":[{",".join(alerts)}]}}'


def change(kind: ChangeType, seq: int, previous_seq: int, alert_json: str) -> str:
    return f'{{"type":"{kind}","seq":{seq},"previous_seq":{previous_seq},"alert":{alert_json}}}'


def subscribed(recovered: bool, seq: int, oldest_seq: int) -> str:
    """``seq`` is the head; ``oldest_seq`` the smallest one from which recovery is possible."""
    return _frame(type="subscribed", recovered=recovered, seq=seq, oldest_seq=oldest_seq)


def heartbeat(seq: int | None, database_up: bool) -> str:
    """``seq`` is null as long as the database was never reached since the API started."""
    return _frame(type="heartbeat", seq=seq, database="up" if database_up else "down")


def error(code: str, reason: str) -> str:
    return _frame(type="error", code=code, reason=reason)


def shutdown() -> str:
    return _frame(type="shutdown")


def _frame(**fields: Any) -> str:
    return _encode(fields).decode()
