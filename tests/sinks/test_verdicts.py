"""Verdicts: of one user's on one alert the latest is kept, whatever comes twice or broken."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from memewatch.settings import Settings
from schemas.codec import encode
from schemas.times import rfc3339
from schemas.verdicts import Verdict, verdict_id
from sinks.main import VERDICT
from tests.sinks.stage import (
    AUGUST_2018_MS,
    Published,
    publish,
    running,
    until_count,
    until_stored,
)
from tests.sinks.test_recovery import process

pytestmark = pytest.mark.integration


def verdict(alert: str, second: int = 0, by: str = "ann", **fields: Any) -> Published:
    values: dict[str, Any] = {
        "id": verdict_id(alert, by),
        "alert_id": alert,
        "pattern": "pump_and_dump",
        "detector_version": "1",
        "token": "TOK",
        "score": 0.1 + 0.2,
        "opening_score": 0.2,
        "verdict": "right",
        "given_by": by,
        "given_at": rfc3339(AUGUST_2018_MS + second * 1_000),
    }
    made = Verdict(**(values | fields))
    return "verdicts", made.id, encode(made)


async def stored(database: asyncpg.Connection) -> list[tuple[Any, ...]]:
    rows = await database.fetch(
        "select alert_id, given_by, verdict, note from verdicts order by alert_id, given_by"
    )
    return [tuple(row) for row in rows]


async def test_a_user_has_one_opinion_of_an_alert_and_it_is_the_latest(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    records = [
        verdict("A", 1, note="it fell"),
        verdict("A", 1, note="it fell"),
        verdict("A", 2, by="bob", verdict="unsure"),
        verdict("B", 3, verdict="wrong"),
        verdict("B", 3, verdict="right"),
        verdict("A", 4, verdict="wrong"),
        # Another API's clock was behind.
        verdict("A", 3, verdict="unsure"),
    ]
    async with running(sink_settings, VERDICT):
        await publish(sink_settings, records)
        await until_stored(database, sink_settings, len(records))
    expected = [
        ("A", "ann", "wrong", None),
        ("A", "bob", "unsure", None),
        ("B", "ann", "right", None),
    ]
    assert await stored(database) == expected
    assert await database.fetchval("select min(score) from verdicts") == 0.1 + 0.2

    # The whole log once more changes nothing.
    await database.execute("update positions set next_offset = 0")
    async with running(sink_settings, VERDICT):
        await until_stored(database, sink_settings, len(records))
    assert await stored(database) == expected


async def test_what_is_no_verdict_is_kept_as_a_dead_letter_and_nothing_waits_for_it(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    broken: list[Published] = [
        ("verdicts", "k", b'{"verdict":"maybe"}'),
        ("verdicts", "k", None),  # type: ignore[list-item]
        verdict("A", given_at="the day before yesterday"),
        verdict("A", note="\0"),
        verdict("A", schema_version=2**40),
    ]
    async with running(sink_settings):
        await publish(sink_settings, [*broken, verdict("B")])
        await until_count(database, "dead_letters", len(broken))
        await until_count(database, "verdicts", 1)


async def test_a_killed_sink_loses_no_verdict(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    with process(sink_settings) as sink:
        await publish(sink_settings, [verdict(f"A{n}") for n in range(200)])
        sink.kill()
    await publish(sink_settings, [verdict(f"A{n}", 9, verdict="wrong") for n in range(150, 300)])
    with process(sink_settings):
        await until_count(database, "verdicts", 300)
        await until_stored(database, sink_settings, 350)
    counts = await database.fetch("select verdict, count(*) from verdicts group by 1 order by 1")
    assert [tuple(row) for row in counts] == [("right", 150), ("wrong", 150)]
