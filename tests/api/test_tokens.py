"""The list of tokens and a token's series."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from memewatch.settings import Settings
from schemas.times import from_ms, rfc3339
from tests.api.running import Api
from tests.api.writer import START_MS, Writer, make_alert

pytestmark = pytest.mark.integration

HOUR_MS = 3_600_000


def trade(end_ms: int, price: str, **values: Any) -> dict[str, Any]:
    """A trading window of one buy at one price, changed by ``values``."""
    same = {"open": float(price), "high": float(price), "low": float(price), "close": float(price)}
    counts = {"trades": 1, "buys": 1, "volume": "2.5", "anomaly": 0.1}
    return {"end_ms": end_ms, "price": price, **same, **counts, **values}


def mention(end_ms: int, mentions: int, sentiment: float, **values: Any) -> dict[str, Any]:
    counts = {"mentions": mentions, "sentiment": sentiment, "authors": 1, "anomaly": 0.2}
    rolling = {
        "rolling_sentiment": sentiment / 2,
        "adjusted_sentiment": sentiment / 5,
        "creator_sentiment": sentiment / 10,
        "bot_share": 0.125,
    }
    return {"end_ms": end_ms, **counts, **rolling, **values}


async def test_tokens_show_price_change_and_open_alerts_newest_first(
    api: Api, writer: Writer
) -> None:
    await writer.token("OLD", START_MS)
    await writer.token("eth:0xAb/1", START_MS + 30 * HOUR_MS, symbol="CAT")
    await writer.signals(
        "eth:0xAb/1",
        "trading",
        [
            trade(START_MS, "5"),  # 30 hours before the last one: out of sight
            trade(START_MS + 6 * HOUR_MS, "0.00000040"),
            trade(START_MS + 30 * HOUR_MS, "0.00000050"),
        ],
    )
    await writer.alerts(
        make_alert(1, token="eth:0xAb/1"),
        make_alert(2, token="eth:0xAb/1", status="acknowledged"),
        make_alert(3, token="eth:0xAb/1", status="resolved"),
        make_alert(4, token="OLD"),
    )
    page = await api.get("/tokens")
    newest, oldest = page["items"]
    assert newest == {
        "token": "eth:0xAb/1",
        "symbol": "CAT",
        "first_event_time": rfc3339(START_MS + 30 * HOUR_MS),
        "last_event_time": rfc3339(START_MS + 30 * HOUR_MS),
        "price": "0.00000050",
        "price_time": rfc3339(START_MS + 30 * HOUR_MS),
        "change_24h": pytest.approx(0.25),
        "open_alerts": 2,
    }
    assert (oldest["token"], oldest["price"], oldest["change_24h"]) == ("OLD", None, None)
    assert (oldest["open_alerts"], page["next_cursor"]) == (1, None)


async def test_tokens_are_found_by_part_of_symbol_or_id(api: Api, writer: Writer) -> None:
    await writer.token("eth:0xABC", START_MS, symbol="DOGE")
    await writer.token("50%_OFF", START_MS + 1, symbol="SALE")
    for search, expected in (
        ("dog", ["eth:0xABC"]),
        ("0xabc", ["eth:0xABC"]),
        ("%", ["50%_OFF"]),
        ("_", ["50%_OFF"]),
        ("nothing", []),
    ):
        found = [item["token"] for item in (await api.get("/tokens", q=search))["items"]]
        assert (search, found) == (search, expected)
    assert "q: " in (await api.get("/tokens", 422, q=""))["detail"]


async def test_pages_of_tokens_join_to_the_whole_list(api: Api, writer: Writer) -> None:
    for number in range(11):
        await writer.token(f"T{number:02d}", START_MS + number // 3)
    whole = [item["token"] for item in (await api.get("/tokens"))["items"]]
    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("/tokens", limit=3, **cursor)
        paged += [item["token"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert paged == whole
    assert len(whole) == 11
    alerts_cursor = (await api.get("/alerts", 400, **cursor))["detail"]
    assert "another list" in alerts_cursor


async def test_a_series_sums_windows_into_equal_steps(api: Api, writer: Writer) -> None:
    token = "eth:0xAb/series"
    await writer.token(token, START_MS + 55_000)
    await writer.signals(
        token,
        "trading",
        [
            trade(START_MS, "9"),  # ends where the range begins: not in it
            trade(START_MS + 10_000, "1.0", open=0.9, high=1.5, low=0.8, trades=3, buys=2),
            trade(START_MS + 30_000, "1.2", high=1.3, low=0.00000001, anomaly=0.7, volume="0.5"),
            trade(START_MS + 60_000, "2"),
        ],
    )
    await writer.signals(
        token,
        "sentiment",
        [mention(START_MS + 10_000, 3, 0.5), mention(START_MS + 20_000, 1, -0.5, authors=4)],
    )
    await writer.signals(
        token, "flow", [{"end_ms": START_MS + 20_000, "transfers": 7, "anomaly": 0.9}]
    )
    begin, end = rfc3339(START_MS), rfc3339(START_MS + 60_000)
    path = f"/tokens/{quote(token, safe='')}/series"
    series = await api.get(path, from_=begin, to=end, points=2)
    items = series.pop("items")
    assert series == {"token": token, "symbol": token, "from": begin, "to": end, "step_ms": 30_000}
    assert items == [
        {
            "time": rfc3339(START_MS),
            "open": "0.9",
            "high": "1.5",
            "low": "0.00000001",
            "close": "1.2",
            "volume": "3.0",
            "trades": 4,
            "buy_share": 0.75,
            "mentions": 4,
            "authors": 4,
            "sentiment": pytest.approx(0.25),
            "rolling_sentiment": -0.25,
            "adjusted_sentiment": -0.1,
            "creator_sentiment": -0.05,
            "bot_share": 0.125,
            "transfers": 7,
            "anomaly_trading": 0.7,
            "anomaly_sentiment": 0.2,
            "anomaly_flow": 0.9,
        },
        {
            "time": rfc3339(START_MS + 30_000),
            "open": "2.0",
            "high": "2.0",
            "low": "2.0",
            "close": "2",
            "volume": "2.5",
            "trades": 1,
            "buy_share": 1.0,
            "mentions": 0,
            "authors": 0,
            "sentiment": None,
            "rolling_sentiment": None,
            "adjusted_sentiment": None,
            "creator_sentiment": None,
            "bot_share": None,
            "transfers": 0,
            "anomaly_trading": 0.1,
            "anomaly_sentiment": None,
            "anomaly_flow": None,
        },
    ]
    # The same with the slash as it stands, and with every default.
    assert (await api.get(f"/tokens/{token}/series", from_=begin, to=end, points=2))[
        "items"
    ] == items
    whole = await api.get(path)
    assert (whole["to"], whole["step_ms"], len(whole["items"])) == (end, 72_000, 300)
    assert sum(step["trades"] for step in whole["items"]) == 6
    # Finer than the windows there is nothing to show.
    fine = await api.get(path, from_=begin, to=end, points=2000)
    assert (fine["step_ms"], len(fine["items"])) == (10_000, 6)


async def test_every_window_counts_once_whatever_the_steps(api: Api, writer: Writer) -> None:
    await writer.token("T", START_MS + 359 * 10_000)
    await writer.signals("T", "trading", [trade(START_MS + n * 10_000, "1") for n in range(360)])
    begin, end = rfc3339(START_MS - 1), rfc3339(START_MS + 3_600_000)
    for points in (1, 7, 113, 359, 2000):
        series = await api.get("/tokens/T/series", from_=begin, to=end, points=points)
        assert len(series["items"]) <= points
        assert sum(step["trades"] for step in series["items"]) == 360


async def test_a_backfill_fills_what_the_workers_did_not_see(api: Api, writer: Writer) -> None:
    await writer.token("T", START_MS + 299_000)
    await writer.signals("T", "trading", [trade(START_MS + 10_000, "5")])
    # In a window that has its signal, in one that has none beside it, and a quote.
    await writer.tick("T", START_MS + 2_000, "9", amount="1")
    await writer.tick("T", START_MS + 12_000, "4", amount="2", side="buy")
    await writer.tick("T", START_MS + 13_000, "0.00000003", amount="100")
    await writer.tick("T", START_MS + 61_000, "6", kind="quote")
    # What the workers saw comes as their signals only.
    await writer.tick("T", START_MS + 62_000, "7", amount="1", origin="live")
    for number, author in enumerate(("a", "b", "a")):
        await writer.post("T", START_MS + 121_000 + number, author)
    await writer.post("T", START_MS + 122_000, "c", confidence=0.3)
    await writer.transfer("T", START_MS + 181_000)
    begin, end = rfc3339(START_MS), rfc3339(START_MS + 240_000)
    series = await api.get("/tokens/T/series", from_=begin, to=end, points=4)
    first, quoted, said, moved = series["items"]
    assert [first[name] for name in ("open", "high", "low", "close")] == [
        *("5.0", "5.0", "0.00000003", "0.00000003")
    ]
    assert (first["volume"], first["trades"]) == ("10.50000300", 3)
    assert first["buy_share"] == pytest.approx(2 / 3)
    assert (quoted["close"], quoted["volume"], quoted["trades"]) == ("6", "0", 0)
    assert (said["mentions"], said["authors"], said["sentiment"]) == (3, 2, None)
    assert moved["transfers"] == 1


async def test_candles_stand_in_where_there_is_no_price(api: Api, writer: Writer) -> None:
    await writer.token("T", START_MS + 299_000)
    prices = {"open": "2", "high": "6", "low": "1", "amount": "10"}
    for minute in (1, 2, 3):
        await writer.candle("T", START_MS + minute * 60_000, "5", 60_000, **prices)
    await writer.candle("T", START_MS + 180_000, "5", 180_000, **prices, origin="live")
    await writer.signals("T", "trading", [trade(START_MS + 130_000, "8")])
    begin = rfc3339(START_MS)
    minutes = await api.get(
        "/tokens/T/series", from_=begin, to=rfc3339(START_MS + 180_000), points=3
    )
    assert [(step["open"], step["close"], step["volume"]) for step in minutes["items"]] == [
        ("2", "5", "40"),
        ("2", "5", "40"),
        ("8.0", "8", "2.5"),
    ]
    assert [step["trades"] for step in minutes["items"]] == [0, 0, 1]


async def test_what_a_reorganised_block_held_is_not_in_a_series(api: Api, writer: Writer) -> None:
    await writer.token("T", START_MS + 299_000)
    pending = {"confirmation": "pending"}
    kept = await writer.tick("T", START_MS + 1_000, "4", amount="1", **pending)
    gone = await writer.tick("T", START_MS + 2_000, "9", amount="1", **pending)
    moved = await writer.transfer("T", START_MS + 3_000, **pending)
    await writer.finality("T", START_MS + 60_000, kept, "confirmed")
    await writer.finality("T", START_MS + 60_000, gone, "retracted")
    await writer.finality("T", START_MS + 60_000, moved, "retracted")
    series = await api.get(
        "/tokens/T/series", from_=rfc3339(START_MS), to=rfc3339(START_MS + 10_000), points=1
    )
    (step,) = series["items"]
    assert (step["high"], step["trades"], step["transfers"]) == ("4", 1, 0)


async def test_more_of_a_backfill_than_can_be_summed_in_time_is_refused(
    api: Api, writer: Writer, database: Settings
) -> None:
    await writer.token("T", START_MS)
    await writer.connection.execute(
        "select memewatch_ensure_partition('ticks', $1::date)", from_ms(START_MS).date()
    )
    await writer.connection.execute(
        "insert into ticks (id, token, symbol, event_time, source, price, amount, kind, origin,"
        " schema_version) select n::text, 'T', 'T', $1::timestamptz + n * interval '1 millisecond',"
        " 's', 1 + n % 9, 1, 'trade', 'backfill', 1 from generate_series(0, 1000000) n",
        from_ms(START_MS),
    )
    end = rfc3339(START_MS + 2 * HOUR_MS)
    problem = await api.get("/tokens/T/series", 400, from_=rfc3339(START_MS), to=end)
    assert "shorter" in problem["detail"]
    # A little less is within the limit, and within the time that a query may take.
    series = await api.get("/tokens/T/series", from_=rfc3339(START_MS + 20_000), to=end)
    assert sum(step["trades"] for step in series["items"]) == 1_000_001 - 20_000


async def test_series_refuse_what_makes_no_sense(api: Api, writer: Writer) -> None:
    await writer.token("T", START_MS)
    time = rfc3339(START_MS)
    cases: list[tuple[str, int, dict[str, Any], str]] = [
        ("/tokens/T/series", 422, {"points": 2001}, "points"),
        ("/tokens/T/series", 422, {"points": 0}, "points"),
        ("/tokens/T/series", 400, {"from_": time, "to": time}, "before"),
        ("/tokens/T/series", 400, {"from_": rfc3339(START_MS + HOUR_MS)}, "before"),
        ("/tokens/T/series", 400, {"from_": "2018-01-01T00:00:00Z", "to": time}, "31 days"),
        ("/tokens/T/series", 422, {"from_": "yesterday"}, "RFC 3339"),
        ("/tokens/U/series", 404, {}, "no events"),
        ("/nothing", 404, {}, "openapi"),
    ]
    for path, status, parameters, named in cases:
        problem = await api.get(path, status, **parameters)
        assert named in problem["detail"]
