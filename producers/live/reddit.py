"""Reddit: new submissions and comments of subreddits and users, by OAuth or as public JSON."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

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
    Rejected,
    Surroundings,
)
from producers.live.http import HttpClient, HttpStatusError, UnreadableAnswerError
from producers.live.reddit_api import GONE, PAGE, Access, Child, read_page
from producers.live.reddit_place import Place
from producers.live.reddit_things import read_thing
from schemas.events import Event
from schemas.times import rfc3339
from schemas.topics import POSTS

#: Reddit lists the newest thousand of anything and nothing beyond.
_PAGES = 10
#: Some of the thousand are hidden, so a listing that ends a little earlier was cut as well.
_CUT_AT = 900
_DAY_S = 86_400.0
_MOST_USERS = 30
#: A subreddit that is gone or private is asked again after this long.
_FORGET_MS = 3_600_000
_SUBREDDIT = re.compile(r"(?:/?r/)?([A-Za-z0-9_]{2,30})")
_USER = re.compile(r"(?:/?u(?:ser)?/)?([A-Za-z0-9_-]{2,30})")
_KINDS = {"new": "submissions", "comments": "comments"}

_log = logging.getLogger(__name__)


class _Listing(NamedTuple):
    """What stands in the cursor under ``name``, and the paths that hold it between them."""

    name: str
    path: str
    parts: Sequence[str]

    def part_name(self, part: str) -> str:
        """Where the cursor notes that one part was read by itself."""
        return f"{self.name} of {part}"

    def owed_name(self, part: str) -> str:
        """Where the cursor notes from where on a part that could not be read is still to be."""
        return f"{self.name} owed by {part}"

    def note_with_owed(self, places: dict[str, Place], children: Sequence[Child]) -> None:
        """What is read while parts still owe something is not owed any more."""
        for name in map(self.owed_name, self.parts):
            if name in places:
                places[name] = places[name].also(children)


class Reddit(PolledSource):
    """Asks for what is new, page by page, until it meets what it has.

    The cursor is JSON: for each listing (``new``, ``comments``, ``user/…``) the time up to which
    everything is done, and the fullnames beyond it that are. A payload holds the children that
    were new, oldest first; what a page repeats is left out.
    """

    name: ClassVar[str] = "reddit"
    topics: ClassVar[frozenset[str]] = frozenset({POSTS.name})
    lateness_s: ClassVar[float] = 60.0
    silence_s: ClassVar[float | None] = 240.0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._access = Access(self.settings, self.clock)
        #: By subreddit: since when it cannot be read.
        self._closed: dict[str, int] = {}

    @classmethod
    def off(cls, settings: Settings) -> str | None:
        if (settings.reddit_client_id is None) != (settings.reddit_client_secret is None):
            missing = "ID" if settings.reddit_client_id is None else "SECRET"
            return f"MEMEWATCH_REDDIT_CLIENT_{missing} is missing: set it, or neither of the two"
        return None

    def pause_s(self) -> float:
        # No longer than half the silence that would be taken for a lost connection.
        paced = self._access.pause_s(len(self._listings()))
        return min(max(self.settings.reddit_poll_s, paced), 120.0)

    async def catch_up(self, resume: str | None, until_ms: int) -> AsyncIterator[Heard]:
        places = _read_cursor(resume)
        beginning = Place(since=until_ms / 1000 - _DAY_S)
        listings = self._listings()
        names = {listing.name for listing in listings}
        for listing in listings:
            for part in self._subreddits():
                names |= {listing.part_name(part), listing.owed_name(part)}
        places = {name: place for name, place in places.items() if name in names}
        async with self._http() as http:
            for listing in listings:
                known = places.get(listing.name)
                pages = 1 if known is None else _PAGES
                try:
                    async for heard in self._news(http, listing, places, known or beginning, pages):
                        yield heard
                except (aiohttp.ClientError, AccessRefusedError, UnreadableAnswerError) as error:
                    if listing.name not in _KINDS:
                        _log.warning("reddit: leaving out %s: %s", listing.path, error)
                        continue
                    if isinstance(error, UnreadableAnswerError):
                        yield self._payload(error.body, _text(places))
                    raise

    def parse(self, payload: Payload) -> Iterable[Event | Rejected]:
        try:
            children = read_page(payload.body).children
        except ValueError as error:
            yield Rejected(reason=str(error), value=payload.body)
            return
        for child in children:
            try:
                yield from read_thing(child.thing, self.tokens)
            except ValueError as error:
                reason = f"neither submission nor comment of Reddit: {error}"
                yield Rejected(reason=reason, value=msgspec.json.encode(child.thing))

    async def history(self, begin_ms: int, end_ms: int, resume: str | None) -> AsyncIterator[Heard]:
        """Listing by listing, each oldest first, as far back as Reddit's thousand reach.

        The cursor is JSON: the listing's name, and its place unless it is done.
        """
        done, place = _read_history_cursor(resume)
        short: list[str] = []
        async with self._http() as http:
            for listing in sorted(self._separate(self._listings())):
                if listing.name < done or (listing.name == done and place is None):
                    continue
                start = place if place and listing.name == done else Place(since=begin_ms / 1000)
                try:
                    children, reached = await self._fetch(http, listing.path, start, _PAGES)
                except (HttpStatusError, AccessRefusedError) as error:
                    if not _is_closed(error):
                        raise
                    _log.warning("reddit: leaving out %s: %s", listing.path, error)
                    continue
                if not reached:
                    oldest_ms = round(children[0].created * 1000) if children else end_ms
                    short.append(f"{listing.path} goes back to {rfc3339(oldest_ms)}")
                wanted = [child for child in children if child.created * 1000 < end_ms]
                for part, reached_place in _portions(wanted, start):
                    cursor = msgspec.json.encode((listing.name, reached_place)).decode()
                    yield self._payload(_listing_of(part), cursor)
                yield Alive(msgspec.json.encode((listing.name, None)).decode())
        if short:
            raise NoHistoryError(
                f"Reddit lists only the newest thousand, all of which was read: {'; '.join(short)}"
            )

    def _http(self) -> HttpClient:
        return HttpClient(self.clock, self.budget, key_setting="MEMEWATCH_REDDIT_CLIENT_ID")

    def _payload(self, body: bytes, cursor: str) -> Payload:
        return Payload(body=body, cursor=cursor, kind="listing", received_ms=self.clock.now_ms())

    def _listings(self) -> list[_Listing]:
        accounts = self._accounts()
        users = _distinct(_USER, [value for value in accounts if not _is_subreddit(value)])
        now_ms = self.clock.now_ms()
        self._closed = {
            name: since for name, since in self._closed.items() if since + _FORGET_MS > now_ms
        }
        subreddits = [name for name in self._subreddits() if name not in self._closed]
        listings = [
            _Listing(kind, f"/r/{'+'.join(subreddits)}/{kind}", subreddits)
            for kind in _KINDS
            if subreddits
        ]
        listings += [
            _Listing(f"user/{name}", f"/user/{name}/overview", ()) for name in users[:_MOST_USERS]
        ]
        return listings

    def _subreddits(self) -> list[str]:
        watched = [value for value in self._accounts() if _is_subreddit(value)]
        return _distinct(_SUBREDDIT, [*self.settings.reddit_subreddits, *watched])

    def _accounts(self) -> list[str]:
        accounts = self.watch_list.of("account", self.name)
        return [entry.value for entry in accounts if entry.source == self.name]

    def _separate(self, listings: Iterable[_Listing]) -> list[_Listing]:
        """One listing for each subreddit, since each has a thousand of its own."""
        separate: list[_Listing] = []
        for listing in listings:
            if listing.name in _KINDS:
                separate += [
                    _Listing(f"r/{part}/{listing.name}", f"/r/{part}/{listing.name}", ())
                    for part in listing.parts
                ]
            else:
                separate.append(listing)
        return separate

    async def _news(
        self,
        http: HttpClient,
        listing: _Listing,
        places: dict[str, Place],
        place: Place,
        pages: int,
    ) -> AsyncIterator[Heard]:
        """What is new in one listing, oldest first; ``places`` is brought up to date."""
        async for heard in self._owed(http, listing, places):
            yield heard
        place = places.get(listing.name, place)
        children: list[Child] = []
        apart = any(listing.part_name(part) in places for part in listing.parts)
        if not apart:
            try:
                children, reached = await self._fetch(http, listing.path, place, pages)
            except (HttpStatusError, AccessRefusedError) as error:
                # One of them is gone or private, and spoils it for all.
                apart = len(listing.parts) > 1 and _is_closed(error)
                if not apart:
                    raise
            else:
                # Each has a thousand of its own: they reach further back than all together.
                apart = not reached and pages > 1 and len(listing.parts) > 1
        if apart:
            async for heard in self._one_by_one(http, listing, places, place, pages):
                yield heard
            return
        if not reached and pages > 1:
            _warn_of_gap(listing.path, place, children)
        for portion, reached_place in _portions(children, place):
            places[listing.name] = reached_place
            listing.note_with_owed(places, portion)
            yield self._payload(_listing_of(portion), _text(places))
        if listing.name not in places:
            places[listing.name] = place
            yield Alive(_text(places))

    async def _owed(
        self, http: HttpClient, listing: _Listing, places: dict[str, Place]
    ) -> AsyncIterator[Heard]:
        """What subreddits said while they could not be read; ``places`` is brought up to date."""
        for part in listing.parts:
            if (place := places.get(listing.owed_name(part))) is None:
                continue
            path = f"/r/{part}/{listing.name}"
            try:
                children, reached = await self._fetch(http, path, place, _PAGES)
            except (HttpStatusError, AccessRefusedError) as error:
                if not _is_closed(error):
                    raise
                # All of them together are asked next, and it is left out there.
                continue
            if not reached:
                _warn_of_gap(path, place, children)
            for portion, _ in _portions(children, place):
                yield self._payload(_listing_of(portion), _text(places))
            del places[listing.owed_name(part)]
            if listing.name in places:
                places[listing.name] = places[listing.name].also(children)
            yield Alive(_text(places))

    async def _one_by_one(
        self,
        http: HttpClient,
        listing: _Listing,
        places: dict[str, Place],
        place: Place,
        pages: int,
    ) -> AsyncIterator[Heard]:
        """Each subreddit by itself; the place is one for all, so it moves on after the last.

        The cursor notes which are done: a rate limit may stop this more than once.
        """
        refusal: Exception | None = None
        for part in listing.parts:
            if listing.part_name(part) in places:
                continue
            path, asked_ms = f"/r/{part}/{listing.name}", self.clock.now_ms()
            try:
                children, reached = await self._fetch(http, path, place, pages)
            except (HttpStatusError, AccessRefusedError) as error:
                if not _is_closed(error):
                    raise
                refusal = error
                self._close(part, error)
                places.setdefault(listing.owed_name(part), place)
                continue
            if not reached and pages > 1:
                _warn_of_gap(path, place, children)
            for portion, _ in _portions(children, place):
                listing.note_with_owed(places, portion)
                yield self._payload(_listing_of(portion), _text(places))
            places[listing.part_name(part)] = Place.asked(asked_ms / 1000, children)
            yield Alive(_text(places))
        names = [listing.part_name(part) for part in listing.parts]
        done = [places.pop(name) for name in names if name in places]
        if refusal is not None and not done:
            self._closed.clear()
            raise refusal
        places[listing.name] = place.joined(done)
        yield Alive(_text(places))

    def _close(self, part: str, error: Exception) -> None:
        self._closed[part] = self.clock.now_ms()
        _log.warning("reddit: leaving out r/%s for an hour: %s", part, error)

    async def _fetch(
        self, http: HttpClient, path: str, place: Place, pages: int
    ) -> tuple[list[Child], bool]:
        """What is new since ``place``, oldest first, and whether the listing reached back to it."""
        found: dict[str, Child] = {}
        anchors: list[str] = []
        after: str | None = None
        listed = 0
        for _ in range(pages):
            children, following = await self._access.listing(http, path, after)
            if not children and anchors:
                # What the page was to begin after is gone, and Reddit lists nothing after it.
                after = anchors.pop()
                continue
            listed += len(children)
            found |= {child.fullname: child for child in children if place.is_new(child)}
            is_end = following is None and listed < _CUT_AT
            if not children or children[-1].created < place.since or is_end:
                return _oldest_first(found.values()), True
            if following is None:
                break
            anchors = [child.fullname for child in children[-4:-1]]
            after = following
        return _oldest_first(found.values()), False


def _distinct(pattern: re.Pattern[str], names: Iterable[str]) -> list[str]:
    """The names without their prefixes, each once, whatever its case; others are left out."""
    found = {match[1].casefold(): match[1] for name in names if (match := pattern.fullmatch(name))}
    return [found[name] for name in sorted(found)]


def _is_subreddit(account: str) -> bool:
    return account.lstrip("/").startswith("r/")


def _is_closed(error: HttpStatusError | AccessRefusedError) -> bool:
    return isinstance(error, AccessRefusedError) or error.status in GONE


def _warn_of_gap(path: str, place: Place, children: Sequence[Child]) -> None:
    _log.warning(
        "reddit: %s lists only its newest thousand: what lies between %s and %s is lost",
        path,
        rfc3339(round(place.since * 1000)),
        rfc3339(round(children[0].created * 1000)) if children else "now",
    )


def _portions(children: Sequence[Child], place: Place) -> Iterable[tuple[Sequence[Child], Place]]:
    """Pages of children, and the place after each."""
    for start in range(0, len(children), PAGE):
        portion = children[start : start + PAGE]
        place = place.after(portion)
        yield portion, place


def _oldest_first(children: Iterable[Child]) -> list[Child]:
    return sorted(children, key=lambda child: (child.created, child.fullname))


def _listing_of(children: Iterable[Child]) -> bytes:
    things = [child.thing for child in children]
    return msgspec.json.encode({"kind": "Listing", "data": {"children": things}})


def _text(places: Mapping[str, Place]) -> str:
    return msgspec.json.encode(places).decode()


def _read_cursor(resume: str | None) -> dict[str, Place]:
    return msgspec.json.decode(resume, type=dict[str, Place]) if resume else {}


def _read_history_cursor(resume: str | None) -> tuple[str, Place | None]:
    return msgspec.json.decode(resume, type=tuple[str, Place | None]) if resume else ("", None)
