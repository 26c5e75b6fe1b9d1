"""Posts as NDJSON."""

from __future__ import annotations

import json

import pytest

from producers.recorded.posts import PostParser
from schemas.codec import InvalidRecordError
from tests.producers.recordings import START_MS, post


def parse(fields):
    return PostParser().parse(json.dumps(fields).encode())


def test_a_post_is_taken_as_it_is():
    time_ms, token, event = parse(post())
    assert (time_ms, token, event.id, event.text) == (START_MS, "OAX", "reddit:p1:OAX", event.text)


def test_a_missing_id_is_derived():
    fields = post()
    del fields["id"]
    assert parse(fields)[2].id == "reddit:p1:OAX"


def test_times_of_other_zones_are_written_in_utc():
    fields = post() | {"event_time": "2018-08-17T18:00:00+02:00"}
    assert parse(fields)[2].event_time == "2018-08-17T16:00:00.000Z"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": None}, "text"),
        ({"author_followers": -1}, "author_followers"),
        ({"event_time": "2018-08-17T16:00:00.000"}, "no time zone"),
        ({"event_time": "1999-08-17T16:00:00.000Z"}, "year out of range"),
        ({"token": ""}, "token"),
    ],
)
def test_a_bad_post_says_why(changes, reason):
    with pytest.raises(InvalidRecordError, match=reason):
        parse(post() | changes)


@pytest.mark.parametrize("line", [b"{", b"[1]", b"3", b"\xff", b"{}"])
def test_what_is_no_post_is_refused(line):
    with pytest.raises(InvalidRecordError):
        PostParser().parse(line)
