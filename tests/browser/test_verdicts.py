"""Judging an alert in a real browser, and what the page says of its detector from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from memewatch.settings import Settings
from memewatch.stack.ports import free_port
from memewatch.stack.roles import API, SINK
from sinks.main import VERDICT
from tests.api.writer import Writer, make_alert
from tests.browser.api_process import ApiProcess
from tests.browser.browser import Browser
from tests.browser.readable import assert_readable
from tests.conftest import SettingsForRole
from tests.sinks.stage import running

pytestmark = [pytest.mark.integration, pytest.mark.browser]

_CHOSEN = ".verdicts [aria-pressed='true']"
#: The browser itself notes each refusal.
_REFUSED = "Failed to load resource: the server responded with a status of 503"


@pytest.fixture
async def judged(settings: Settings, settings_for: SettingsForRole) -> AsyncIterator[ApiProcess]:
    """An API on Kafka, the sink's lane at work, and six alerts of one detector, one of another."""
    sink = settings_for(settings, SINK)
    api = ApiProcess(settings_for(settings.model_copy(update={"api_port": free_port()}), API))
    async with Writer.connect(sink) as writer, running(sink, VERDICT):
        await writer.alerts(
            *(make_alert(number, symbol=f"PUMP{number}") for number in range(6)),
            make_alert(9, symbol="WHALE", pattern="whale_dump", detector_version="whale-3"),
        )
        await api.start()
        yield api
        await api.stop()


async def test_a_verdict_is_given_by_a_click_and_a_detector_below_its_floor_says_so(
    judged: ApiProcess, browser: Browser
) -> None:
    await browser.open(f"{judged.url}/#/alerts/alert-00005")
    await browser.wait(".verdicts p", "What you say is counted")
    assert await browser.count(_CHOSEN) == 0
    await browser.click(".verdicts button", "Right")
    await browser.wait(_CHOSEN, "Right")
    await browser.click(".verdicts button", "Not sure")
    await browser.wait(_CHOSEN, "Not sure")
    await browser.wait(".verdicts fieldset[aria-busy='false']")
    assert await browser.count(".verdicts .inline-error") == 0
    assert await browser.count(".floor-warning") == 0

    for number in range(4):
        await _judge(judged, number, "wrong")
    await browser.open(f"{judged.url}/#/alerts/alert-00004")
    await browser.click(".verdicts button", "Wrong")
    await browser.wait(_CHOSEN, "Wrong")
    await browser.wait(".floor-warning", "Pump and dump is below its floor: of 5 judged alerts")
    await browser.wait(".header .floor-count", "1")
    await browser.click(".floor-warning a")
    await browser.wait("[data-below='true'] th", "Below its floor")
    await browser.wait("[data-below='true'] .precision", "0.00")
    await browser.wait("[data-below='false'] .precision", "not judged yet")
    assert "Detectors" in await browser.title()

    # What was said is still there after a reload.
    await browser.open(f"{judged.url}/#/alerts/alert-00005")
    await browser.evaluate("location.reload()")
    await browser.wait(_CHOSEN, "Not sure")
    assert await browser.problems() == []


async def test_verdicts_and_warnings_are_readable_in_both_themes_and_fit_a_phone(
    judged: ApiProcess, screen: Browser
) -> None:
    for number in range(6):
        await _judge(judged, number, "right" if number == 0 else "wrong")
    for path, landmark, text in (
        ("#/alerts", ".floor-warning", None),
        ("#/alerts/alert-00000", _CHOSEN, "Right"),
        ("#/detectors", ".precision-bar", None),
    ):
        await screen.open(f"{judged.url}/{path}")
        await screen.wait(landmark, text)
        await assert_readable(screen, path)


async def test_a_verdict_that_cannot_be_kept_is_taken_back_with_the_reason(
    api_settings: Settings, writer: Writer, browser: Browser
) -> None:
    nowhere = {"kafka_bootstrap": f"127.0.0.1:{free_port()}"}
    api = ApiProcess(api_settings.model_copy(update=nowhere))
    await writer.alerts(make_alert(1))
    await api.start()
    try:
        await browser.open(f"{api.url}/#/alerts/alert-00001")
        await browser.click(".verdicts button", "Wrong")
        await browser.wait(_CHOSEN, "Wrong")
        await browser.wait(".verdicts .inline-error", "Kafka does not confirm")
        assert await browser.count(_CHOSEN) == 0
        problems = await browser.problems()
        assert [text for text in problems if not text.startswith(_REFUSED)] == []
    finally:
        await api.stop()


async def _judge(api: ApiProcess, number: int, verdict: str) -> None:
    """As another program does; returns once it is stored."""
    async with httpx.AsyncClient(base_url=f"{api.url}/api/v1") as http:
        path = f"/alerts/alert-{number:05d}"
        answer = await http.post(f"{path}/verdict", json={"verdict": verdict})
        assert answer.status_code == 202, answer.text
        while (await http.get(path)).json()["own_verdict"] != verdict:
            pass
