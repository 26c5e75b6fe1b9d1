"""Whatever is encoded comes back equal, and whatever is no record is refused with a reason."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec
from schemas.alerts import Alert, DeadLetter, Signal
from schemas.codec import InvalidRecordError, encode
from schemas.events import Control, Finality, Liquidity, Post, Profile, Tick, Transfer
from schemas.payloads import RawPayload
from schemas.verdicts import Verdict
from tests.schemas.strategies import FINALITIES, LIQUIDITY, RECORDS, TICKS, Record

DECODERS: dict[type[Any], Callable[[bytes], Any]] = {
    Post: codec.decode_post,
    Tick: codec.decode_tick_event,
    Transfer: codec.decode_chain_event,
    Liquidity: codec.decode_chain_event,
    Profile: codec.decode_chain_event,
    Finality: codec.decode_chain_event,
    Control: codec.decode_control,
    Signal: codec.decode_signal,
    Alert: codec.decode_alert,
    DeadLetter: codec.decode_dead_letter,
    RawPayload: codec.decode_raw_payload,
    Verdict: codec.decode_verdict,
}
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


@given(RECORDS)
def test_a_record_comes_back_equal(record: Record) -> None:
    assert DECODERS[type(record)](encode(record)) == record


@given(st.sampled_from(list(DECODERS)), st.binary(max_size=80))
def test_bytes_that_are_no_record_are_refused_with_a_reason(kind: type[Any], value: bytes) -> None:
    with pytest.raises(InvalidRecordError, match=r"\w"):
        DECODERS[kind](value)


@given(RECORDS, st.data())
def test_a_record_with_one_field_replaced_is_read_or_refused_and_nothing_else(
    record: Record, data: st.DataObject
) -> None:
    fields = msgspec.json.decode(encode(record))
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(_json)
    with contextlib.suppress(InvalidRecordError):
        decoded = DECODERS[type(record)](msgspec.json.encode(fields))
        # Another ``type`` makes it another kind.
        assert isinstance(decoded, type(record)) or "type" in fields


@given(LIQUIDITY | FINALITIES)
def test_a_further_kind_is_known_wherever_its_type_stands(record: Liquidity | Finality) -> None:
    fields = msgspec.json.decode(encode(record))
    kind = fields.pop("type")
    assert codec.decode_chain_event(msgspec.json.encode({**fields, "type": kind})) == record


@given(FINALITIES)
def test_finality_is_read_in_both_topics_it_may_stand_in(finality: Finality) -> None:
    assert codec.EVENT_DECODERS[codec.topic_of(finality)](encode(finality)) == finality
    assert codec.decode_tick_event(encode(finality)) == finality


@given(TICKS, st.sampled_from(["-1", "nan", "inf", "1_000", "0x10", "", "1e400", "free"]))
def test_an_amount_that_is_no_number_of_tokens_is_refused(tick: Tick, amount: str) -> None:
    with pytest.raises(InvalidRecordError, match="amount"):
        codec.decode_tick(encode(msgspec.structs.replace(tick, amount=amount)))


@given(TICKS)
def test_a_price_of_zero_and_a_trade_without_an_amount_are_refused(tick: Tick) -> None:
    with pytest.raises(InvalidRecordError, match="price"):
        codec.decode_tick(encode(msgspec.structs.replace(tick, price="0.000")))
    with pytest.raises(InvalidRecordError, match="amount"):
        codec.decode_tick(encode(msgspec.structs.replace(tick, kind="trade", amount=None)))


@given(TICKS, st.sampled_from(["2008-12-31T23:59:59.999Z", "2100-01-01T00:00:00.000Z"]))
def test_a_year_nobody_traded_in_is_refused(tick: Tick, event_time: str) -> None:
    with pytest.raises(InvalidRecordError, match="year out of range"):
        codec.event_time_ms(msgspec.structs.replace(tick, event_time=event_time))


@given(TICKS, st.text(min_size=20, max_size=35))
def test_a_time_that_is_none_is_refused(tick: Tick, event_time: str) -> None:
    with pytest.raises(InvalidRecordError, match="event_time"):
        codec.event_time_ms(msgspec.structs.replace(tick, event_time=event_time))
