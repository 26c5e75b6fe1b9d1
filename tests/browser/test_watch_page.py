"""The watch list in a real browser: add, be refused, remove."""

from __future__ import annotations

import httpx
import pytest

from tests.browser.api_process import ApiProcess
from tests.browser.browser import Browser
from tests.browser.readable import assert_readable

pytestmark = [pytest.mark.integration, pytest.mark.browser]

PEPE = "0x6982508145454Ce325dDbE47a25d4ec3d2311933"
#: The browser itself notes each refusal.
_REFUSED = "Failed to load resource: the server responded with a status of 422"


async def test_what_is_watched_is_added_and_removed_without_a_reload(
    api: ApiProcess, browser: Browser
) -> None:
    await browser.open(api.url)
    await browser.click(".header nav a", "Watch list")
    await browser.wait(".empty", "Nothing is watched yet")
    await browser.fill(".watch-form input", f"ethereum:{PEPE}")
    await browser.click(".watch-form button")
    await browser.wait(".watched th", PEPE.lower())
    assert await browser.evaluate("document.querySelector('.watch-form input').value") == ""

    await browser.select(".watch-form select", "account")
    await browser.fill(".watch-form input", "elonmusk")
    await browser.press("Enter")
    await browser.wait(".watch-form .inline-error", "an account needs the source it posts on")
    await browser.fill(".watch-form input", "twitter:@elonmusk")
    await browser.press("Enter")
    await browser.wait(".watched td", "twitter")
    await browser.wait_gone(".inline-error")
    assert await _watched(api) == ["elonmusk", PEPE.lower()]

    await browser.click("button[aria-label='Remove elonmusk']")
    await browser.wait_gone(".watched th", "elonmusk")
    assert await _watched(api) == [PEPE.lower()]
    problems = [text for text in await browser.problems() if not text.startswith(_REFUSED)]
    assert problems == []


async def test_the_page_is_readable_in_both_themes_and_fits_a_phone(
    api: ApiProcess, screen: Browser
) -> None:
    entry = {"kind": "token", "value": PEPE, "chain": "base", "symbol": "PEPE", "note": "n" * 99}
    async with httpx.AsyncClient(base_url=api.url) as http:
        await http.post("/api/v1/watch-list", json={"items": [entry]})
    await screen.open(f"{api.url}/#/watch")
    await screen.wait(".watched")
    await screen.fill(".watch-form input", "two words")
    await screen.press("Enter")
    await screen.wait(".watch-form .inline-error", "a ticker has")
    await assert_readable(screen)


async def _watched(api: ApiProcess) -> list[str]:
    async with httpx.AsyncClient(base_url=api.url) as http:
        page = (await http.get("/api/v1/watch-list")).json()
    return [entry["value"] for entry in page["items"]]
