"""Telegram: public channels by their preview pages, and the groups a bot is in by the Bot API."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterable
from typing import ClassVar

import aiohttp
import msgspec

from memewatch.settings import Settings
from producers.live.base import (
    AccessRefusedError,
    Alive,
    CaughtUp,
    Heard,
    NoHistoryError,
    Payload,
    PolledSource,
    RateLimitedError,
    Rejected,
    Surroundings,
)
from producers.live.http import HttpClient, UnreadableAnswerError
from producers.live.telegram_bot import PAGE, TOKEN_SETTING, Bot, read_update, read_updates
from producers.live.telegram_bot import updates_of as _updates_of
from producers.live.telegram_pages import (
    Message,
    NoPreviewError,
    Page,
    page_of,
    read_message,
    read_messages,
    read_page,
)
from schemas.events import Event
from schemas.topics import POSTS

_DAY_MS = 86_400_000
#: Pages of a long gap that are held until the oldest is found; those beyond are asked for twice.
_HELD_PAGES = 50
#: Between two pages: nobody said what Telegram allows, and a reader does not scroll faster.
_PAGE_DELAY_S = 0.5
#: Telegram holds a request open no longer than the client's patience allows.
_LONGEST_LISTENING_S = 25
_STORED_WITHIN_S = 10
_CHANNEL = re.compile(r"(?:https?://t(?:elegram)?\.me/(?:s/)?|@)?([A-Za-z][A-Za-z0-9_]{3,31})/?")

_log = logging.getLogger(__name__)


class _Cursor(msgspec.Struct):
    """``bot``: the first update that is not read; ``channels``: the newest message by channel."""

    bot: int = 0
    channels: dict[str, int] = {}

    def text(self) -> str:
        return msgspec.json.encode(self).decode()


class Telegram(PolledSource):
    """Reads each channel's newest page, and those before it until it meets what it has.

    A channel or the bot that fails is named in the log and stops no other; the source fails when
    nothing answers. Between two rounds it listens for the bot.
    """

    name: ClassVar[str] = "telegram"
    topics: ClassVar[frozenset[str]] = frozenset({POSTS.name})
    lateness_s: ClassVar[float] = 90.0
    silence_s: ClassVar[float | None] = 240.0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._bot = Bot(self.settings, self.clock) if self.settings.telegram_bot_token else None
        self._bot_rests_until_ms = 0
        self._round_s = 0.0
        #: Why a channel or the bot does not answer, said once.
        self._failing: dict[str, str] = {}

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if settings.telegram_channels or settings.telegram_bot_token is not None:
            return None
        return f"name channels in MEMEWATCH_TELEGRAM_CHANNELS, or set {TOKEN_SETTING}"

    def pause_s(self) -> float:
        # A round over many channels takes long by itself.
        return max(self.settings.telegram_poll_s - self._round_s, 1.0)

    async def follow(self, resume: str | None) -> AsyncIterator[Heard]:
        cursor = resume
        while True:
            async for heard in self.catch_up(cursor, self.clock.now_ms()):
                cursor = heard.cursor or cursor
                yield heard
            yield CaughtUp(cursor)
            if self._bot is None or "bot" in self._failing:
                await self.clock.sleep(self.pause_s())
                continue
            async for heard in self._listen(self._bot, _read_cursor(cursor)):
                cursor = heard.cursor or cursor
                yield heard

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        cursor = _read_cursor(resume)
        channels = self._channels()
        cursor.channels = {name: cursor.channels[name] for name in channels & set(cursor.channels)}
        begun_ms = self.clock.now_ms()
        failures: list[Exception] = []
        answered = False
        async with self._http() as http:
            if self._bot is not None and self.clock.now_ms() >= self._bot_rests_until_ms:
                try:
                    async for heard in self._drain(self._bot, http, cursor):
                        yield heard
                    self._works("bot")
                    answered = True
                except _FAILURES as error:
                    if isinstance(error, RateLimitedError):
                        wait_ms = round(error.retry_after_s * 1000)
                        self._bot_rests_until_ms = self.clock.now_ms() + wait_ms
                    if self._fails("bot", error) and isinstance(error, UnreadableAnswerError):
                        yield self._payload(error.body, cursor, "updates")
                    failures.append(error)
            for channel in sorted(channels):
                try:
                    async for heard in self._news(http, channel, cursor, until_ms - _DAY_MS):
                        yield heard
                    self._works(channel)
                    answered = True
                except RateLimitedError:
                    # All channels are on one server.
                    raise
                except _FAILURES as error:
                    if self._fails(channel, error) and isinstance(error, UnreadableAnswerError):
                        yield self._payload(error.body, cursor, "page")
                    failures.append(error)
                yield Alive()
        self._round_s = (self.clock.now_ms() - begun_ms) / 1000
        if failures and not answered:
            raise failures[0]

    def stored(self, cursor: str) -> None:
        if self._bot is not None:
            self._bot.stored(_read_cursor(cursor).bot)

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        if payload.kind == "updates":
            yield from self._parse_updates(payload.body)
        else:
            yield from self._parse_page(payload.body)

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Channel by channel, newest first: Telegram shows only what lies before a message.

        The cursor is JSON: the channel, and before which message to go on (0: it is done).
        """
        channels = sorted(self._channels())
        if not channels:
            raise NoHistoryError(
                "the Bot API keeps nothing but the last day: name public channels in "
                "MEMEWATCH_TELEGRAM_CHANNELS"
            )
        done, before = msgspec.json.decode(resume, type=tuple[str, int]) if resume else ("", 0)
        failure: Exception | None = None
        read = 0
        async with self._http() as http:
            for channel in channels:
                if channel < done or (channel == done and before == 0):
                    read += 1
                    continue
                start = before if channel == done else None
                try:
                    async for heard in self._past(http, channel, begin_ms, end_ms, start):
                        yield heard
                except (NoPreviewError, UnreadableAnswerError) as error:
                    _log.warning("telegram: leaving out %s: %s", channel, error)
                    failure = error
                    continue
                read += 1
                yield Alive(msgspec.json.encode((channel, 0)).decode())
        if failure is not None and read == 0:
            raise failure

    # --- channels -----------------------------------------------------------------------------

    def _channels(self) -> set[str]:
        watched = [
            entry.value
            for entry in self.watch_list.of("account", self.name)
            if entry.source == self.name
        ]
        names = [*self.settings.telegram_channels, *watched]
        return {match[1].lower() for name in names if (match := _CHANNEL.fullmatch(name))}

    async def _news(
        self, http: HttpClient, channel: str, cursor: _Cursor, not_before_ms: int
    ) -> AsyncIterator[Heard]:
        """What is new in a channel, oldest first; ``cursor`` is brought up to date."""
        page = await self._page(http, channel, None)
        known = cursor.channels.get(channel)
        if known is None:
            # As far back as one page reaches.
            fresh = [m for m in page.messages if m.time_ms is None or m.time_ms >= not_before_ms]
            if page.messages:
                cursor.channels[channel] = page.messages[-1].number
            if fresh:
                yield self._payload(page_of(fresh), cursor, "page")
            return
        held: list[tuple[int, Page | None]] = []
        while page.messages:
            # By number, also the first: what is posted meanwhile must not move it.
            held.append((page.messages[-1].number + 1, page))
            if len(held) > _HELD_PAGES:
                held[-1 - _HELD_PAGES] = (held[-1 - _HELD_PAGES][0], None)
            if page.messages[0].number <= known or page.before is None:
                break
            page = await self._page(http, channel, page.before)
        for before, held_page in reversed(held):
            page = held_page or await self._page(http, channel, before)
            fresh = [message for message in page.messages if message.number > known]
            if fresh:
                known = cursor.channels[channel] = fresh[-1].number
                yield self._payload(page_of(fresh), cursor, "page")

    async def _past(
        self, http: HttpClient, channel: str, begin_ms: int, end_ms: int, before: int | None
    ) -> AsyncIterator[Heard]:
        """A channel's messages of a time, newest first, page by page."""
        if before is None:
            before = await self._first_after(http, channel, end_ms)
        while True:
            page = await self._page(http, channel, before)
            wanted = [m for m in page.messages if _is_within(m, begin_ms, end_ms)]
            oldest_ms = page.oldest_ms
            before = page.before
            is_last = before is None or (oldest_ms is not None and oldest_ms < begin_ms)
            mark = msgspec.json.encode((channel, 0 if is_last else before)).decode()
            if wanted:
                yield Payload(
                    body=page_of(wanted),
                    cursor=mark,
                    kind="page",
                    received_ms=self.clock.now_ms(),
                )
            else:
                yield Alive(mark)
            if is_last or not page.messages:
                return

    async def _first_after(self, http: HttpClient, channel: str, end_ms: int) -> int | None:
        """A number before which the messages just older than ``end_ms`` stand (None: the end)."""
        page = await self._page(http, channel, None)
        if not page.messages or (page.newest_ms or 0) < end_ms:
            return None
        low, high = 1, page.messages[-1].number + 1
        while high - low > len(page.messages):
            middle = (low + high) // 2
            found = await self._page(http, channel, middle)
            if (found.newest_ms or 0) < end_ms:
                low = middle
            else:
                high = middle
        return high

    async def _page(self, http: HttpClient, channel: str, before: int | None) -> Page:
        await self.clock.sleep(_PAGE_DELAY_S)
        answer = await http.get(
            f"{self.settings.telegram_url}/s/{channel}",
            params={} if before is None else {"before": str(before)},
            allow_redirects=False,
            accepted=(301, 302),
        )
        if answer.status in (301, 302):
            raise NoPreviewError("there is no public preview")
        try:
            page = read_page(answer.body)
        except ValueError as error:
            raise UnreadableAnswerError(str(error), answer.body) from None
        return page if before is None else page.only_before(before)

    # --- the bot ------------------------------------------------------------------------------

    async def _drain(self, bot: Bot, http: HttpClient, cursor: _Cursor) -> AsyncIterator[Heard]:
        """Every update Telegram has; ``cursor`` is brought up to date."""
        bot.begin(cursor.bot)
        patience = _STORED_WITHIN_S
        while patience > 0:
            updates, sent = await bot.updates(http, cursor.bot)
            if updates:
                cursor.bot = updates[-1]["update_id"] + 1
                yield self._payload(_updates_of(updates), cursor, "updates")
            if sent < PAGE:
                break
            if not updates:
                # More is there, but not before Kafka has these; else the next round goes on.
                patience -= 1
                await self.clock.sleep(1.0)

    async def _listen(self, bot: Bot, cursor: _Cursor) -> AsyncIterator[Heard]:
        """What comes until the next round over the channels, as it comes."""
        until_ms = self.clock.now_ms() + round(self.pause_s() * 1000)
        async with self._http() as http:
            while (left_ms := until_ms - self.clock.now_ms()) > 0:
                wait_s = min(max(left_ms // 1000, 1), _LONGEST_LISTENING_S)
                try:
                    updates, sent = await bot.updates(http, cursor.bot, wait_s)
                except _FAILURES:
                    # The next round asks again, and says what is wrong.
                    await self.clock.sleep(left_ms / 1000)
                    return
                if updates:
                    cursor.bot = updates[-1]["update_id"] + 1
                    yield self._payload(_updates_of(updates), cursor, "updates")
                elif sent:
                    # Read but not stored: Telegram answers at once.
                    await self.clock.sleep(1.0)
                else:
                    return

    # --- both ---------------------------------------------------------------------------------

    def _http(self) -> HttpClient:
        return HttpClient(self.clock, self.budget)

    def _payload(self, body: bytes, cursor: _Cursor, kind: str) -> Payload:
        now_ms = self.clock.now_ms()
        return Payload(body=body, cursor=cursor.text(), kind=kind, received_ms=now_ms)

    def _fails(self, what: str, error: Exception) -> bool:
        """Note and say it; whether that is news."""
        reason = str(error) or type(error).__name__
        is_news = self._failing.get(what) != reason
        self._failing[what] = reason
        if is_news:
            _log.warning("telegram: leaving out %s: %s", what, reason)
        return is_news

    def _works(self, what: str) -> None:
        if self._failing.pop(what, None) is not None:
            _log.info("telegram: %s answers again", what)

    def _parse_updates(self, body: bytes) -> Iterable[Event | Rejected]:
        try:
            updates = read_updates(body)
        except ValueError as error:
            yield Rejected(reason=str(error), value=body)
            return
        for update in updates:
            try:
                yield from read_update(update, self.tokens)
            except ValueError as error:
                reason = f"no update of the Bot API: {error}"
                yield Rejected(reason=reason, value=msgspec.json.encode(update))

    def _parse_page(self, body: bytes) -> Iterable[Event | Rejected]:
        try:
            messages = read_messages(body)
        except ValueError as error:
            yield Rejected(reason=str(error), value=body)
            return
        for markup, element in messages:
            try:
                yield from read_message(element, self.tokens)
            except ValueError as error:
                yield Rejected(reason=f"no Telegram message: {error}", value=markup.encode())


_FAILURES = (
    aiohttp.ClientError,
    TimeoutError,
    AccessRefusedError,
    RateLimitedError,
    NoPreviewError,
    UnreadableAnswerError,
)


def _is_within(message: Message, begin_ms: int, end_ms: int) -> bool:
    return message.time_ms is not None and begin_ms <= message.time_ms < end_ms


def _read_cursor(resume: str | None) -> _Cursor:
    return msgspec.json.decode(resume, type=_Cursor) if resume else _Cursor()
