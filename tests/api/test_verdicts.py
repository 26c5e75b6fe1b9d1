"""Verdicts from the API through Kafka and the sink into the table, and what follows from them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from memewatch.settings import Settings
from memewatch.stack.ports import free_port
from memewatch.stack.roles import API, SINK
from schemas.times import parse_rfc3339
from schemas.verdicts import verdict_id
from sinks.main import VERDICT
from tests.api.running import DEADLINE_S, Api, run_api
from tests.api.test_operations import samples
from tests.api.writer import Writer, make_alert
from tests.conftest import SettingsForRole
from tests.sinks.stage import running
from tests.sinks.test_recovery import process

pytestmark = pytest.mark.integration

ANN, BOB, CID, READER = "secret-of-ann", "secret-of-bob", "secret-of-cid", "secret-that-reads"


@pytest.fixture
def with_kafka(settings: Settings, settings_for: SettingsForRole) -> Settings:
    """What an API gets that may also reach Kafka."""
    update = {"api_port": 0, "stream_heartbeat_s": 0.2, "kafka_linger_ms": 0.0}
    return settings_for(settings.model_copy(update=update), API)


@pytest.fixture
async def written(settings: Settings, settings_for: SettingsForRole) -> AsyncIterator[Writer]:
    """Alerts as the sink writes them, in the database of ``with_kafka``."""
    async with Writer.connect(settings_for(settings, SINK)) as writer:
        yield writer


@pytest.fixture
async def stage(
    with_kafka: Settings, settings: Settings, settings_for: SettingsForRole
) -> AsyncIterator[Api]:
    """An API without tokens, and the sink's lane at work."""
    async with running(settings_for(settings, SINK), VERDICT), run_api(with_kafka) as api:
        yield api


async def judge(
    api: Api,
    alert: str,
    verdict: str,
    expected: int = 202,
    /,
    token: str | None = None,
    **body: Any,
) -> Any:
    response = await api.http.post(
        f"/api/v1/alerts/{alert}/verdict",
        json={"verdict": verdict, **body},
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == expected, response.text
    return response.json()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await condition():
            await asyncio.sleep(0.01)


async def until_told(api: Api, *given: Any) -> None:
    """Return once lists tell exactly these verdicts."""
    expected = sorted(given, key=lambda each: str(each["id"]))

    async def told() -> bool:
        page = await api.get("/verdicts")
        return bool(page["items"] == expected)

    await until(told)


async def test_a_verdict_is_kept_told_and_counted_once_however_often_it_is_sent(
    stage: Api, written: Writer
) -> None:
    await written.alerts(make_alert(1), make_alert(2, detector_version="pump-2", score=0.7))
    await written.alerts(make_alert(1, revision=2, score=0.4))
    first = await judge(stage, "alert-00001", "right", note="it fell the next minute")
    assert parse_rfc3339(first.pop("given_at")) > 0
    assert first == {
        "id": verdict_id("alert-00001", "local"),
        "alert_id": "alert-00001",
        "pattern": "pump_and_dump",
        "detector_version": "pump-1",
        "token": "T0",
        "score": 0.4,
        "opening_score": 0.9,
        "verdict": "right",
        "note": "it fell the next minute",
        "given_by": "local",
        "schema_version": 1,
    }
    again = await judge(stage, "alert-00001", "right")
    await until_told(stage, again)

    alert = await stage.get("/alerts/alert-00001")
    assert (alert["verdicts"], alert["own_verdict"]) == ([again], "right")
    other = await stage.get("/alerts/alert-00002")
    assert (other["verdicts"], other["own_verdict"]) == ([], None)

    newest, older = (await stage.get("/detectors"))["items"]
    assert [newest["detector_version"], older["detector_version"]] in (
        ["pump-2", "pump-1"],
        ["pump-1", "pump-2"],
    )
    (judged,) = (each for each in (newest, older) if each["detector_version"] == "pump-1")
    assert (judged["alerts"], judged["judged"], judged["right"]) == (1, 1, 1)
    assert judged["verdicts"] == {"right": 1, "wrong": 0, "unsure": 0}
    assert (judged["precision"], judged["precision_high"]) == (1.0, 1.0)
    assert 0.2 < judged["precision_low"] < 0.21

    # Who changes their mind has one opinion, the last.
    changed = await judge(stage, "alert-00001", "wrong")
    await until_told(stage, changed)
    assert parse_rfc3339(changed["given_at"]) >= parse_rfc3339(again["given_at"])
    assert (await stage.get("/alerts/alert-00001"))["own_verdict"] == "wrong"


async def test_each_token_is_a_voice_and_an_alert_counts_once_by_their_majority(
    with_kafka: Settings, settings: Settings, settings_for: SettingsForRole, written: Writer
) -> None:
    await written.alerts(*(make_alert(number) for number in range(4)))
    guarded = with_kafka.model_copy(
        update={
            "environment": "production",
            "api_tokens": [SecretStr(READER)],
            "api_write_tokens": [SecretStr(ANN), SecretStr(BOB), SecretStr(CID)],
        }
    )
    async with running(settings_for(settings, SINK), VERDICT), run_api(guarded) as api:
        await judge(api, "alert-00000", "right", 401)
        await judge(api, "alert-00000", "right", 401, token="guess")
        await judge(api, "alert-00000", "right", 403, token=READER)
        for alert, verdicts in (
            ("alert-00000", {ANN: "right", BOB: "wrong", CID: "right"}),
            ("alert-00001", {ANN: "right", BOB: "wrong"}),
            ("alert-00002", {ANN: "unsure", BOB: "wrong"}),
        ):
            for token, verdict in verdicts.items():
                given = await judge(api, alert, verdict, token=token)
                assert given["given_by"].startswith("token-")
                assert token not in given["given_by"]
        for token, own in ((ANN, "right"), (BOB, "wrong"), (READER, None)):
            api.http.headers["Authorization"] = f"Bearer {token}"

            async def told(own: str | None = own) -> bool:
                alert = await api.get("/alerts/alert-00000")
                return len(alert["verdicts"]) == 3 and alert["own_verdict"] == own

            await until(told)

        async def all_are_there() -> bool:
            return len((await api.get("/verdicts"))["items"]) == 7

        await until(all_are_there)
        (detector,) = (await api.get("/detectors"))["items"]
        assert detector["verdicts"] == {"right": 3, "wrong": 3, "unsure": 1}
        assert (detector["alerts"], detector["judged"], detector["right"]) == (4, 2, 1)
        assert detector["precision"] == 0.5


async def test_a_detector_below_its_floor_says_so_everywhere(
    with_kafka: Settings, settings: Settings, settings_for: SettingsForRole, written: Writer
) -> None:
    await written.alerts(*(make_alert(number) for number in range(6)))
    await written.alerts(make_alert(9, pattern="whale_dump", detector_version="w"))
    given = []
    async with running(settings_for(settings, SINK), VERDICT):
        async with run_api(with_kafka) as api:
            for number in range(6):
                verdict = "right" if number == 5 else "wrong"
                given.append(await judge(api, f"alert-{number:05d}", verdict))
            await until_told(api, *given)
            pump, whale = (await api.get("/detectors"))["items"]
            assert (pump["pattern"], pump["floor"], pump["below_floor"]) == (
                "pump_and_dump",
                0.8,
                True,
            )
            assert pump["current"] is whale["current"] is True
            assert (whale["precision"], whale["precision_low"], whale["below_floor"]) == (
                None,
                None,
                False,
            )
            found = await samples(api)
        assert found["memewatch_detector_below_floor pump-1 pump_and_dump"] == 1
        assert found["memewatch_detector_precision pump-1 pump_and_dump"] == pytest.approx(1 / 6)
        assert found["memewatch_verdicts pump-1 pump_and_dump wrong"] == 5
        assert found["memewatch_detector_below_floor w whale_dump"] == 0
        assert "memewatch_detector_precision w whale_dump" not in found
        lower = {"precision_floors": {"pump_and_dump": 0.3}, "precision_floor": 0.95}
        async with run_api(with_kafka.model_copy(update=lower)) as api:
            pump, whale = (await api.get("/detectors"))["items"]
            assert (pump["floor"], pump["below_floor"]) == (0.3, False)
            assert whale["floor"] == 0.95


async def test_the_version_that_raised_the_newest_alert_is_the_current_one(
    stage: Api, written: Writer
) -> None:
    for number, version in enumerate(("9", "10", "9b")):
        await written.alerts(make_alert(number, detector_version=version))
    # A revision of an older alert makes no older version current.
    await written.alerts(make_alert(0, detector_version="9", revision=2, status="resolved"))
    found = (await stage.get("/detectors"))["items"]
    assert [(each["detector_version"], each["current"]) for each in found] == [
        ("9b", True),
        ("10", False),
        ("9", False),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"verdict": "maybe"}, "verdict: Input should be 'right', 'wrong' or 'unsure'"),
        ({}, "verdict: Field required"),
        ({"verdict": "right", "note": "n" * 501}, "note: String should have at most 500"),
        ({"verdict": "right", "note": "\0"}, "note"),
        ({"verdict": "right", "given_by": "somebody"}, "given_by: Extra inputs"),
        (["right"], "dictionary"),
    ],
)
async def test_what_is_no_verdict_is_refused_with_its_place(
    api: Api, writer: Writer, body: Any, reason: str
) -> None:
    await writer.alerts(make_alert(1))
    response = await api.http.post("/api/v1/alerts/alert-00001/verdict", json=body)
    assert response.status_code == 422
    assert reason in response.json()["detail"]


async def test_a_page_of_another_origin_judges_nothing(api: Api, writer: Writer) -> None:
    await writer.alerts(make_alert(1))
    path = "/api/v1/alerts/alert-00001/verdict"
    foreign = {"Origin": "https://evil.example"}
    response = await api.http.post(path, json={"verdict": "right"}, headers=foreign)
    assert response.status_code == 403
    plain = {"Content-Type": "text/plain"}
    response = await api.http.post(path, content=b'{"verdict":"right"}', headers=plain)
    assert response.status_code == 415


async def test_an_alert_there_is_none_of_cannot_be_judged(api: Api) -> None:
    assert await judge(api, "nothing", "right", 404) == {"detail": "no alert of this id"}
    await judge(api, "n%00", "right", 422)


async def test_a_verdict_that_kafka_does_not_take_is_refused_and_everything_else_goes_on(
    api_settings: Settings, writer: Writer
) -> None:
    await writer.alerts(make_alert(1))
    nowhere = {"kafka_bootstrap": f"127.0.0.1:{free_port()}"}
    async with run_api(api_settings.model_copy(update=nowhere)) as api:
        for _ in range(2):
            refusal = await judge(api, "alert-00001", "right", 503)
            assert "Kafka does not confirm" in refusal["detail"]
        assert (await api.get("/alerts/alert-00001"))["verdicts"] == []
        assert (await api.get("/verdicts")) == {"items": [], "next_cursor": None}


async def test_pages_of_verdicts_follow_one_another_without_gaps(
    stage: Api, written: Writer
) -> None:
    await written.alerts(*(make_alert(number) for number in range(7)))
    given = [await judge(stage, f"alert-{number:05d}", "unsure") for number in range(7)]
    await until_told(stage, *given)
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await stage.get("/verdicts", 200, limit=3, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [each["id"] for each in found] == sorted(each["id"] for each in given)
    foreign = "WyJhbGVydHMiLDAsIngiXQ"
    assert "another list" in (await stage.get("/verdicts", 400, cursor=foreign))["detail"]


async def test_a_sink_that_is_killed_and_started_again_loses_no_verdict(
    with_kafka: Settings, settings: Settings, settings_for: SettingsForRole, written: Writer
) -> None:
    await written.alerts(*(make_alert(number) for number in range(30)))
    sink = settings_for(settings, SINK)
    given = []
    async with run_api(with_kafka) as api:
        for first in (0, 10, 20):
            with process(sink) as child:
                for number in range(first, first + 10):
                    given += [await judge(api, f"alert-{number:05d}", "right")]
                child.kill()
        with process(sink):
            await until_told(api, *given)
        (detector,) = (await api.get("/detectors"))["items"]
        assert (detector["alerts"], detector["judged"], detector["right"]) == (30, 30, 30)
