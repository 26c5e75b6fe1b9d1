"""The one codec of all stages: JSON through msgspec, validated on the way in.

``decode_*`` raise ``InvalidRecordError`` with a reason a person can act on, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import msgspec

from schemas.alerts import Alert, DeadLetter, Signal
from schemas.events import Control, Event, Finality, Liquidity, Post, Profile, Tick, Transfer
from schemas.payloads import RawPayload
from schemas.times import EARLIEST_MS, LATEST_MS, parse_rfc3339
from schemas.topics import POSTS, TICKS, TRANSFERS
from schemas.verdicts import Verdict

T = TypeVar("T")


class InvalidRecordError(ValueError):
    """The bytes are no valid record; the message says why."""


_encoder = msgspec.json.Encoder(decimal_format="string")


def encode(record: msgspec.Struct) -> bytes:
    """JSON bytes of any struct of ``schemas``."""
    return _encoder.encode(record)


def _decoder(kind: type[T]) -> Callable[[bytes], T]:
    decoder = msgspec.json.Decoder(kind)

    def decode(value: bytes) -> T:
        try:
            return decoder.decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InvalidRecordError(str(error)) from error

    return decode


class _Typed(msgspec.Struct):
    type: str | None = None


_post = _decoder(Post)
_tick = _decoder(Tick)
_transfer = _decoder(Transfer)
#: Records of the further kinds begin so, as ``encode`` writes them.
_TYPED = b'{"type":'
_typed = _decoder(_Typed)
_finality = _decoder(Finality)
_on_chain = _decoder(Liquidity | Profile | Finality)  # type: ignore[arg-type]
decode_control: Callable[[bytes], Control] = _decoder(Control)
decode_signal: Callable[[bytes], Signal] = _decoder(Signal)
decode_alert: Callable[[bytes], Alert] = _decoder(Alert)
decode_dead_letter: Callable[[bytes], DeadLetter] = _decoder(DeadLetter)
decode_raw_payload: Callable[[bytes], RawPayload] = _decoder(RawPayload)
decode_verdict: Callable[[bytes], Verdict] = _decoder(Verdict)


def decode_post(value: bytes) -> Post:
    return _post(value)


def decode_tick(value: bytes) -> Tick:
    tick = _tick(value)
    positive_number("price", tick.price)
    if tick.amount is not None:
        non_negative_number("amount", tick.amount)
    elif tick.kind == "trade":
        raise InvalidRecordError("a trade needs an amount - at `$.amount`")
    if tick.kind == "candle":
        _check_candle(tick)
    return tick


def decode_transfer(value: bytes) -> Transfer:
    transfer = _transfer(value)
    non_negative_number("amount", transfer.amount)
    return transfer


def decode_tick_event(value: bytes) -> Tick | Finality:
    """What may stand in the topic of ticks."""
    if value.startswith(_TYPED):
        return _finality(value)
    try:
        return decode_tick(value)
    except InvalidRecordError:
        if _is_typed(value):
            return _finality(value)
        raise


def decode_chain_event(value: bytes) -> Transfer | Liquidity | Profile | Finality:
    """What may stand in the topic of transfers: all that happens on chains but trades."""
    if not value.startswith(_TYPED):
        try:
            return decode_transfer(value)
        except InvalidRecordError:
            if not _is_typed(value):
                raise
    event: Liquidity | Profile | Finality = _on_chain(value)
    if isinstance(event, Liquidity):
        for name in ("token_amount", "quote_amount", "liquidity", "total_liquidity"):
            if (amount := getattr(event, name)) is not None:
                non_negative_number(name, amount)
    elif isinstance(event, Profile):
        for holder in event.holders:
            non_negative_number("holders", holder.amount)
        if event.total_supply is not None:
            non_negative_number("total_supply", event.total_supply)
    return event


def topic_of(event: Event) -> str:
    """The topic an event belongs to."""
    return event.topic if isinstance(event, Finality) else _TOPICS[type(event)]


def _is_typed(value: bytes) -> bool:
    """Whether somebody else wrote a further kind, with its type not in the first place."""
    try:
        return _typed(value).type is not None
    except InvalidRecordError:
        return False


def _check_candle(tick: Tick) -> None:
    if tick.interval_ms is None:
        raise InvalidRecordError("a candle needs its interval - at `$.interval_ms`")
    for name in ("open", "high", "low"):
        if (price := getattr(tick, name)) is None:
            raise InvalidRecordError(f"a candle needs its {name} - at `$.{name}`")
        positive_number(name, price)


def event_time_ms(event: Event) -> int:
    """The event's time in milliseconds; raises ``InvalidRecordError`` outside 2009..2100."""
    try:
        milliseconds = parse_rfc3339(event.event_time)
    except ValueError as error:
        raise InvalidRecordError(f"{error} - at `$.event_time`") from error
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        raise InvalidRecordError(f"year out of range: {event.event_time} - at `$.event_time`")
    return milliseconds


def non_negative_number(name: str, text: str) -> float:
    """The float value of a decimal string; raises ``InvalidRecordError`` unless finite and ≥ 0."""
    try:
        number = float(text)
    except ValueError:
        raise InvalidRecordError(f"not a decimal number: {text!r} - at `$.{name}`") from None
    if not math.isfinite(number) or number < 0 or "_" in text:
        raise InvalidRecordError(f"must be finite and not negative: {text!r} - at `$.{name}`")
    return number


def positive_number(name: str, text: str) -> float:
    """The float value of a decimal string; raises ``InvalidRecordError`` unless finite and > 0."""
    number = non_negative_number(name, text)
    if number <= 0:
        raise InvalidRecordError(f"must be above zero: {text!r} - at `$.{name}`")
    return number


EVENT_DECODERS: dict[str, Callable[[bytes], Event]] = {
    POSTS.name: decode_post,
    TICKS.name: decode_tick_event,
    TRANSFERS.name: decode_chain_event,
}
_TOPICS: dict[type, str] = {
    Post: POSTS.name,
    Tick: TICKS.name,
    Transfer: TRANSFERS.name,
    Liquidity: TRANSFERS.name,
    Profile: TRANSFERS.name,
}
