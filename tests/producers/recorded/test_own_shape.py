"""Pools, profiles and finality as NDJSON in the product's own shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from producers.recorded.files import survey
from producers.recorded.own_shape import OwnShapeParser
from producers.recorded.reading import read_events
from producers.source import Rejected
from schemas.codec import InvalidRecordError, encode
from schemas.events import Event, Finality, Liquidity, Profile, Tick, Transfer
from schemas.times import rfc3339
from tests.producers.recordings import START_MS, write_lines, write_objects

COMMON: dict[str, Any] = {
    "token": "OAX",
    "symbol": "OAX",
    "source": "node",
    "event_time": rfc3339(START_MS),
    "chain": "ethereum",
}
PLACE: dict[str, Any] = {"transaction": "0xab", "log_index": 3}
PENDING: dict[str, Any] = {"confirmation": "pending", "block_number": 7, "block_hash": "0x7"}
LIQUIDITY = Liquidity(
    id="p", pool="0x9", action="removed", quote="WETH", quote_amount="1.5", **COMMON, **PLACE
)
PROFILE = Profile(id="c", contract="0x7", creator="0x1", source_verified=False, **COMMON)
TRANSFER = Transfer(
    id="t", contract="0x7", from_address="0x1", to_address="0x2", amount="3", **COMMON, **PLACE
)
TICK = Tick(id="s", price="0.01", amount="2", side="buy", **COMMON, **PLACE)
RETRACTED = Finality(id="f", topic="transfers", of="t", status="retracted", **COMMON)
TICK_RETRACTED = Finality(id="g", topic="ticks", of="s", status="retracted", **COMMON)


def fields_of(event: Event) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(encode(event))
    return fields


@pytest.mark.parametrize(
    ("event", "topic"),
    [
        (LIQUIDITY, "transfers"),
        (PROFILE, "transfers"),
        (TRANSFER, "transfers"),
        (RETRACTED, "transfers"),
        (TICK, "ticks"),
        (TICK_RETRACTED, "ticks"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("name", ["rows.ndjson", "rows.gz"])
def test_each_kind_is_told_by_its_content_and_read_as_it_is(tmp_path, event, topic, name):
    path = write_lines(tmp_path / name, [encode(event).decode()])
    file, problem = survey(path)
    assert problem is None
    assert file.parser is not None
    assert file.parser.topic == topic
    assert list(read_events([path])) == [event]


def test_one_file_holds_all_that_happens_on_a_chain_in_its_order(tmp_path):
    pending = Transfer(
        **{name: getattr(TRANSFER, name) for name in TRANSFER.__struct_fields__} | PENDING
    )
    events = [pending, LIQUIDITY, PROFILE, RETRACTED]
    path = write_lines(tmp_path / "chain.ndjson", [encode(event).decode() for event in events])
    assert list(read_events([path])) == events


def test_the_type_may_stand_anywhere_in_the_row(tmp_path):
    fields = fields_of(LIQUIDITY)
    kind = fields.pop("type")
    path = write_objects(tmp_path / "pools.ndjson", [{**fields, "type": kind}])
    assert list(read_events([path])) == [LIQUIDITY]


def test_a_missing_id_is_the_place_in_the_chain():
    fields = fields_of(LIQUIDITY)
    del fields["id"]
    _, _, event = OwnShapeParser("transfers").parse(json.dumps(fields).encode())
    assert event.id == "ethereum:0xab:3"


def test_times_of_other_zones_are_written_in_utc():
    fields = fields_of(LIQUIDITY) | {"event_time": "2018-08-17T18:00:00+02:00"}
    time_ms, token, event = OwnShapeParser("transfers").parse(json.dumps(fields).encode())
    assert (time_ms, token, event.event_time) == (START_MS, "OAX", "2018-08-17T16:00:00.000Z")


@pytest.mark.parametrize(
    ("event", "changes", "reason"),
    [
        (LIQUIDITY, {"action": "eaten"}, "action"),
        (LIQUIDITY, {"quote_amount": "-1"}, "quote_amount"),
        (LIQUIDITY, {"event_time": "1999-08-17T16:00:00.000Z"}, "year out of range"),
        (PROFILE, {"total_supply": "many"}, "total_supply"),
        (PROFILE, {"type": "biography"}, "biography"),
        (RETRACTED, {"status": "doubtful"}, "status"),
        (RETRACTED, {"topic": "ticks"}, "belongs to ticks"),
        (TRANSFER, {"amount": "-3"}, "amount"),
    ],
)
def test_a_bad_row_says_why_and_the_others_are_read(tmp_path, event, changes, reason):
    good = fields_of(LIQUIDITY)
    path = write_objects(tmp_path / "rows.ndjson", [good, fields_of(event) | changes, good])
    file, _ = survey(path)
    assert (file.rows, file.bad) == (2, 1)
    [rejected] = [row[-1] for row in file.read() if isinstance(row[-1], Rejected)]
    assert rejected.line == 2
    assert reason in rejected.reason
    assert json.loads(rejected.value) == fields_of(event) | changes


@pytest.mark.parametrize("line", [b"{", b"[1]", b"3", b"\xff", b"{}"])
@pytest.mark.parametrize("topic", ["ticks", "transfers"])
def test_what_is_no_record_is_refused(line, topic):
    with pytest.raises(InvalidRecordError):
        OwnShapeParser(topic).parse(line)
