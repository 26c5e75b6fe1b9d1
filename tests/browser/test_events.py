"""Alerts that are one event, in a real browser on a real API and a real database."""

from __future__ import annotations

import pytest

from schemas.alerts import Alert, Evidence
from tests.api.writer import Writer, make_alert
from tests.browser.api_process import ApiProcess
from tests.browser.browser import Browser
from tests.browser.readable import assert_readable

pytestmark = [pytest.mark.integration, pytest.mark.browser]

PUMP = "alert-00001"
BURST = "alert-00000"
WHALE = "alert-00002"
OTHER = "alert-00003"
#: How many pages after the first were asked for.
_PAGES_AFTER = """new Set(performance.getEntriesByType("resource")
    .map(({ name }) => new URL(name).searchParams.get("cursor"))
    .filter((cursor) => cursor !== null)).size"""
_SHOWN = "[...document.querySelectorAll('.row')].map((row) => row.dataset.alert)"


async def test_an_event_is_one_row_that_opens_on_all_of_it(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await _write_event(writer)
    await browser.open(api.url)
    await browser.wait(f"[data-alert='{PUMP}'] .row-others", "+2")
    assert await _rows(browser) == [OTHER, PUMP]
    names = await browser.evaluate("document.querySelector('.row-others').title")
    assert names == "Also part of this event: Mention burst, Whale dump"
    assert await browser.text(".summary [data-severity=high] b") == "2"
    assert await browser.text(".summary [data-severity=low] b") == "0"
    await browser.wait(".feed-end", "2 rows, none older")

    await browser.click(f"[data-alert='{PUMP}'] .row-link")
    await browser.wait(".facts", "At risk")
    await browser.wait(".facts", "42 %")
    await browser.wait(".circumstances", "Mention burst")
    await browser.wait(".circumstances", "+1.2 log odds, raises")
    await browser.wait(".circumstances", "−0.5 log odds, lowers")
    assert "Also" not in await browser.text(".evidence:not(.circumstances)")
    assert await browser.count(".event-members li") == 2
    await browser.click(".event-members a", "Mention burst")
    await browser.wait("#detail-title", "Mention burst")
    await browser.click(".detail-part a", "pump and dump")
    await browser.wait("#detail-title", "Pump and dump")
    assert await browser.problems() == []


async def test_all_alerts_are_shown_on_demand_and_none_vanishes_by_a_filter(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await _write_event(writer)
    await browser.open(api.url)
    await browser.wait(f"[data-alert='{PUMP}'] .row-others", "+2")
    await browser.click(".filters label", "All alerts")
    await browser.wait(f"[data-alert='{BURST}'] .row-part", "Part of pump and dump")
    assert await _rows(browser) == [OTHER, WHALE, PUMP, BURST]
    assert await browser.count(".row-others") == 0
    assert "all=1" in await browser.evaluate("location.hash")
    await browser.click(".filters label", "All alerts")
    await browser.wait_gone(f"[data-alert='{BURST}']")

    await browser.select("select[aria-label=Pattern]", "mention_burst")
    await browser.wait(f"[data-alert='{BURST}'] .row-part", "Part of pump and dump")
    assert await _rows(browser) == [BURST]
    await browser.select("select[aria-label=Pattern]", "pump_and_dump")
    await browser.wait(f"[data-alert='{PUMP}'] .row-others", "+2")


async def test_a_row_goes_into_that_of_its_leader_as_soon_as_it_is_known(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    burst = make_alert(0, pattern="mention_burst")
    await writer.alerts(burst, make_alert(2, pattern="whale_dump"))
    await browser.open(api.url)
    await browser.wait(".connection", "Live")
    await browser.wait(f"[data-alert='{WHALE}']")
    assert await _rows(browser) == [WHALE, BURST]

    await writer.alerts(make_alert(1), _part(0, pattern="mention_burst"))
    await browser.wait(f"[data-alert='{PUMP}'] .row-others", "+1")
    assert await _rows(browser) == [WHALE, PUMP]
    await writer.alerts(_part(2, pattern="whale_dump"))
    await browser.wait(f"[data-alert='{PUMP}'] .row-others", "+2")
    assert await _rows(browser) == [PUMP]
    # What was taken back speaks for nobody.
    await writer.alerts(make_alert(1, revision=2, status="retracted"))
    await browser.wait(f"[data-alert='{WHALE}'] .row-part", "Part of pump and dump")
    assert await _rows(browser) == [WHALE, PUMP, BURST]


async def test_the_place_is_kept_when_rows_above_it_go_into_another(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(*(make_alert(number) for number in range(300)))
    await browser.open(api.url)
    await browser.wait(".connection", "Live")
    await browser.wait("[data-alert='alert-00299']")
    await browser.evaluate("document.querySelector('.feed-scroll').scrollTop = 3400")
    read = "[data-alert='alert-00245']"
    await browser.wait(read)
    place = f'document.querySelector("{read}").getBoundingClientRect().top'
    before = await browser.evaluate(place)
    top = "document.querySelector('.feed-scroll').scrollTop"
    leader = "alert-00270"
    await writer.alerts(*(_part(number, part_of=leader) for number in range(280, 290)))
    await browser.wait_until(f"{top} === 3400 - 10 * 68")
    assert await browser.evaluate(place) == before
    assert await browser.count(".to-top") == 0

    # A new row, and one that is part of it at once: one is new.
    await writer.alerts(make_alert(400), _part(401, revision=1, part_of="alert-00400"))
    await browser.wait(".to-top", "1 new")
    assert await browser.evaluate(place) == before


async def test_a_screenful_that_is_one_event_brings_the_pages_after_it(
    api: ApiProcess, writer: Writer, browser: Browser
) -> None:
    await writer.alerts(make_alert(0), make_alert(1))
    await writer.alerts(*(_part(number, revision=1) for number in range(2, 350)))
    await browser.open(api.url)
    # Said only once everything has been read, four pages of it; until then rows come and go.
    await browser.wait(".feed-end", "2 rows, none older")
    assert await _rows(browser) == [PUMP, "alert-00000"]
    await browser.wait(f"[data-alert='{PUMP}'] .row-others", "+348")
    assert await browser.evaluate(_PAGES_AFTER) == 3


async def test_an_event_is_readable_in_both_themes_and_fits_a_phone(
    api: ApiProcess, writer: Writer, screen: Browser
) -> None:
    await _write_event(writer)
    for path, landmark in (
        ("#/alerts", ".row-others"),
        ("#/alerts?all=1", ".row-part"),
        (f"#/alerts/{PUMP}", ".event-members"),
        (f"#/alerts/{BURST}", ".detail-part"),
    ):
        await screen.open(f"{api.url}/{path}")
        await screen.wait(landmark)
        await assert_readable(screen, path)


def _part(number: int, **changes: object) -> Alert:
    return make_alert(number, **{"revision": 2, "part_of": PUMP, **changes})


async def _write_event(writer: Writer) -> None:
    """A pump with a burst before and a whale after it, and something else."""
    evidence = [
        Evidence(feature="rush_orders", value=41.0, baseline=3.5, threshold=20.0, weight=0.7),
        Evidence(
            feature="detector_probability", value=0.7, baseline=None, threshold=None, weight=0.85
        ),
        Evidence(feature="also_mention_burst", value=0.8, baseline=0.0, threshold=None, weight=1.2),
        Evidence(feature="also_whale_dump", value=-0.6, baseline=0.0, threshold=None, weight=-0.5),
    ]
    part = {"part_of": PUMP, "severity": "low"}
    await writer.alerts(
        make_alert(0, pattern="mention_burst", **part),
        make_alert(1, evidence=evidence, score=0.825, impact=0.42),
        make_alert(2, pattern="whale_dump", **part),
        make_alert(3, pattern="rug_pull", token="OTHER", symbol="OTHER"),
    )


async def _rows(browser: Browser) -> list[str]:
    return list(await browser.evaluate(_SHOWN))
