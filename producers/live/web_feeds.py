"""RSS and Atom feeds: what is in them, which of it is new, and the posts it makes."""

from __future__ import annotations

import calendar
import hashlib
import io
import re
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from producers.cleaning import instant_ms, read_html
from producers.live.posts import posts_of
from producers.registry import TokenRegistry
from schemas.events import Post

#: A feed is a window over the newest entries; beyond so many nobody's is.
MOST_ENTRIES = 500
_CHARSET = re.compile(r"(?i)charset=[\"']?([A-Za-z0-9_.:-]{1,40})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_].*)?")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry as feedparser understood it. ``summary`` and ``content`` are HTML.

    ``identity`` is the feed's own; ``at_ms`` when it was published, as far as the feed says.
    """

    identity: str
    title: str = ""
    link: str | None = None
    author: str | None = None
    summary: str = ""
    content: str = ""
    at_ms: int | None = None

    @property
    def mark(self) -> str:
        """What stands for the entry in a cursor."""
        return hashlib.sha256(self.identity.encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def is_empty(self) -> bool:
        """Whether there is a title and nothing else."""
        return not read_html(self.content or self.summary).text


class Entries(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some entries of a feed; ``page`` is the page of a single one that came without content."""

    feed: str
    entries: list[Entry]
    language: str | None = None
    page: str | None = None


def read_feed(url: str, body: bytes) -> Entries:
    """All entries, oldest first; those without a date come last.

    Raises:
        ValueError: it is no feed.
    """
    # Imported when first needed: `memewatch sources` lists every source and reads no feed.
    import feedparser

    # As a file: bytes would be tried as a file's name first.
    parsed = feedparser.parse(
        io.BytesIO(body), response_headers={"content-location": url}, sanitize_html=False
    )
    if not parsed.get("version") and not parsed.get("entries"):
        raise ValueError("neither RSS nor Atom")
    entries: dict[str, Entry] = {}
    for each in parsed["entries"][:MOST_ENTRIES]:
        identity = _text(each.get("id")) or _text(each.get("link")) or _text(each.get("title"))
        if identity:
            entries[identity] = _entry(identity, each)
    language = _text(parsed["feed"].get("language")) or None
    in_order = sorted(entries.values(), key=lambda e: (e.at_ms is None, e.at_ms or 0))
    return Entries(feed=without_query(url), entries=in_order, language=language)


def read_entries(body: bytes) -> Entries:
    """What a payload holds; raises ``ValueError`` when it is something else."""
    try:
        return msgspec.json.decode(body, type=Entries)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"no entries of a feed: {error}") from None


def read_entry(
    entries: Entries, entry: Entry, received_ms: int, tokens: TokenRegistry
) -> list[Post]:
    """One post for each token named. An entry without a date, or ahead of time, is of now.

    Raises:
        ValueError: its date lies before 2009.
    """
    host = (urlsplit(entries.feed).hostname or entries.feed).removeprefix("www.")
    text = entry.content or entry.summary
    if entries.page is not None and (article := _article(entries.page)):
        parts = [read_html(entry.title).text, article]
        text, is_html = "\n".join(part for part in parts if part), False
    else:
        text, is_html = f"<p>{entry.title}</p>{text}", True
    # Many feeds number their entries; those numbers mean nothing elsewhere.
    is_address = entry.identity.startswith(("http://", "https://", "tag:", "urn:"))
    language = entries.language
    return posts_of(
        tokens,
        source="web",
        post_id=entry.identity if is_address else f"{host}/{entry.identity}",
        author=entry.author or host,
        text=text,
        html=is_html,
        urls=[entry.link] if entry.link else [],
        time_ms=min(entry.at_ms, received_ms) if entry.at_ms is not None else received_ms,
        language=language if language and _LANGUAGE.fullmatch(language) else None,
        group=host,
    )


def without_query(url: str) -> str:
    """The address without what may be a subscriber's key."""
    return url.partition("#")[0].partition("?")[0]


def new_entries(entries: Sequence[Entry], seen: Sequence[str]) -> list[Entry]:
    """Those that are not among ``seen``."""
    known = set(seen)
    return [entry for entry in entries if entry.mark not in known]


def text_of(body: bytes, content_type: str) -> str:
    """The page as text, by the character set its server names, else UTF-8."""
    named = _CHARSET.search(content_type)
    try:
        return body.decode(named[1] if named else "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def warm_up() -> None:
    """Import what reads pages, which takes a second, in a thread of its own."""
    import trafilatura  # noqa: F401


def _entry(identity: str, each: Any) -> Entry:
    content = each.get("content") or []
    return Entry(
        identity=identity,
        title=_text(each.get("title")),
        link=_text(each.get("link")) or None,
        author=_text(each.get("author")) or None,
        summary=_text(each.get("summary")),
        content=max((_text(part.get("value")) for part in content), key=len, default=""),
        at_ms=_at_ms(each),
    )


def _at_ms(each: Any) -> int | None:
    for name in ("published", "updated", "created"):
        try:
            return instant_ms(_text(each.get(name)))
        except ValueError:
            pass
        # Some dates only feedparser knows how to read; it gives them in universal time.
        moment = each.get(f"{name}_parsed")
        if isinstance(moment, time.struct_time):
            return calendar.timegm(moment) * 1000
    return None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _article(page: str) -> str:
    """The text of a page without its menus and advertisements; empty when none is found."""
    # Imported when first needed, as it takes a second and most feeds bring their content.
    import trafilatura

    return trafilatura.extract(page, include_comments=False, include_tables=False) or ""
