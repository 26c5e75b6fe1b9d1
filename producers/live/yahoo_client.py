"""yfinance as a source needs it: its socket without its loop, and its candles from any address.

yfinance's own loop around the socket never ends when the server closes it in good order, and goes
on without its subscriptions when it does not. So its connection is read here.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from producers.live.base import RateLimitedError
from schemas.times import from_ms

#: Yahoo does not say how long it wants to be left alone.
_WAIT_S = 120.0


class QuoteStream:
    """An ``async with`` block's websocket of quotes; everything raises when it is lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stream: Any = None
        self._pong: asyncio.Future[Any] | None = None

    async def __aenter__(self) -> QuoteStream:
        yfinance = await asyncio.to_thread(_yfinance)
        self._stream = yfinance.AsyncWebSocket(url=self._url, verbose=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stream.close()

    async def subscribe(self, symbols: list[str]) -> None:
        """Quotes of these symbols too; yfinance repeats the subscriptions every 15 seconds."""
        await self._stream.subscribe(symbols)

    async def hear(self, patience_s: float) -> str | None:
        """The next frame; None when the server answered a ping instead.

        Raises:
            ConnectionError: neither came, or the connection is lost.
        """
        from websockets.exceptions import ConnectionClosed

        socket = self._stream._ws
        try:
            try:
                async with asyncio.timeout(patience_s):
                    return _text(await socket.recv())
            except TimeoutError:
                pong = await socket.ping()
            async with asyncio.timeout(10 * patience_s):
                await pong
            return None
        except ConnectionClosed as error:
            raise ConnectionError(f"yahoo ends the connection: {error}") from error
        except TimeoutError:
            raise ConnectionError("yahoo does not answer") from None


class Candles:
    """An ``async with`` block's HTTP session, at ``url`` instead of Yahoo's own hosts if given."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: Any = None

    async def __aenter__(self) -> Candles:
        await asyncio.to_thread(_yfinance)
        self._session = _session(self._url)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    async def of(self, symbol: str, begin_ms: int, end_ms: int) -> list[list[Any]]:
        """One-minute candles that open in ``begin_ms <= opening < end_ms``, a week at most: opening
        in ms, then open, high, low, close and volume as floats.

        Raises:
            RateLimitedError: Yahoo asks to wait.
            ConnectionError: everything else that is no answer.
        """
        from yfinance.exceptions import YFPricesMissingError, YFRateLimitError

        try:
            return await asyncio.to_thread(self._ask, symbol, from_ms(begin_ms), from_ms(end_ms))
        except YFPricesMissingError:
            return []
        except YFRateLimitError as error:
            raise RateLimitedError(f"yahoo: {error}", _WAIT_S) from error
        except Exception as error:
            raise ConnectionError(f"yahoo: {error!r:.300}") from error

    def _ask(self, symbol: str, begin: datetime, end: datetime) -> list[list[Any]]:
        frame = (
            _yfinance()
            .Ticker(symbol, session=self._session)
            .history(
                interval="1m",
                start=begin,
                end=end,
                prepost=True,
                actions=False,
                auto_adjust=False,
            )
        )
        return [
            [
                round(opens.timestamp() * 1000),
                *(float(row[name]) for name in ("Open", "High", "Low", "Close", "Volume")),
            ]
            for opens, row in frame.iterrows()
        ]


def _yfinance() -> Any:
    # With pandas it takes a second to import; who only asks what is on shall not wait for it.
    import yfinance

    # It would write a line to the log and hand out an empty table.
    yfinance.config.debug.hide_exceptions = False
    return yfinance


def _session(base: str) -> Any:
    from curl_cffi import requests

    class Elsewhere(requests.Session):  # type: ignore[type-arg]
        """yfinance knows its hosts by heart; all of them are this one."""

        def request(self, method: Any, url: Any, *arguments: Any, **named: Any) -> Any:
            path = urlunsplit(urlsplit(url)._replace(scheme="", netloc=""))
            return super().request(method, base + path, *arguments, **named)

    kind = Elsewhere if base else requests.Session
    return kind(impersonate="chrome")


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode(errors="replace")
