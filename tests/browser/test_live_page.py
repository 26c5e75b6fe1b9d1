"""The page in a real browser, on a real API and a real database."""

from __future__ import annotations

import math
import signal
import time

import pytest
from pydantic import SecretStr

from memewatch.settings import Settings
from tests.api.writer import START_MS, Writer, make_alert
from tests.browser.api_process import ApiProcess
from tests.browser.browser import Browser
from tests.browser.readable import assert_readable

pytestmark = [pytest.mark.integration, pytest.mark.browser]

#: The browser itself notes each attempt to reach a server that is away.
_AWAY = ("WebSocket connection to", "Failed to load resource: net::ERR_CONNECTION_REFUSED")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
async def test_alerts_arrive_without_a_reload_and_over_a_restart_of_the_api(
    api: ApiProcess, writer: Writer, ending: signal.Signals, browser: Browser
) -> None:
    await browser.open(api.url)
    await browser.wait(".empty", "No alerts yet")
    await browser.wait(".connection", "Live")
    assert "memewatch" in await browser.title()
    await browser.evaluate("window.loadedOnce = true")

    await writer.alerts(make_alert(1, symbol="FIRST"))
    await browser.wait(".row", "FIRST")
    assert await browser.title() == "(1) memewatch"
    assert await browser.problems() == []

    await api.stop(ending)
    await browser.wait(".connection", "Disconnected")
    await browser.wait(".banner", "Disconnected")
    await writer.alerts(make_alert(2, symbol="MISSED"))
    await writer.alerts(make_alert(1, symbol="FIRST", revision=2, status="resolved"))

    await api.start()
    await browser.wait(".connection", "Live")
    await browser.wait(".row", "MISSED")
    await browser.wait(".row .status", "Resolved")
    await browser.wait_gone(".banner")
    await writer.alerts(make_alert(3, symbol="AFTER"))
    await browser.wait(".row", "AFTER")

    assert await _symbols(browser) == ["AFTER", "MISSED", "FIRST"]
    assert await browser.evaluate("window.loadedOnce") is True
    assert [text for text in await browser.problems() if not text.startswith(_AWAY)] == []


async def test_an_update_changes_its_row_in_place(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(make_alert(1, score=0.61), make_alert(2))
    await browser.open(api.url)
    await browser.wait(".row[data-alert='alert-00001']", "0.61")
    await browser.wait(".connection", "Live")
    await browser.evaluate("document.querySelector(\"[data-alert='alert-00001']\").mark = 1")
    revised = make_alert(1, revision=2, score=0.97, severity="critical", phase="dump")
    await writer.alerts(revised)
    await browser.wait(".row[data-alert='alert-00001']", "0.97")
    await browser.wait(".row[data-alert='alert-00001'] .severity", "Critical")
    assert await browser.count(".row") == 2
    element = "document.querySelector(\"[data-alert='alert-00001']\")"
    assert await browser.evaluate(f"{element}.mark") == 1


async def test_the_way_from_the_feed_to_the_evidence_and_the_token(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await _write_market(writer)
    await browser.open(api.url)
    await browser.click(".row-link", "PEPE")
    await browser.wait(".evidence", "Rush orders")
    await browser.wait(".revisions", "Opened")
    await browser.wait(".inputs", "ticks")
    await browser.click("#detail-title a")
    await browser.wait(".token-head h1", "PEPE")
    await browser.wait(".chart canvas")
    for pane in ("Volume", "Mentions", "Sentiment", "Anomaly"):
        await browser.wait(".legends > div", pane)
    await browser.wait(".legends > div", "without bots +0.10")
    await browser.wait(".legends > div", "40 % of posts left out")
    await browser.wait(".token-alerts", "Pump and dump")
    drawn = await browser.evaluate(_COLORS_DRAWN)
    assert drawn > 3, "the chart is blank"

    await browser.click(".ranges label", "1h")
    await browser.wait_until("location.hash.includes('range=1h')")
    await browser.click(".header nav a", "Tokens")
    await browser.fill(".tokens-head input", "pep")
    await browser.wait(".tokens", "PEPE")
    await browser.fill(".tokens-head input", "nothing")
    await browser.wait(".empty", "No token is called")
    assert await browser.problems() == []


async def test_thousands_of_alerts_cost_few_elements_and_page_back(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(*(make_alert(number, status="resolved") for number in range(1_500)))
    await browser.open(api.url)
    await browser.wait(".row[data-alert='alert-01499']")
    for _ in range(60):
        await browser.evaluate("document.querySelector('.feed-scroll').scrollTop = 1e9")
        if await browser.count(".row[data-alert='alert-00000']"):
            break
        await browser.wait_until(_SCROLLABLE_FURTHER)
    await browser.wait(".row[data-alert='alert-00000']")
    await browser.wait(".feed-end", "1500 alerts, none older")
    assert await browser.count(".row") < 60

    # What comes in above does not push away what is being read.
    place = "document.querySelector(\"[data-alert='alert-00003']\").getBoundingClientRect().top"
    before = await browser.evaluate(place)
    await writer.alerts(make_alert(1_600), make_alert(1_601))
    await browser.wait(".to-top", "2 new")
    assert math.isclose(await browser.evaluate(place), before, abs_tol=1)


async def test_the_feed_can_be_filtered_and_walked_by_keyboard(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(
        make_alert(1),
        make_alert(2, pattern="whale_dump", severity="low", symbol="WHALE"),
        make_alert(3),
    )
    await browser.open(api.url)
    await browser.wait(".row[data-alert='alert-00001']")
    await browser.evaluate("document.querySelector('.row-link').focus()")
    await browser.press("ArrowDown")
    await browser.press("Enter")
    await browser.wait("#detail-title", "WHALE")
    await browser.select("select[aria-label=Pattern]", "pump_and_dump")
    await browser.wait_gone(".row", "WHALE")
    assert "WHALE" in await browser.text("#detail-title")
    assert await browser.count(".row") == 2
    await browser.select("select[aria-label=Severity]", "critical")
    await browser.wait(".empty", "No alert passes these filters")
    await browser.click(".empty button")
    await browser.wait(".row", "WHALE")


async def test_alerts_are_opened_one_after_the_other_and_closed_by_keys_alone(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(*(make_alert(number, symbol=f"T{number}") for number in range(3)))
    await browser.open(api.url)
    await browser.wait(".row", "T2")
    await browser.press("j")
    await browser.press("Enter")
    await browser.wait("#detail-title", "T2")
    # Whoever opened it reads on there.
    await browser.wait_until("document.activeElement.matches('.detail')")
    await browser.press("j")
    await browser.wait("#detail-title", "T1")
    await browser.press("k")
    await browser.wait("#detail-title", "T2")
    await browser.press("Escape")
    await browser.wait_gone(".detail")
    await browser.wait_until("document.activeElement.closest('.row') !== null")
    await browser.press("/")
    await browser.wait_until("document.activeElement.matches('.filters input[type=search]')")
    await browser.press("j")
    assert await browser.count(".detail") == 0


async def test_a_link_to_an_alert_and_an_address_are_copied(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    address = "0x6982508145454ce325ddbe47a25d4ec3d2311933"
    pepe = {"token": f"ethereum:{address}", "symbol": "PEPE"}
    await writer.alerts(make_alert(1, **pepe))
    search = ".filters input[type=search]"
    for label, text in (
        ("Copy link", f"{api.url}/#/alerts/alert-00001"),
        ("Copy address", address),
    ):
        await browser.open("about:blank")
        await browser.open(f"{api.url}/#/alerts/alert-00001?severity=high")
        await browser.click(".copy", label)
        await browser.wait(".copy", "Copied")
        # A filter that changes would close the alert.
        await browser.fill(search, "")
        await browser.press("Control+V")
        assert await browser.evaluate(f"document.querySelector('{search}').value") == text
    places = "[...document.querySelectorAll('.token-address a')].map(({ href }) => href)"
    assert await browser.evaluate(places) == [
        f"https://etherscan.io/token/{address}",
        f"https://dexscreener.com/ethereum/{address}",
    ]


async def test_an_alert_that_is_linked_to_is_in_view_in_the_feed(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(*(make_alert(number) for number in range(60)))
    await browser.open(f"{api.url}/#/alerts/alert-00010")
    await browser.wait(".row[data-alert='alert-00010'] [aria-current=true]")
    place = "document.querySelector('[aria-current=true]').getBoundingClientRect().bottom"
    await browser.wait_until(f"{place} <= innerHeight")


async def test_the_page_says_when_data_is_late_although_the_connection_is_live(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    now = int(time.time() * 1000)
    await writer.token("PEPE", now)
    traded = now - 20 * 60_000
    await writer.signals("PEPE", "trading", [{"end_ms": traded, "price": "0.1", "volume": "1"}])
    await browser.open(api.url)
    await browser.wait(".connection", "Live")
    await browser.wait(".data-age", "newest event")
    await browser.wait(".banner", "20 min behind the newest event")
    await assert_readable(browser)


async def test_an_alarm_sounds_for_grave_alerts_once_it_is_turned_on(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await browser.open(api.url)
    await browser.wait(".connection", "Live")
    await browser.evaluate(_COUNT_NOTES)
    button = "button[aria-label^=Alarm]"
    await writer.alerts(make_alert(1, severity="critical"))
    await browser.wait("[aria-live]", "critical")
    assert await browser.evaluate("notes") == 0
    await browser.click(button)
    await browser.wait(f"{button}[aria-pressed=true]")
    await browser.wait_until("notes === 2")
    await writer.alerts(make_alert(2, severity="low"), make_alert(3, severity="high", symbol="BAD"))
    await browser.wait("[aria-live]", "BAD")
    await browser.wait_until("notes === 4")
    await browser.evaluate("location.reload()")
    await browser.wait(f"{button}[aria-pressed=true]")


async def test_a_locked_server_asks_for_a_token_and_then_serves(
    api_settings: Settings, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(make_alert(1, symbol="SECRET"))
    locked = api_settings.model_copy(update={"api_tokens": [SecretStr("correct-horse")]})
    api = ApiProcess(locked)
    await api.start()
    try:
        await browser.open(api.url)
        await browser.wait("dialog[open]", "only with an API token")
        await browser.fill("#sign-in-token", "wrong")
        await browser.press("Enter")
        await browser.wait("dialog[open]", "refused this token")
        await browser.fill("#sign-in-token", "correct-horse")
        await browser.press("Enter")
        await browser.wait(".row", "SECRET")
        await browser.wait(".connection", "Live")
        assert await browser.count("dialog[open]") == 0
        assert "correct-horse" not in await browser.evaluate("location.href")
    finally:
        await api.stop()


async def test_every_page_is_readable_in_both_themes_and_fits_a_phone(
    api: ApiProcess, writer: Writer, screen: Browser, scheme: str
) -> None:
    await _write_market(writer)
    for path, landmark in (
        ("#/alerts", ".row"),
        ("#/alerts/alert-00001", ".revisions li"),
        ("#/tokens", ".tokens"),
        ("#/tokens/PEPE", ".legends > div"),
        ("#/nowhere", ".empty"),
    ):
        await screen.open(f"{api.url}/{path}")
        await screen.wait(landmark)
        await assert_readable(screen, path)
    assert await screen.evaluate("document.documentElement.dataset.theme") == scheme


async def _symbols(browser: Browser) -> list[str]:
    script = "[...document.querySelectorAll('.row-symbol')].map((each) => each.textContent)"
    return list(await browser.evaluate(script))


async def _write_market(writer: Writer) -> None:
    """An hour of signals of PEPE, and alerts of every severity on it."""
    await writer.token("PEPE", START_MS + 3_600_000)
    ends = [START_MS + number * 10_000 for number in range(1, 361)]
    prices = [0.00001 * (1 + 0.1 * math.sin(number / 20)) for number in range(360)]
    await writer.signals(
        "PEPE",
        "trading",
        [
            {
                "end_ms": end,
                "price": f"{price:.12f}",
                "volume": "1250.5",
                "open": price * 0.999,
                "high": price * 1.002,
                "low": price * 0.997,
                "trades": 7,
                "buys": 3,
                "anomaly": 0.2,
            }
            for end, price in zip(ends, prices, strict=True)
        ],
    )
    await writer.signals(
        "PEPE",
        "sentiment",
        [
            {
                "end_ms": end,
                "mentions": 3,
                "authors": 2,
                "sentiment": 0.3,
                "rolling_sentiment": 0.25,
                "adjusted_sentiment": 0.1,
                "creator_sentiment": 0.2,
                "bot_share": 0.4,
                "anomaly": 0.1,
            }
            for end in ends
        ],
    )
    severities = ("critical", "high", "medium", "low", "info")
    statuses = ("open", "acknowledged", "resolved", "retracted", "open")
    await writer.alerts(
        *(
            make_alert(number, token="PEPE", symbol="PEPE", severity=severity, status=status)
            for number, (severity, status) in enumerate(zip(severities, statuses, strict=True))
        )
    )


#: How many notes were played from now on.
_COUNT_NOTES = """(() => {
  window.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.notes += 1;
    return start.apply(this, when);
  };
})()"""

#: How many distinct colours the chart's canvases hold: candles, volumes, lines, marks.
_COLORS_DRAWN = """(() => {
  const colors = new Set();
  for (const canvas of document.querySelectorAll(".chart canvas")) {
    if (canvas.width === 0 || canvas.height === 0) continue;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] === 255) colors.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    }
  }
  return colors.size;
})()"""

#: There is more below the view than before, or the oldest row is there.
_SCROLLABLE_FURTHER = """(() => {
  const list = document.querySelector(".feed-scroll");
  const more = list.scrollHeight - list.clientHeight - list.scrollTop > 100;
  return more || document.querySelector("[data-alert='alert-00000']") !== null;
})()"""
