"""Events and signals: every value arrives as it was sent, once, whatever comes beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import msgspec
import pytest

from memewatch.settings import Settings
from schemas.codec import encode
from schemas.events import Post
from sinks.main import BULK
from tests.sinks.stage import (
    AUGUST_2018_MS,
    candle,
    control,
    finality,
    liquidity,
    post,
    profile,
    publish,
    running,
    signal,
    tick,
    transfer,
    until_count,
    until_stored,
)

pytestmark = pytest.mark.integration

_MILLISECOND = timedelta(milliseconds=1)


async def test_every_value_arrives_as_it_was_sent(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    records = [tick(1), post(2), transfer(3), signal(4), control("ticks"), control("posts")]
    await publish(sink_settings, records)
    async with running(sink_settings, BULK):
        await until_stored(database, sink_settings, len(records))

    traded = await database.fetchrow("select * from ticks")
    assert str(traded["price"]) == "0.00001234500"
    assert str(traded["amount"]) == "12.50"
    assert traded["event_time"] == datetime(2018, 8, 17, 16, 0, 0, 1000, UTC)
    posted = await database.fetchrow("select * from posts")
    assert posted["text"] == "to the moon 🚀"
    assert posted["urls"] == ["https://example.org/a", "https://example.org/b"]
    moved = await database.fetchrow("select * from transfers")
    assert moved["amount"] == Decimal("123456789012345678901234567890.123456789012345678")
    seen = await database.fetchrow("select * from signals")
    assert json.loads(seen["values"]) == {"open": 0.1, "trades": 3.0}
    assert (str(seen["price"]), seen["kind"], seen["window_ms"]) == ("0.100", "trading", 10_000)
    for table in ("ticks", "posts", "transfers", "signals"):
        assert await database.fetchval(f"select count(*) from {table}") == 1


async def test_what_a_topic_holds_goes_to_the_table_of_its_kind(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    later = AUGUST_2018_MS + 60_000
    records = [
        transfer(1, confirmation="pending"),
        liquidity(2),
        profile(3),
        finality("chain:block:tx:1", "transfers", later),
        finality("venue:4", "ticks", later, status="confirmed"),
        tick(4, chain="ethereum", contract="0xpool", log_index=7, confirmation="pending"),
        candle(5),
        post(6, group="r/x", cashtags=["$TOK"], contracts=["0xc0"], repost_of="9", confidence=0.3),
    ]
    await publish(sink_settings, [*records, *records])
    async with running(sink_settings, BULK):
        await until_stored(database, sink_settings, 2 * len(records))

    counts = {
        table: await database.fetchval(f"select count(*) from {table}")
        for table in ("transfers", "liquidity", "profiles", "finality", "ticks", "posts")
    }
    expected = {"transfers": 1, "liquidity": 1, "profiles": 1, "finality": 2, "ticks": 2}
    assert counts == expected | {"posts": 1}
    removed = await database.fetchrow("select * from liquidity")
    assert str(removed["token_amount"]) == "123456789.000000000000000001"
    assert (removed["action"], removed["total_liquidity"]) == ("removed", None)
    known = await database.fetchrow("select * from profiles")
    assert json.loads(known["holders"]) == [{"address": "0xaa", "amount": "12.000000000000000001"}]
    assert known["created_at"] == datetime(2018, 8, 17, 15, 59, 59, tzinfo=UTC)
    decided = await database.fetch('select "of", topic, status from finality order by topic')
    assert [tuple(row) for row in decided] == [
        ("venue:4", "ticks", "confirmed"),
        ("chain:block:tx:1", "transfers", "retracted"),
    ]
    ticks = await database.fetch(
        "select kind, high, interval_ms, log_index, confirmation from ticks"
    )
    assert {row["kind"]: tuple(row)[1:] for row in ticks} == {
        "trade": (None, None, 7, "pending"),
        "candle": (Decimal("0.30"), 60_000, None, "confirmed"),
    }
    said = await database.fetchrow("select * from posts")
    assert (said["group"], said["repost_of"], said["confidence"]) == ("r/x", "9", 0.3)
    assert (said["cashtags"], said["contracts"]) == (["$TOK"], ["0xc0"])
    # When a block was decided is not when its token was alive.
    times = await database.fetch("select last_event_time from tokens where token = 'TOK'")
    assert [row["last_event_time"] for row in times] == [removed["event_time"] + 4 * _MILLISECOND]


async def test_what_is_published_twice_is_stored_once(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    first = [tick(number) for number in range(60)]
    async with running(sink_settings, BULK) as metrics:
        await publish(sink_settings, [*first[:30], *first[:30], signal(1), signal(1)])
        await until_count(database, "ticks", 30)
        await publish(sink_settings, first)
        await until_count(database, "ticks", 60)
        await publish(sink_settings, [*first, tick(60)])
        await until_count(database, "ticks", 61)
        await until_stored(database, sink_settings, 62 + 60 + 61)
    assert metrics.registry.get_sample_value(
        "memewatch_sink_repeats_total", {"table": "ticks"}
    ) == (60 + 60 + 61 - 61)
    assert await database.fetchval("select count(*) from signals") == 1


async def test_each_event_finds_the_partition_of_its_month(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    in_2031 = 1_924_992_000_000
    last_of_december = 1_924_991_999_999
    await publish(
        sink_settings,
        [tick(0), tick(0, in_2031, id="b"), post(0, in_2031), tick(0, last_of_december, id="c")],
    )
    async with running(sink_settings, BULK):
        await until_stored(database, sink_settings, 4)
    rows = await database.fetch(
        "select tableoid::regclass::text as place, id from ticks order by id"
    )
    assert [tuple(row) for row in rows] == [
        ("ticks_2031_01", "b"),
        ("ticks_2030_12", "c"),
        ("ticks_2018_08", "venue:0"),
    ]
    assert await database.fetchval("select count(*) from posts_2031_01") == 1


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (post(5, text="a\0b"), "0x00"),
        (post(5, schema_version=2**40), "out of range"),
        (post(5, author_created_at="the day before yesterday"), "not a time"),
    ],
    ids=["NUL in text", "number out of range", "malformed optional time"],
)
async def test_a_row_that_cannot_be_stored_is_a_dead_letter_and_the_rest_goes_on(
    sink_settings: Settings,
    database: asyncpg.Connection,
    broken: tuple[str, str, bytes],
    reason: str,
) -> None:
    good = [post(number) for number in range(20) if number != 5]
    await publish(sink_settings, [*good[:7], broken, *good[7:], tick(1)])
    async with running(sink_settings, BULK) as metrics:
        await until_count(database, "posts", 19)
        await until_count(database, "dead_letters", 1)
    letter = await database.fetchrow("select * from dead_letters")
    assert reason in letter["reason"]
    assert letter["value"] == broken[2]
    assert (letter["stage"], letter["topic"]) == ("sink", sink_settings.namespace + "posts")
    assert letter["key"] == b"TOK"
    assert (
        metrics.registry.get_sample_value("memewatch_sink_dead_letters_total", {"topic": "posts"})
        == 1
    )
    assert await database.fetchval("select count(*) from ticks") == 1


async def test_undecodable_signals_are_dead_letters_and_undecodable_events_are_the_processors(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    no_year = post(1, event_time="0001-01-01T00:00:00.000Z")
    await publish(
        sink_settings, [("signals", "TOK", b"{"), ("ticks", "TOK", b"nonsense"), no_year, tick(1)]
    )
    async with running(sink_settings, BULK) as metrics:
        await until_count(database, "dead_letters", 1)
        await until_stored(database, sink_settings, 5)
    letter = await database.fetchrow("select topic, value from dead_letters")
    assert tuple(letter) == (sink_settings.namespace + "signals", b"{")
    counted = {
        topic: metrics.registry.get_sample_value(
            "memewatch_sink_undecodable_total", {"topic": topic}
        )
        for topic in ("signals", "ticks", "posts")
    }
    assert counted == {"signals": 1, "ticks": 1, "posts": 1}


async def test_something_strange_among_the_dead_letters_is_kept_and_does_not_go_round(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    await publish(sink_settings, [("dead-letters", None, b"\xff\x00 strange")] * 2)
    async with running(sink_settings, BULK):
        await until_stored(database, sink_settings, 2)
    letters = await database.fetch("select reason, value from dead_letters")
    assert [letter["value"] for letter in letters] == [b"\xff\x00 strange"]
    assert letters[0]["reason"].startswith("not a dead letter")


async def test_tokens_know_their_first_and_last_event(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    def of(number: int, symbol: str) -> tuple[str, str | None, bytes]:
        return tick(number, token="chain:0xc0", symbol=symbol)

    async with running(sink_settings, BULK):
        await publish(sink_settings, [of(500, "NEW"), of(400, "NEW")])
        await until_count(database, "ticks", 2)
        await publish(sink_settings, [of(100, "OLD"), of(450, "OLD")])
        await until_count(database, "ticks", 4)
    row = await database.fetchrow("select * from tokens")
    milliseconds = [round(row[f"{end}_event_time"].timestamp() * 1000) for end in ("first", "last")]
    assert milliseconds == [AUGUST_2018_MS + 100, AUGUST_2018_MS + 500]
    assert row["symbol"] == "NEW"


async def test_a_time_with_another_offset_is_the_same_moment(
    sink_settings: Settings, database: asyncpg.Connection
) -> None:
    _, key, value = post(0)
    moved = msgspec.structs.replace(
        msgspec.json.decode(value, type=Post), event_time="2018-08-31T23:30:00.1239-02:00"
    )
    await publish(sink_settings, [("posts", key, encode(moved))])
    async with running(sink_settings, BULK):
        await until_stored(database, sink_settings, 1)
    time = await database.fetchval("select event_time from posts_2018_09")
    assert time == datetime(2018, 9, 1, 1, 30, 0, 123_000, UTC)
