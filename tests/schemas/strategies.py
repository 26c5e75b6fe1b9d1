"""Records as hypothesis makes them: any text and any time that the contracts allow."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from schemas.alerts import (
    Alert,
    DeadLetter,
    Evidence,
    InputReference,
    Pattern,
    Severity,
    Signal,
    SignalKind,
    Status,
)
from schemas.events import (
    Control,
    Finality,
    Holder,
    Liquidity,
    Post,
    Profile,
    Tick,
    Transfer,
)
from schemas.payloads import RawPayload
from schemas.times import EARLIEST_MS, LATEST_MS, rfc3339
from schemas.verdicts import JUDGEMENTS, Verdict

Event = Post | Tick | Transfer | Liquidity | Profile | Finality
Record = Event | Control | Signal | Alert | DeadLetter | RawPayload | Verdict

TIMES_MS = st.integers(EARLIEST_MS, LATEST_MS - 1)

_names = st.text(min_size=1, max_size=30)
_texts = st.text(max_size=60)
_times = TIMES_MS.map(rfc3339)
_counts = st.integers(0, 2**53)
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_decimals = (
    st.decimals("0.000000000000000001", "1e30", allow_nan=False, allow_infinity=False)
    .map(lambda number: f"{number:f}")
    .filter(lambda text: len(text) <= 100)
)
_confirmations = st.sampled_from(["pending", "confirmed"])
_origins = st.sampled_from(["live", "backfill"])
_event = {"id": _names, "token": _names, "symbol": _names, "event_time": _times}

POSTS = st.builds(
    Post,
    **_event,
    source=_names,
    post_id=_names,
    author=_names,
    text=_texts,
    author_created_at=st.none() | _times,
    author_followers=st.none() | _counts,
    language=st.none() | _texts,
    urls=st.lists(_texts, max_size=3),
    cashtags=st.lists(_texts, max_size=2),
    contracts=st.lists(_texts, max_size=2),
    group=st.none() | _texts,
    repost=st.booleans(),
    repost_of=st.none() | _texts,
    confidence=st.floats(0, 1),
    origin=_origins,
)
TICKS = st.builds(
    Tick,
    **_event,
    source=_names,
    price=_decimals,
    amount=_decimals,
    kind=st.sampled_from(["trade", "quote", "candle"]),
    open=_decimals,
    high=_decimals,
    low=_decimals,
    interval_ms=st.integers(1, 2**40),
    chain=st.none() | _texts,
    contract=st.none() | _texts,
    transaction=st.none() | _texts,
    log_index=st.none() | _counts,
    block_number=st.none() | _counts,
    block_hash=st.none() | _texts,
    confirmation=_confirmations,
    side=st.sampled_from([None, "buy", "sell"]),
    venue=st.none() | _texts,
    trade_id=st.none() | _texts,
    origin=_origins,
)
TRANSFERS = st.builds(
    Transfer,
    **_event,
    source=_names,
    chain=_names,
    contract=_texts,
    transaction=_names,
    log_index=_counts,
    from_address=_names,
    to_address=_names,
    amount=_decimals,
    block_number=st.none() | _counts,
    block_hash=st.none() | _texts,
    confirmation=_confirmations,
    origin=_origins,
)
LIQUIDITY = st.builds(
    Liquidity,
    **_event,
    source=_names,
    chain=_names,
    pool=_names,
    transaction=_names,
    log_index=_counts,
    action=st.sampled_from(["pool_created", "added", "removed", "reserves", "shares_moved"]),
    quote=st.none() | _texts,
    token_amount=st.none() | _decimals,
    quote_amount=st.none() | _decimals,
    liquidity=st.none() | _decimals,
    total_liquidity=st.none() | _decimals,
    from_address=st.none() | _texts,
    to_address=st.none() | _texts,
    block_number=st.none() | _counts,
    block_hash=st.none() | _texts,
    confirmation=_confirmations,
    origin=_origins,
)
PROFILES = st.builds(
    Profile,
    **_event,
    source=_names,
    chain=_names,
    contract=_names,
    creator=st.none() | _texts,
    creation_transaction=st.none() | _texts,
    created_at=st.none() | _times,
    source_verified=st.none() | st.booleans(),
    total_supply=st.none() | _decimals,
    holders=st.lists(st.builds(Holder, address=_names, amount=_decimals), max_size=3),
    origin=_origins,
)
FINALITIES = st.builds(
    Finality,
    **_event,
    source=_names,
    chain=_names,
    topic=st.sampled_from(["ticks", "transfers"]),
    of=_names,
    status=st.sampled_from(["confirmed", "retracted"]),
    block_number=st.none() | _counts,
    block_hash=st.none() | _texts,
    origin=_origins,
)
RAW_PAYLOADS = st.builds(
    RawPayload,
    source=_names,
    kind=_names,
    received_at=_times,
    body=st.binary(max_size=60),
)
CONTROLS = st.builds(
    Control,
    control=st.sampled_from(["open", "watermark", "close"]),
    session=_names,
    writer=_names,
    watermark=_times,
)
SIGNALS = st.builds(
    Signal,
    **_event,
    kind=st.sampled_from(get_args(SignalKind)),
    window_ms=_counts,
    values=st.dictionaries(_texts, _numbers, max_size=4),
    price=st.none() | _decimals,
    volume=st.none() | _decimals,
)
ALERTS = st.builds(
    Alert,
    **_event,
    revision=st.integers(1, 1000),
    pattern=st.sampled_from(get_args(Pattern)),
    phase=_texts,
    severity=st.sampled_from(get_args(Severity)),
    score=st.floats(0, 1),
    status=st.sampled_from(get_args(Status)),
    onset_estimate=_times,
    ended_at=st.none() | _times,
    detected_at=_times,
    explanation=_texts,
    evidence=st.lists(
        st.builds(
            Evidence,
            feature=_texts,
            value=_numbers,
            baseline=st.none() | _numbers,
            threshold=st.none() | _numbers,
            weight=_numbers,
        ),
        max_size=2,
    ),
    inputs=st.lists(
        st.builds(InputReference, topic=_texts, partition=_counts, offset=_counts), max_size=2
    ),
    detector_version=_texts,
)
DEAD_LETTERS = st.builds(
    DeadLetter,
    reason=_texts,
    stage=_texts,
    value=st.binary(max_size=60),
    key=st.none() | st.binary(max_size=20),
    topic=st.none() | _texts,
    partition=st.none() | _counts,
    offset=st.none() | _counts,
    file=st.none() | _texts,
    line=st.none() | _counts,
    failed_at=_times,
)
VERDICTS = st.builds(
    Verdict,
    id=_names,
    alert_id=_names,
    pattern=st.sampled_from(get_args(Pattern)),
    detector_version=_texts,
    token=_names,
    score=st.floats(0, 1),
    opening_score=st.floats(0, 1),
    verdict=st.sampled_from(JUDGEMENTS),
    note=st.none() | _texts,
    given_by=_names,
    given_at=_times,
)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    POSTS,
    TICKS,
    TRANSFERS,
    LIQUIDITY,
    PROFILES,
    FINALITIES,
    CONTROLS,
    SIGNALS,
    ALERTS,
    DEAD_LETTERS,
    RAW_PAYLOADS,
    VERDICTS,
)
