"""Logs say what is new, and what is repeated only now and then."""

from __future__ import annotations

import logging

from memewatch.logging import Repeats


def record(name: str, message: str, created: float) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, "file", 1, message, None, None)
    made.created = created
    return made


def test_what_a_kafka_client_repeats_is_said_twice_a_minute() -> None:
    repeats = Repeats(interval_s=30)
    text = "Unable connect to node with id %s"
    said = [repeats.filter(record("aiokafka", text, second)) for second in (100, 101, 129, 131)]
    assert said == [True, False, False, True]
    assert repeats.filter(record("aiokafka", "something else", 101))


def test_our_own_words_are_never_held_back() -> None:
    repeats = Repeats()
    assert all(repeats.filter(record("sinks.lane", "the same", 1.0)) for _ in range(3))
