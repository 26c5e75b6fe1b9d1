"""What holds of every page, in both themes and on every screen."""

from __future__ import annotations

from tests.browser.browser import Browser

_OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


async def assert_readable(browser: Browser, where: str = "") -> None:
    """What is shown now has enough contrast, fits the screen, and names all it holds."""
    problems = await browser.low_contrast() + await browser.accessibility_problems()
    overflow = await browser.evaluate(_OVERFLOW)
    if overflow > 0:
        problems.append(f"{overflow} pixels wider than the screen")
    assert not problems, f"{where}: {problems}"
