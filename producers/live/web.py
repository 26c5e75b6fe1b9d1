"""The web: posts of news sites and forums by their feeds, prices by lists of tokens."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterable
from typing import ClassVar
from urllib.parse import quote

import aiohttp
import msgspec

from memewatch.settings import Settings
from producers.live.base import (
    AccessRefusedError,
    Alive,
    Heard,
    NoHistoryError,
    Payload,
    PolledSource,
    RateLimitedError,
    Rejected,
    Surroundings,
)
from producers.live.http import Answer, HttpClient, UnreadableAnswerError, origin_of
from producers.live.pages import Manners, Pages
from producers.live.public_hosts import ForbiddenLinkError, trusted_places
from producers.live.web_feeds import (
    Entries,
    Entry,
    new_entries,
    read_entries,
    read_entry,
    read_feed,
    text_of,
    warm_up,
    without_query,
)
from producers.live.web_quotes import (
    ADDRESSES_A_REQUEST,
    MOST_POOLS,
    SYMBOLS_A_REQUEST,
    base_addresses,
    coins_of,
    fresh_coins,
    read_coins,
    read_pools,
    ticks_of_coins,
    ticks_of_pools,
)
from producers.registry import RegisteredToken, normal_address
from schemas.events import Event
from schemas.topics import POSTS, TICKS

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
#: Feeds asked at the same time, each host by itself.
_AT_ONCE = 8
_MOST_MARKS = 1_000
_MOST_TOKENS = 300
_LARGEST_PAGE = 1_000_000
_FAILURES = (
    aiohttp.ClientError,
    TimeoutError,
    AccessRefusedError,
    RateLimitedError,
    ForbiddenLinkError,
    UnreadableAnswerError,
)

_log = logging.getLogger(__name__)


class _FeedState(msgspec.Struct, omit_defaults=True):
    """What is known of one feed: its version when all of it was read, and the entries read."""

    etag: str | None = None
    modified: str | None = None
    seen: list[str] = []


class _Cursor(msgspec.Struct, omit_defaults=True):
    """``feeds`` by address; ``minute`` is the last one whose prices were asked for."""

    feeds: dict[str, _FeedState] = {}
    minute: int = 0

    def text(self) -> str:
        return msgspec.json.encode(self).decode()


class Web(PolledSource):
    """Reads feeds and lists of prices, each host at its own pace.

    A host that fails is named in the log and stops no other; the source fails when nothing
    answers. Entries without content are read from their pages, where robots.txt allows it. Of a
    token's pools the deepest gives the quote, once a minute.
    """

    name: ClassVar[str] = "web"
    topics: ClassVar[frozenset[str]] = frozenset({POSTS.name, TICKS.name})
    lateness_s: ClassVar[float] = 120.0
    silence_s: ClassVar[float | None] = 300.0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._manners = Manners(self.clock, self.settings.web_host_delay_s)
        #: By feed or service: until when it wants to be left alone.
        self._resting: dict[str, int] = {}
        #: Why one does not answer, said once.
        self._failing: dict[str, str] = {}
        #: By coin: when CoinGecko last had a new price.
        self._updated: dict[str, str] = {}

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if settings.web_feeds or settings.web_dexscreener_url or settings.web_coingecko_url:
            return None
        return (
            "name feeds in MEMEWATCH_WEB_FEEDS, or set MEMEWATCH_WEB_DEXSCREENER_URL or "
            "MEMEWATCH_WEB_COINGECKO_URL"
        )

    def pause_s(self) -> float:
        return self.settings.web_poll_s

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        cursor = msgspec.json.decode(resume, type=_Cursor) if resume else _Cursor()
        feeds = list(dict.fromkeys(self.settings.web_feeds))
        cursor.feeds = {url: state for url, state in cursor.feeds.items() if url in set(feeds)}
        outcome = _Outcome()
        async for heard in self._prices(cursor, outcome):
            yield heard
        async with self._pages() as pages:
            for start in range(0, len(feeds), _AT_ONCE):
                group = [
                    url for url in feeds[start : start + _AT_ONCE] if self._is_due(url, outcome)
                ]
                states = [cursor.feeds.get(url, _FeedState()) for url in group]
                answers = await asyncio.gather(
                    *(
                        self._ask(pages, url, state)
                        for url, state in zip(group, states, strict=True)
                    )
                )
                for url, answer in zip(group, answers, strict=True):
                    if isinstance(answer, Exception):
                        self._fails(url, answer, outcome)
                        continue
                    try:
                        async for heard in self._entries(
                            pages, url, answer, cursor, until_ms - _DAY_MS
                        ):
                            yield heard
                        self._works(url, outcome)
                    except UnreadableAnswerError as error:
                        if self._fails(url, error, outcome):
                            yield self._payload(error.body, cursor, "unreadable feed")
                    yield Alive()
        outcome.judge()

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        try:
            match payload.kind:
                case "pools":
                    yield from ticks_of_pools(payload.body, payload.received_ms, self.tokens)
                case "coins":
                    yield from ticks_of_coins(payload.body, self.tokens)
                case "entries":
                    yield from self._parse_entries(payload)
                case kind:
                    # Kept as it came, for a dead letter, because it could not be read.
                    raise ValueError(f"no {kind.removeprefix('unreadable ')}")
        except ValueError as error:
            yield Rejected(reason=str(error), value=payload.body)

    def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        del begin_ms, end_ms, resume
        raise NoHistoryError(
            "feeds show their newest entries and price lists the present: a day back is read when "
            "the source starts for the first time"
        )

    # --- feeds --------------------------------------------------------------------------------

    async def _ask(self, pages: Pages, url: str, state: _FeedState) -> Answer | Exception:
        headers = {
            "Accept": "application/rss+xml, application/atom+xml, application/xml, */*;q=0.5"
        }
        if state.etag is not None:
            headers["If-None-Match"] = state.etag
        if state.modified is not None:
            headers["If-Modified-Since"] = state.modified
        try:
            return await pages.feed(url, headers)
        except _FAILURES as error:
            return error

    async def _entries(
        self, pages: Pages, url: str, answer: Answer, cursor: _Cursor, not_before_ms: int
    ) -> AsyncIterator[Heard]:
        """What is new in a feed, oldest first; ``cursor`` is brought up to date."""
        if answer.status == 304:
            return
        try:
            feed = await asyncio.to_thread(read_feed, answer.url, answer.body)
        except ValueError as error:
            raise UnreadableAnswerError(str(error), answer.body) from None
        before = cursor.feeds.get(url)
        seen = before.seen if before is not None else []
        fresh = new_entries(feed.entries, seen)
        if before is None:
            # As far back as one request reaches, a day at most.
            old = [e.mark for e in fresh if e.at_ms is not None and e.at_ms < not_before_ms]
            seen, fresh = old, new_entries(fresh, old)
        state = before or _FeedState()
        for is_alone, entries in itertools.groupby(fresh, self._wants_page):
            for part in ([entry] for entry in entries) if is_alone else (list(entries),):
                page = await self._article(pages, part[0]) if is_alone else None
                seen = [*seen, *(entry.mark for entry in part)]
                # The feed's version is noted when all of it was read, or a 304 would hide the rest.
                cursor.feeds[url] = _FeedState(state.etag, state.modified, seen[-_MOST_MARKS:])
                body = msgspec.json.encode(Entries(feed.feed, part, feed.language, page))
                yield self._payload(body, cursor, "entries")
        shown = {entry.mark for entry in feed.entries}
        # What the feed shows now must stay known, whatever was seen before it.
        seen = [*(mark for mark in seen if mark not in shown), *shown]
        cursor.feeds[url] = _FeedState(
            answer.headers.get("etag"), answer.headers.get("last-modified"), seen[-_MOST_MARKS:]
        )
        yield Alive(cursor.text())

    def _wants_page(self, entry: Entry) -> bool:
        return self.settings.web_articles and entry.link is not None and entry.is_empty

    async def _article(self, pages: Pages, entry: Entry) -> str | None:
        """The page behind an entry; None where it may not or cannot be read."""
        link = entry.link or ""
        try:
            answer = await pages.page(link)
        except _FAILURES as error:
            _log.info("web: an entry stays without its page at %s: %s", origin_of(link), error)
            return None
        if answer is None or "html" not in answer.headers.get("content-type", "html"):
            return None
        await asyncio.to_thread(warm_up)
        return text_of(answer.body[:_LARGEST_PAGE], answer.headers.get("content-type", ""))

    def _pages(self) -> Pages:
        return Pages(self.clock, self._manners, trusted_places(self.settings.web_feeds))

    def _parse_entries(self, payload: Payload) -> Iterable[Event | Rejected]:
        entries = read_entries(payload.body)
        for entry in entries.entries:
            try:
                yield from read_entry(entries, entry, payload.received_ms, self.tokens)
            except ValueError as error:
                yield Rejected(
                    reason=f"an entry of {entries.feed}: {error}", value=msgspec.json.encode(entry)
                )

    # --- prices -------------------------------------------------------------------------------

    async def _prices(self, cursor: _Cursor, outcome: _Outcome) -> AsyncIterator[Heard]:
        """Each list of prices, once a minute; ``cursor`` is brought up to date."""
        minute = self.clock.now_ms() // _MINUTE_MS
        if minute <= cursor.minute:
            return
        tokens = self._priced_tokens()
        addresses = [token.address for token in tokens if token.address is not None]
        symbols = sorted({token.symbol for token in tokens if token.address is None})
        async with HttpClient(
            self.clock, self.budget, key_setting="MEMEWATCH_WEB_COINGECKO_KEY"
        ) as http:
            services = (
                (self.settings.web_dexscreener_url, self._pools, addresses),
                (self.settings.web_coingecko_url, self._coins, symbols),
            )
            cursor.minute = minute
            for url, ask, wanted in services:
                if not url or not wanted or not self._is_due(url, outcome):
                    continue
                try:
                    async for body, kind in ask(http, url, wanted):
                        yield self._payload(body, cursor, kind)
                    self._works(url, outcome)
                except _FAILURES as error:
                    if self._fails(url, error, outcome) and isinstance(
                        error, UnreadableAnswerError
                    ):
                        yield self._payload(error.body, cursor, "unreadable prices")

    async def _pools(
        self, http: HttpClient, url: str, wanted: list[str]
    ) -> AsyncIterator[tuple[bytes, str]]:
        while wanted:
            asked, wanted = wanted[:ADDRESSES_A_REQUEST], wanted[ADDRESSES_A_REQUEST:]
            async with self._manners.turn(url):
                names = quote(",".join(asked), safe=",:")
                answer = await http.get(f"{url}/latest/dex/tokens/{names}")
            try:
                pools = read_pools(asked, answer.body)
            except ValueError as error:
                raise UnreadableAnswerError(f"DexScreener: {error}", answer.body) from None
            found = base_addresses(pools)
            if len(pools.pairs) >= MOST_POOLS:
                # The answer was cut: whoever is not in it may have pools all the same.
                missing = [each for each in asked if normal_address(each) not in found]
                if len(missing) < len(asked):
                    wanted = [*missing, *wanted]
            if pools.pairs:
                yield msgspec.json.encode(pools), "pools"

    async def _coins(
        self, http: HttpClient, url: str, wanted: list[str]
    ) -> AsyncIterator[tuple[bytes, str]]:
        key = self.settings.web_coingecko_key
        headers = {"x-cg-demo-api-key": key.get_secret_value()} if key is not None else {}
        for start in range(0, len(wanted), SYMBOLS_A_REQUEST):
            symbols = wanted[start : start + SYMBOLS_A_REQUEST]
            async with self._manners.turn(url):
                answer = await http.get(
                    f"{url}/coins/markets",
                    params={
                        "vs_currency": "usd",
                        "symbols": ",".join(symbols).lower(),
                        "include_tokens": "top",
                        "per_page": "250",
                    },
                    headers=headers,
                )
            try:
                coins = read_coins(answer.body)
            except ValueError as error:
                raise UnreadableAnswerError(f"CoinGecko: {error}", answer.body) from None
            if fresh := fresh_coins(coins, self._updated):
                yield coins_of(body for _, body in fresh.values()), "coins"
                self._updated |= {name: moment for name, (moment, _) in fresh.items()}
                while len(self._updated) > 2 * _MOST_TOKENS:
                    del self._updated[next(iter(self._updated))]

    def _priced_tokens(self) -> list[RegisteredToken]:
        """The registry's tokens; those an operator added stand last, and count first."""
        return list(reversed(self.tokens.tokens))[:_MOST_TOKENS]

    # --- both ---------------------------------------------------------------------------------

    def _payload(self, body: bytes, cursor: _Cursor, kind: str) -> Payload:
        now_ms = self.clock.now_ms()
        return Payload(body=body, cursor=cursor.text(), kind=kind, received_ms=now_ms)

    def _is_due(self, url: str, outcome: _Outcome) -> bool:
        left_ms = self._resting.get(url, 0) - self.clock.now_ms()
        if left_ms <= 0:
            self._resting.pop(url, None)
            return True
        outcome.resting_s.append(left_ms / 1000)
        return False

    def _fails(self, url: str, error: Exception, outcome: _Outcome) -> bool:
        """Note and say it; whether that is news."""
        reason = str(error) or type(error).__name__
        if isinstance(error, RateLimitedError):
            self._resting[url] = self.clock.now_ms() + round(error.retry_after_s * 1000)
            outcome.resting_s.append(error.retry_after_s)
        else:
            outcome.failures.append(f"{without_query(url)} ({reason})")
        is_news = self._failing.get(url) != reason
        self._failing[url] = reason
        if is_news:
            _log.warning("web: leaving out %s: %s", without_query(url), reason)
        return is_news

    def _works(self, url: str, outcome: _Outcome) -> None:
        outcome.answered = True
        if self._failing.pop(url, None) is not None:
            _log.info("web: %s answers again", without_query(url))


class _Outcome:
    """What came of one round."""

    def __init__(self) -> None:
        self.answered = False
        self.failures: list[str] = []
        self.resting_s: list[float] = []

    def judge(self) -> None:
        """Raise when somebody was asked and nobody answered."""
        if self.answered:
            return
        if self.failures:
            raise aiohttp.ClientError(f"nothing on the web answers: {'; '.join(self.failures)}")
        if self.resting_s:
            raise RateLimitedError("everybody on the web asks to wait", min(self.resting_s))
