"""Lists of alerts by filter and page, and one alert with its revisions."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from schemas.times import rfc3339
from tests.api.running import Api
from tests.api.writer import START_MS, Writer, make_alert

pytestmark = pytest.mark.integration


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


async def test_an_alert_comes_back_as_it_was_written(api: Api, writer: Writer) -> None:
    alert = make_alert(1, token="eth:0xAbC/weird token", evidence=[])
    await writer.alerts(alert)
    (item,) = (await api.get("/alerts"))["items"]
    created, updated = item.pop("created_at"), item.pop("updated_at")
    assert item == {**msgspec.to_builtins(alert), "seq": 1}
    assert created == updated
    assert created.endswith("Z")


async def test_pages_join_to_the_whole_list_without_gap_or_double(api: Api, writer: Writer) -> None:
    # Three alerts share each event time, so the page boundary falls amid equal times.
    await writer.alerts(
        *(make_alert(n, event_time=rfc3339(START_MS + n // 3 * 1000)) for n in range(20))
    )
    whole = ids(await api.get("/alerts"))
    assert len(set(whole)) == 20
    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("/alerts", limit=4, **cursor)
        paged += ids(page)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        # What arrives meanwhile at the front must not shift the pages.
        await writer.alerts(make_alert(1000 + len(paged)))
    assert paged == whole
    assert whole == sorted(whole, key=lambda i: (-(int(i[-5:]) // 3), i))


async def test_the_last_page_says_so_even_when_it_is_full(api: Api, writer: Writer) -> None:
    await writer.alerts(*(make_alert(n) for n in range(4)))
    first = await api.get("/alerts", limit=2)
    second = await api.get("/alerts", limit=2, cursor=first["next_cursor"])
    assert (ids(first) + ids(second), second["next_cursor"]) == (
        ["alert-00003", "alert-00002", "alert-00001", "alert-00000"],
        None,
    )


async def test_filters_narrow_the_list(api: Api, writer: Writer) -> None:
    await writer.alerts(
        make_alert(0, token="A", score=0.5),
        make_alert(1, pattern="whale_dump", score=0.4),
        make_alert(2, severity="critical", status="resolved", score=0.1),
        make_alert(3, pattern="mention_burst", status="retracted", score=1.0),
    )
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [3, 2, 1, 0]),
        ({"token": "A"}, [0]),
        ({"pattern": "whale_dump"}, [1]),
        ({"pattern": ["whale_dump", "pump_and_dump"], "status": "open"}, [1, 0]),
        ({"status": ["resolved", "retracted"]}, [3, 2]),
        ({"severity": "critical"}, [2]),
        ({"min_score": 0.5}, [3, 0]),
        ({"from_": rfc3339(START_MS + 1000)}, [3, 2, 1]),
        ({"to": rfc3339(START_MS + 1000)}, [0]),
        ({"from_": "2018-08-17T18:00:01+02:00", "to": rfc3339(START_MS + 3000)}, [2, 1]),
        ({"token": "A", "pattern": "whale_dump"}, []),
    ]
    for parameters, expected in cases:
        found = ids(await api.get("/alerts", **parameters))
        assert (parameters, found) == (parameters, [f"alert-{n:05d}" for n in expected])


async def test_malformed_parameters_are_refused_by_name(api: Api) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"cursor": "x"}, 400, "cursor"),
        ({"cursor": "eyJhIjoxfQ"}, 400, "cursor"),
        ({"cursor": _base64('["tokens",5,"a"]')}, 400, "another list"),
        ({"cursor": _base64('["alerts",99999999999999999,"a"]')}, 400, "cursor"),
        ({"cursor": _base64('["alerts",-5,"a"]')}, 400, "cursor"),
        ({"limit": 0}, 422, "limit"),
        ({"limit": 501}, 422, "limit"),
        ({"pattern": "pump"}, 422, "pattern"),
        ({"status": "closed"}, 422, "status"),
        ({"min_score": "nan"}, 422, "min_score"),
        ({"min_score": 1.5}, 422, "min_score"),
        ({"from_": "2018-08-17"}, 422, "from: "),
        ({"from_": "2018-08-17T16:00:00"}, 422, "time zone"),
        ({"from_": "1534521600000"}, 422, "RFC 3339"),
        ({"to": "2018-13-17T16:00:00Z"}, 422, "to: "),
        ({"to": "9018-01-17T16:00:00Z"}, 422, "2100"),
        ({"token": "a\x00b"}, 422, "NUL"),
    ]
    for parameters, status, named in cases:
        problem = await api.get("/alerts", status, **parameters)
        assert list(problem) == ["detail"]
        assert named in problem["detail"]


async def test_one_alert_shows_every_revision(api: Api, writer: Writer) -> None:
    first = make_alert(1)
    second = msgspec.structs.replace(first, revision=2, phase="sell-off", score=0.95, evidence=[])
    third = msgspec.structs.replace(second, revision=3, status="resolved")
    await writer.alerts(first)
    await writer.alerts(second, make_alert(2))
    await writer.alerts(third)
    history = await api.get("/alerts/alert-00001")
    revisions = history.pop("revisions")
    assert (history.pop("verdicts"), history.pop("own_verdict")) == ([], None)
    assert [(r["revision"], r["seq"], r["status"]) for r in revisions] == [
        (1, 1, "open"),
        (2, 2, "open"),
        (3, 4, "resolved"),
    ]
    assert revisions[0]["evidence"][0]["feature"] == "rush_orders"
    assert history == revisions[-1]
    (latest,) = [i for i in (await api.get("/alerts"))["items"] if i["id"] == "alert-00001"]
    assert latest == history
    assert revisions[0]["created_at"] == history["created_at"] < history["updated_at"]


async def test_an_unknown_alert_is_not_found(api: Api) -> None:
    assert (await api.get("/alerts/none", 404))["detail"] == "no alert of this id"


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()
